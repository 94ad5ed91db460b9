import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { labError } from "../../topology/errors/error.ts";
import { explainForbidden, readNamespaceFacts } from "../diagnose.ts";
import { readIdFacts } from "./id-facts.ts";
import { type IdMap, mapArguments, mapText, planIdMap, singleId } from "./id-map.ts";

/**
 * A user namespace with its ids mapped, in another one of the same ids, both held open by small processes in
 * them. A process cannot map subordinate ids for itself, and Node has threads and cannot unshare(CLONE_NEWUSER)
 * at all (user_namespaces(7)): so a child unshares, and its maps are written from outside.
 */
export type UserNamespace = {
  /** For nsenter(1): valid while the namespace is held. */
  readonly path: string;
  /**
   * The one around it, which has the same ids. What is mounted in a mount namespace of that one cannot be
   * changed in those of the inner one (mount_namespaces(7)).
   */
  readonly outer: string;
  /** For nsenter(1) or unshare(1): to be its root, when its path is entered from outside. */
  readonly asRoot: readonly string[];
  readonly map: IdMap;
  /** Lets go; processes that have entered keep it. */
  release(): void;
};

const deadlineMs = 30_000;

/**
 * Makes a user namespace with the widest map this user may have.
 *
 * @param path the PATH to find unshare(1) and newuidmap(1) in
 * @param signal ends the attempt
 * @throws USER_NAMESPACES_FORBIDDEN with the reason and what to do
 */
export async function makeUserNamespace(path: string, signal?: AbortSignal): Promise<UserNamespace> {
  const facts = readIdFacts(path);
  const map = planIdMap(facts);
  try {
    return await attempt(map, path, signal);
  } catch (error) {
    signal?.throwIfAborted();
    // The helpers exist but do not work (not setuid, or in a container without the ids): one id is always allowed.
    if (map.how === "helpers" && error instanceof HelperError) return attempt(singleId(facts), path, signal);
    throw error;
  }
}

/** newuidmap or newgidmap failed. A map is written once only, so the namespace is spent. */
class HelperError extends Error {}

async function attempt(map: IdMap, path: string, signal: AbortSignal | undefined): Promise<UserNamespace> {
  const environment = { PATH: path };
  const outer = hold("unshare", ["--user", "sh", "-c", "echo ok; exec cat"], environment);
  let inner: ChildProcess | undefined;
  try {
    await said(outer, signal);
    const pid = outer.pid as number;
    if (map.how === "helpers") {
      await Promise.all([
        runHelper("newuidmap", [String(pid), ...mapArguments(map.uid)], environment),
        runHelper("newgidmap", [String(pid), ...mapArguments(map.gid)], environment),
      ]);
    } else {
      await writeMaps(pid, map);
    }
    const asRoot = credentials(map);
    inner = hold("nsenter", [`--user=/proc/${pid}/ns/user`, ...asRoot, "sh", "-c", nested], environment);
    const within = inner;
    const path = `/proc/${Number(await said(within, signal))}/ns/user`;
    return { path, outer: `/proc/${pid}/ns/user`, asRoot, map, release: () => release(outer, within) };
  } catch (error) {
    release(outer, inner);
    throw error;
  }
}

/**
 * Maps every id of a new user namespace to the same one of this: from here, where there are the rights to
 * (user_namespaces(7)). Without setgroups(2) here there is none in there.
 */
const nested = `same() { while read -r inside _ count; do echo "$inside $inside $count"; done <"$1"; }
unshare --user sh -c 'echo $$; exec cat' | {
  read -r pid && uids=$(same /proc/self/uid_map) && gids=$(same /proc/self/gid_map) &&
  echo "$uids" >"/proc/$pid/uid_map" && echo "$gids" >"/proc/$pid/gid_map" && echo "$pid" && exec cat
}`;

/** To be the root of a namespace with these ids. */
const credentials = ({ uid }: IdMap): readonly string[] =>
  uid.length === 1 && uid[0]?.count === 1
    ? // It is root already, and setgroups(2), which --setgid brings with it, may be denied: by us, or further out.
      ["--preserve-credentials"]
    : ["--setuid", "0", "--setgid", "0"];

/** A process that says one line when it holds what it is to hold, and lets go when its input ends. */
function hold(program: string, argv: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess {
  const holder = spawn(program, argv, { stdio: ["pipe", "pipe", "pipe"], env: environment });
  holder.stdin.on("error", () => {});
  return holder;
}

function release(...holders: readonly (ChildProcess | undefined)[]): void {
  for (const holder of holders) {
    holder?.stdin?.destroy();
    holder?.kill("SIGKILL");
  }
}

/** The line that a holder says. @throws USER_NAMESPACES_FORBIDDEN when it ends before, TIMED_OUT */
async function said(holder: ChildProcess, signal: AbortSignal | undefined): Promise<string> {
  let complaint = "";
  holder.stderr?.on("data", (data: Buffer) => {
    complaint += data.toString();
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(
    () => reject(labError("TIMED_OUT", { what: "Making a user namespace", afterMs: deadlineMs })),
    deadlineMs,
  );
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  holder.stdout?.once("data", (line: Buffer) => resolve(line.toString()));
  holder.once("error", (error: NodeJS.ErrnoException) =>
    reject(error.code === "ENOENT" ? missingProgram(holder.spawnfile) : error),
  );
  holder.once("close", () =>
    reject(labError("USER_NAMESPACES_FORBIDDEN", explainForbidden(readNamespaceFacts(), complaint))),
  );
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

async function writeMaps(pid: number, map: IdMap): Promise<void> {
  try {
    if (map.denySetgroups) await writeFile(`/proc/${pid}/setgroups`, "deny");
    await writeFile(`/proc/${pid}/uid_map`, mapText(map.uid));
    await writeFile(`/proc/${pid}/gid_map`, mapText(map.gid));
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw labError(
      "USER_NAMESPACES_FORBIDDEN",
      explainForbidden(readNamespaceFacts(), `ids cannot be mapped (${code || message})`),
      { cause: error },
    );
  }
}

async function runHelper(program: string, argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(program, argv, {
    stdio: ["ignore", "ignore", "pipe"],
    env: environment,
    timeout: deadlineMs,
    killSignal: "SIGKILL",
  });
  let complaint = "";
  child.stderr.on("data", (data: Buffer) => {
    complaint += data.toString();
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once("error", (error) => reject(new HelperError(error.message)));
  child.once("close", (code) => (code === 0 ? resolve() : reject(new HelperError(`${program}: ${complaint.trim()}`))));
  await promise;
}

/** `unshare` and `nsenter` come with util-linux, which every distribution has; slim container images may not. */
export const missingProgram = (program: string) =>
  labError("PROGRAM_MISSING", {
    program,
    needed: "Netwright makes sandboxes with it",
    mend: "Install the package util-linux.",
  });
