import { entry } from "./entry.ts";

/** What there may be quotas of, and what makes room: labs that are stopped count as labs, with their nodes. */
const quotaWords = {
  labs: { one: "lab", many: "labs", remedy: "Delete labs that are not needed: those that are stopped count, too" },
  nodes: {
    one: "node",
    many: "nodes",
    remedy: "Delete labs that are not needed, or take nodes out of some: those of stopped labs count, too",
  },
  cpus: { one: "cpu", many: "cpus", remedy: "Stop or delete labs that are not needed" },
  memoryBytes: { one: "of memory", many: "of memory", remedy: "Stop or delete labs that are not needed" },
  captures: { one: "capture", many: "captures", remedy: "Stop captures that are not needed" },
} as const;
type QuotaWord = keyof typeof quotaWords;

/** Errors of the server for teams. */
export const controllerErrors = {
  DATABASE_UNUSABLE: entry<{ database: string; detail: string }>({
    exitCode: 1,
    message: ({ database, detail }) => `The database ${database} cannot be used: ${detail}.`,
    remedy: () => "Check that it runs, that its address is right, and that the user given may make tables.",
  }),
  BACKUP_FILE_EXISTS: entry<{ file: string }>({
    exitCode: 2,
    message: ({ file }) => `${file} is there already.`,
    remedy: () => "Name another file, or remove that one first.",
  }),
  BACKUP_NOT_FOUND: entry<{ file: string }>({
    exitCode: 2,
    message: ({ file }) => `There is no file ${file}.`,
    remedy: () => "Name a copy that netwright serve backup has made. Nothing has changed.",
  }),
  BACKUP_FAILED: entry<{ what: "made" | "put back"; detail: string }>({
    exitCode: 1,
    message: ({ what, detail }) => `The copy of the database could not be ${what}: ${detail}.`,
    remedy: () => "Nothing has changed. Check the file, the space on the disk, and that the database can be reached.",
  }),
  SERVER_RUNS: entry<{ address: string }>({
    exitCode: 1,
    message: ({ address }) => `A server answers at ${address}; its database cannot be replaced under it.`,
    remedy: () => "End the server first. Labs go on.",
  }),
  SERVER_CONFIG_MISSING: entry<Record<never, never>>({
    exitCode: 2,
    message: () => "It takes the server's configuration.",
    remedy: () => "Name it: netwright serve --config server.yaml. For your own labs, without any: netwright ui",
  }),
  SERVER_CONFIG_INVALID: entry<{ file: string; problem: string }>({
    exitCode: 2,
    message: ({ file, problem }) => `${file}: ${problem}`,
    remedy: () => "See the server's page of the documentation for every key.",
  }),
  SERVER_PROGRAMS_EXPOSED: entry<{ folder: string }>({
    exitCode: 3,
    message: ({ folder }) =>
      `Netwright is in ${folder}, which nodes of labs see, and the user that serves may write there: so may they.`,
    remedy: ({ folder }) => `Install it as another user, such as root: sudo chown -R root ${folder}`,
  }),
  SERVER_UNREACHABLE: entry<{ url: string; detail: string }>({
    exitCode: 1,
    message: ({ url, detail }) => `The server ${url} cannot be asked: ${detail}.`,
    remedy: ({ detail }) =>
      /certificate/i.test(detail)
        ? "Who signed its certificate is not known here. Where it is your own authority, name its certificate: netwright context add … --ca FILE"
        : "Check its address and the network. Labs of this machine: netwright context use local",
  }),
  SERVER_BROKE_OFF: entry<{ url: string; lab: string; detail: string }>({
    exitCode: 1,
    message: ({ url, lab, detail }) =>
      `The connection to lab "${lab}" of the server ${url} broke: ${detail}. The lab may go on there, also where the server has ended.`,
    remedy: () => "Once the server answers, see whether the lab runs: netwright ps. Then try again.",
  }),
  SERVER_LOST: entry<{ url: string; what: string; seconds: number }>({
    exitCode: 1,
    message: ({ url, what, seconds }) =>
      `The server ${url} went away, and was not back within ${seconds} s. It is not known ${what}.`,
    remedy: () => "When it is back, see what is there: netwright ps",
  }),
  CONTEXT_NOT_FOUND: entry<{ context: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ context }) => `There is no context "${context}".`,
    remedy: ({ known }) =>
      known.length === 0
        ? "Make one with: netwright context add"
        : `There are local, ${known.join(", ")}. Make another with: netwright context add`,
  }),
  CONTEXTS_UNREADABLE: entry<{ file: string; detail: string }>({
    exitCode: 1,
    message: ({ file, detail }) => `The contexts in ${file} cannot be read: ${detail}.`,
    remedy: () => "Mend the file, or remove it and add them again.",
  }),
  NOT_ON_SERVER: entry<{ what: string }>({
    exitCode: 2,
    message: ({ what }) => `Labs of a server have no ${what}.`,
    remedy: () => "Leave it out, or run the lab on this machine: netwright context use local",
  }),
  LAB_IS_ANOTHERS: entry<{ lab: string; owner: string }>({
    exitCode: 2,
    message: ({ lab, owner }) => `There is no lab file here, and the only lab, "${lab}", is ${owner}'s.`,
    remedy: ({ lab }) => `To take it down all the same: netwright down -n ${lab}`,
  }),
  NOT_SIGNED_IN: entry<Record<never, never>>({
    exitCode: 1,
    message: () => "Nobody is signed in.",
    remedy: () => "Sign in, or send a token: authorization: Bearer TOKEN.",
  }),
  METRICS_NOT_SIGNED_IN: entry<Record<never, never>>({
    exitCode: 1,
    message: () => "The token for /metrics is missing or wrong.",
    remedy: () => "Send what is in the file that metrics.token-file of the server's configuration names.",
  }),
  SIGN_IN_REFUSED: entry<Record<never, never>>({
    exitCode: 1,
    message: () => "Name or password is wrong, or the user is disabled.",
    remedy: () => "Try again, or ask a server administrator.",
  }),
  SIGN_IN_LINK_SPENT: entry<{ again: string }>({
    exitCode: 1,
    message: () => "This link does not sign in any more: it was used, or is too old.",
    remedy: ({ again }) => `For a new one, run again: ${again}`,
  }),
  LISTENING_REFUSED: entry<{ address: string; detail: string }>({
    exitCode: 1,
    message: ({ address, detail }) => `The server cannot listen at ${address}: ${detail}.`,
    remedy: () => "Choose another port, or end what has this one (ss -ltnp shows it).",
  }),
  PAGES_NOT_BUILT: entry<{ root: string }>({
    exitCode: 1,
    message: () => "The pages are not built.",
    remedy: ({ root }) => `Build them: make -C ${root} build`,
  }),
  UI_UNRESPONSIVE: entry<{ pid: number }>({
    exitCode: 1,
    message: ({ pid }) => `Your server of labs runs as process ${pid}, and does not answer.`,
    remedy: ({ pid }) => `End it, and start it again; labs go on: kill ${pid}`,
  }),
  HOST_NOT_SERVED: entry<{ host: string }>({
    exitCode: 1,
    message: ({ host }) => `This server is not called "${host}".`,
    remedy: () => "Use the address that it printed, on the machine that it runs on.",
  }),
  IDENTITY_PROVIDER_FAILED: entry<{ detail: string }>({
    exitCode: 1,
    message: ({ detail }) => `Signing in by the provider of identities failed: ${detail}.`,
    remedy: () => "Begin again. When it goes on, ask a server administrator.",
  }),
  SIGN_IN_LOCKED: entry<{ seconds: number }>({
    exitCode: 1,
    message: ({ seconds }) => `Too many attempts to sign in failed. The next is possible in ${seconds} s.`,
    remedy: () => "Wait, or ask a server administrator for a new password.",
  }),
  CSRF_TOKEN_WRONG: entry<Record<never, never>>({
    exitCode: 1,
    message: () => "The request did not come from the page that signed in: its x-csrf-token is missing or wrong.",
    remedy: () => "Send the csrfToken of GET /api/v1/session, or use a token instead of a cookie.",
  }),
  NOT_ALLOWED: entry<{ who: string; what: string; needs: string }>({
    exitCode: 1,
    message: ({ who, what }) => `${who} may not ${what}.`,
    remedy: ({ needs }) => `It takes ${needs}.`,
  }),
  PROJECT_NOT_FOUND: entry<{ project: string }>({
    exitCode: 1,
    message: ({ project }) => `There is no project "${project}" that you are a member of.`,
  }),
  ACCOUNT_NOT_FOUND: entry<{ user: string }>({
    exitCode: 1,
    message: ({ user }) => `There is no user "${user}".`,
    remedy: () =>
      "Who signs in by OpenID Connect or Keystone is a user from the first sign-in on; a server administrator makes others (in the pages: Server, Users).",
  }),
  SESSION_NOT_FOUND: entry<{ session: string }>({
    exitCode: 1,
    message: ({ session }) => `You have no session ${session}.`,
  }),
  KEYSTONE_NOT_FOUND: entry<Record<never, never>>({
    exitCode: 1,
    message: () => "Nobody signs in by Keystone here.",
    remedy: () => "Sign in another way, or ask a server administrator: keystone in the server's configuration.",
  }),
  KEYSTONE_FAILED: entry<{ url: string; detail: string }>({
    exitCode: 1,
    message: ({ url, detail }) => `Nobody can sign in by Keystone at ${url} now: ${detail}.`,
    remedy: () => "Try again later. When it goes on, ask a server administrator.",
  }),
  TOKEN_NOT_FOUND: entry<{ token: string }>({ exitCode: 1, message: ({ token }) => `You have no token ${token}.` }),
  TOPOLOGY_NOT_FOUND: entry<{ project: string; topology: string; version?: number }>({
    exitCode: 1,
    message: ({ project, topology, version }) =>
      `Project ${project} has no topology "${topology}"${version === undefined ? "" : ` with a version ${version}`}.`,
  }),
  PROJECT_LAB_NOT_FOUND: entry<{ project: string; lab: string }>({
    exitCode: 1,
    message: ({ project, lab }) => `Project ${project} has no lab "${lab}".`,
  }),
  CAPTURE_FILE_NOT_FOUND: entry<{ lab: string; file: string }>({
    exitCode: 1,
    message: ({ lab, file }) => `Lab ${lab} has no capture with a file "${file}".`,
    remedy: () => "A capture writes a file where it is started with one; without, it is read while it runs.",
  }),
  NAME_IN_USE: entry<{ what: string; name: string }>({
    exitCode: 1,
    message: ({ what, name }) => `There is a ${what} "${name}" already.`,
    remedy: () => "Choose another name.",
  }),
  PROJECT_NOT_EMPTY: entry<{ project: string; labs: readonly string[] }>({
    exitCode: 1,
    message: ({ project, labs }) => `Project ${project} still has labs: ${labs.join(", ")}.`,
    remedy: () => "Delete them first.",
  }),
  LAST_ADMINISTRATOR: entry<{ user: string }>({
    exitCode: 1,
    message: ({ user }) => `${user} is the last server administrator.`,
    remedy: () => "Make another user an administrator first.",
  }),
  CHANGED_MEANWHILE: entry<{ what: string }>({
    exitCode: 1,
    message: ({ what }) => `${what} was changed by somebody else meanwhile.`,
    remedy: () => "Read it again, and make your change to what it is now.",
  }),
  QUOTA_EXCEEDED: entry<{ project: string; what: QuotaWord; limit: string; used: string; asked: string }>({
    exitCode: 1,
    message: ({ project, what, limit, used, asked }) =>
      `Project ${project} may have ${limit} ${limit === "1" ? quotaWords[what].one : quotaWords[what].many} in all; it has ${used}, and this takes ${asked} more.`,
    remedy: ({ what }) => `${quotaWords[what].remedy}, or ask a server administrator for more.`,
  }),
  QUOTA_NEEDS_LIMIT: entry<{ project: string; node: string; what: "cpus" | "memory" }>({
    exitCode: 2,
    message: ({ project, node, what }) =>
      `Project ${project} has a quota of ${what}, and nothing says how much node ${node} may use.`,
    remedy: ({ what }) =>
      `Write how much it may use, at the node or at the lab for all of them: resources: {${what}: ${what === "cpus" ? "0.5" : "256MiB"}}`,
  }),
  POLICY_FORBIDS: entry<{ node: string; wants: string; policy: string }>({
    exitCode: 2,
    message: ({ node, wants }) => `Node ${node} ${wants}, which labs of this project may not.`,
    remedy: ({ policy }) => `Take it out, or ask a server administrator for "${policy}" in the project's policy.`,
  }),
  SERVER_PORT_TAKEN: entry<{ node: string; port: string }>({
    exitCode: 1,
    message: ({ node, port }) => `Node ${node} publishes ${port}, which another lab of this server has.`,
    remedy: () => "Leave the server's port out, and the server finds one that is free.",
  }),
  SERVER_PORTS_USED_UP: entry<{ node: string; from: number; to: number }>({
    exitCode: 1,
    message: ({ node, from, to }) => `There is no port for node ${node}: ${from} to ${to} are all published.`,
    remedy: () => "Delete labs that are not needed, or ask a server administrator for a larger range.",
  }),
  LAB_NOT_RUNNING: entry<{ lab: string; state: string }>({
    exitCode: 1,
    message: ({ lab, state }) => `Lab ${lab} is ${state}.`,
    remedy: () => "Start it first.",
  }),
  LAB_IN_TRANSITION: entry<{ lab: string; state: string }>({
    exitCode: 1,
    message: ({ lab, state }) => `Lab ${lab} is ${state}.`,
    remedy: () => "Wait until that is done.",
  }),
  LAB_VANISHED: entry<{ lab: string }>({
    exitCode: 1,
    message: ({ lab }) => `Lab ${lab} ran, and does no more: its supervisor has ended.`,
    remedy: () => "Start it again.",
  }),
  LAB_FORBIDDEN_HERE: entry<{ node: string; what: string }>({
    exitCode: 2,
    message: ({ node, what }) => `Node ${node} ${what}, which labs of this server may not.`,
    remedy: () => "Take it out, or run the lab on your own machine.",
  }),
  IDEMPOTENCY_KEY_REUSED: entry<{ key: string }>({
    exitCode: 1,
    message: ({ key }) => `The idempotency key ${key} was sent with another request, or that is still being answered.`,
    remedy: () => "Use a new key for each request.",
  }),
  DATABASE_GONE: entry<{ detail: string }>({
    exitCode: 1,
    message: ({ detail }) => `The server's database does not answer: ${detail}.`,
    remedy: () => "Try again in a moment. Labs go on meanwhile.",
  }),
  DATABASE_FULL: entry<{ detail: string }>({
    exitCode: 1,
    message: ({ detail }) => `The server's database has no space left: ${detail}.`,
    remedy: () => "A server administrator has to free some on its disk. Nothing that was saved is lost.",
  }),
  AGENT_UNREACHABLE: entry<{ host: string; detail: string }>({
    exitCode: 1,
    message: ({ host, detail }) => `The host ${host} that labs run on does not answer: ${detail}.`,
    remedy: () => "Wait: the server goes on asking, and labs that run there go on.",
  }),
  HOST_NOT_FOUND: entry<{ host: string }>({ exitCode: 1, message: ({ host }) => `There is no host "${host}".` }),
  IMAGE_NOT_OF_REGISTRY: entry<{ image: string }>({
    exitCode: 2,
    message: ({ image }) => `${image} is a file or folder of the server.`,
    remedy: () => "Name an image of a registry, such as docker.io/library/alpine:3.20.",
  }),
  NETWORK_IDS_EXHAUSTED: entry<{ kind: string }>({
    exitCode: 1,
    message: ({ kind }) => `Every ${kind} identifier of this server belongs to a lab.`,
    remedy: () => "Delete labs that are not needed.",
  }),
};
