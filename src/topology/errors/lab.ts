import { entry } from "./entry.ts";

/** Errors of a lab's life: starting, running, stopping, and talking to it. */
export const labErrors = {
  /** `file`: which lab was meant is known by its file only. */
  LAB_NOT_FOUND: entry<{ lab?: string; file?: string; running: readonly string[] }>({
    exitCode: 1,
    message: ({ lab, file }) =>
      lab === undefined ? `No lab that was started from ${file} is running.` : `No lab named "${lab}" is running.`,
    remedy: ({ running }) =>
      running.length === 0
        ? "No lab is running; start one with: netwright up"
        : `Running: ${running.join(", ")}. Choose one with --name.`,
  }),
  LAB_NOT_CHOSEN: entry<{ running: readonly string[] }>({
    exitCode: 2,
    message: ({ running }) =>
      running.length === 0
        ? "There is no lab file here, and no lab is running."
        : `Several labs are running: ${running.join(", ")}.`,
    remedy: ({ running }) =>
      running.length === 0
        ? "Start one with: netwright up -f FILE"
        : `Say which one is meant, for example: --name ${running[0]}`,
  }),
  LAB_EXISTS: entry<{ lab: string; changed: boolean }>({
    exitCode: 1,
    message: ({ lab, changed }) =>
      changed
        ? `Lab "${lab}" is already running, and its file has changed since it started.`
        : `Lab "${lab}" is already running.`,
    remedy: ({ lab, changed }) =>
      changed
        ? `Change the running lab to what the file says now (netwright apply), take it down (netwright down -n ${lab}), or start a second one with another --name.`
        : `Work in it (netwright ps), take it down (netwright down -n ${lab}), or start a second one with another --name.`,
  }),
  LAB_BUSY: entry<{ lab: string; state: string }>({
    exitCode: 1,
    message: ({ lab, state }) => `Lab "${lab}" is ${state} right now.`,
    remedy: () => "Wait for that to finish, or choose another --name.",
  }),
  /** `ofServer`: its log is not at hand. */
  LAB_LOST: entry<{ lab: string; detail: string; ofServer?: true }>({
    exitCode: 1,
    message: ({ lab, detail }) => `The supervisor of lab "${lab}" ended unexpectedly: ${detail}`,
    remedy: ({ lab, ofServer }) =>
      ofServer
        ? "See whether it runs, and start it again where it does not. Why it ended is in its log, which is for who runs the server."
        : `Its log tells more: netwright logs -n ${lab} supervisor`,
  }),
  LAB_UNRESPONSIVE: entry<{ lab: string }>({
    exitCode: 1,
    message: ({ lab }) => `Lab "${lab}" does not answer.`,
    remedy: ({ lab }) => `Take it down, which kills it if need be: netwright down -n ${lab}`,
  }),
  NO_LOGS: entry<{ lab: string; directory: string }>({
    exitCode: 1,
    message: ({ lab, directory }) => `There are no logs of a lab named "${lab}": ${directory} does not exist.`,
    remedy: () => "A lab's logs stay after it is taken down, under the name it ran with; choose that with --name.",
  }),
  STEP_FAILED: entry<{ step: string; reason: string }>({
    exitCode: 1,
    message: ({ step, reason }) => `${step} failed: ${reason}`,
  }),
  UP_ABORTED: entry<{ lab: string }>({
    exitCode: 1,
    message: ({ lab }) => `Starting lab "${lab}" was interrupted; what had been made was removed.`,
  }),
  MEDIUM_IMPOSSIBLE: entry<{ link: string; reasons: readonly string[] }>({
    exitCode: 1,
    message: ({ link, reasons }) => `The kernel cannot carry ${link} as it is to be: ${reasons.join("; ")}.`,
    remedy: () =>
      "Use medium: auto (a wire then takes over) or medium: wire, or load the module as root: modprobe sch_netem sch_tbf",
  }),
  NODE_NOT_FOUND: entry<{ node: string; lab: string; nearest?: string }>({
    exitCode: 1,
    message: ({ node, lab }) => `Lab "${lab}" has no node "${node}".`,
    remedy: ({ nearest }) =>
      nearest === undefined ? "See its nodes with: netwright ps" : `Did you mean "${nearest}"?`,
  }),
  NODE_HAS_NO_PROCESSES: entry<{ node: string; kind: string }>({
    exitCode: 1,
    message: ({ node, kind }) =>
      kind === "appliance"
        ? `${node} is a virtual machine: only its own system runs programs in it.`
        : `${node} is a ${kind}: it forwards frames in the patch panel and runs no programs.`,
    remedy: ({ node, kind }) =>
      kind === "appliance"
        ? `Work on its console: netwright console ${node}`
        : `See its ports and addresses with: netwright inspect ${node}`,
  }),
  PROCESS_NOT_FOUND: entry<{ word: string; nearest?: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ word }) => `No process of the lab has the name or tag "${word}".`,
    remedy: ({ nearest, known }) => {
      if (nearest !== undefined) return `Did you mean "${nearest}"?`;
      return known.length === 0
        ? "The lab file has no processes."
        : `There are: ${known.slice(0, 20).join(", ")}${known.length > 20 ? ", …" : "."}`;
    },
  }),
  PROCESS_FAILED: entry<{ process: string; node: string; how: string; lastLines: readonly string[] }>({
    exitCode: 1,
    message: ({ process, node, how, lastLines }) =>
      [
        `Process ${process} on ${node} ${how}.`,
        ...(lastLines.length === 0 ? [] : ["Its last lines:", ...lastLines.map((line) => `  ${line}`)]),
      ].join("\n"),
    remedy: ({ process }) => `The whole log: netwright logs ${process}`,
  }),
  COMMAND_FAILED: entry<{ what: string; node: string; how: string; lastLines: readonly string[] }>({
    exitCode: 1,
    message: ({ what, node, how, lastLines }) =>
      [
        `${what} on ${node} ${how}.`,
        ...(lastLines.length === 0 ? [] : ["Its last lines:", ...lastLines.map((line) => `  ${line}`)]),
      ].join("\n"),
  }),
  DEPENDENCY_FAILED: entry<{ process: string; dependency: string }>({
    exitCode: 1,
    message: ({ process, dependency }) =>
      `Process ${process} was not started: ${dependency}, which it comes after, failed.`,
  }),
  NOT_READY: entry<{ process: string; check: string; afterMs: number }>({
    exitCode: 1,
    message: ({ process, check, afterMs }) => `Process ${process} was not ready within ${afterMs / 1000} s (${check}).`,
    remedy: ({ process }) => `Look at its output (netwright logs ${process}), or give it longer: ready: {timeout: …}.`,
  }),
  COMMAND_NOT_STARTED: entry<{
    command: string;
    node: string;
    reason: string;
    directory?: string;
    ofImage?: true;
  }>({
    exitCode: 1,
    message: ({ command, node, reason }) => `${command} could not be started on ${node} (${reason}).`,
    remedy: ({ command, reason, directory, ofImage }) =>
      reason !== "ENOENT"
        ? undefined
        : ofImage && directory === undefined
          ? `A node sees what its image has; is ${command} in it?`
          : directory === undefined
            ? `A node sees the host's programs under /usr and /opt; is ${command} installed there?`
            : `Is there a program ${command} and a folder ${directory} in the node?`,
  }),
  USER_NOT_FOUND: entry<{ user: string; node: string }>({
    exitCode: 1,
    message: ({ user, node }) => `There is no user "${user}" on ${node}.`,
    remedy: () => "Users are those of the host's /etc/passwd; a number (uid or uid:gid) works too.",
  }),
  NODE_FAILED: entry<{ node: string }>({
    exitCode: 1,
    message: ({ node }) => `Node ${node} is not running: its first process was ended.`,
    remedy: ({ node }) =>
      `Start it again with: netwright node start ${node}. What happened: netwright events, and netwright logs ${node}`,
  }),
  FILE_NEEDS_OWN_ROOT: entry<{ node: string; path: string }>({
    exitCode: 1,
    message: ({ node, path }) => `${node} shares the host's file system (root: host), where ${path} does not exist.`,
    remedy: () =>
      "Only files that exist can be replaced there; remove `root: host` to give the node its own file system.",
  }),
  SYSCTL_REFUSED: entry<{ node: string; name: string; value: string; reason: string }>({
    exitCode: 1,
    message: ({ node, name, value, reason }) =>
      `${node}: the kernel setting ${name} = ${value} was refused (${reason}).`,
    remedy: ({ reason }) =>
      reason === "ENOENT"
        ? "This kernel has no such setting, or its module is not loaded; see what there is under /proc/sys."
        : "A lab may change the settings of its own network (net.…), within the values the kernel takes.",
  }),
  LOG_SOURCE_NOT_FOUND: entry<{ source: string; lab: string; sources: readonly string[] }>({
    exitCode: 1,
    message: ({ source, lab }) => `Lab "${lab}" has no node, process or service "${source}".`,
    remedy: ({ sources }) =>
      sources.length === 0 ? "Nothing in it has written anything." : `There is output of: ${sources.join(", ")}.`,
  }),
  INTERFACE_NOT_FOUND: entry<{ endpoint: string }>({
    exitCode: 1,
    message: ({ endpoint }) => `There is no interface ${endpoint}.`,
  }),
  LINK_NOT_FOUND: entry<{ link: string; lab: string; nearest?: string }>({
    exitCode: 1,
    message: ({ link, lab }) => `Lab "${lab}" has no link "${link}".`,
    remedy: ({ nearest }) =>
      nearest === undefined ? "See its links with: netwright link ls" : `Did you mean "${nearest}"?`,
  }),
  LINK_AMBIGUOUS: entry<{ link: string; matches: readonly string[] }>({
    exitCode: 1,
    message: ({ link, matches }) => `"${link}" could be any of ${matches.length} links: ${matches.join(", ")}.`,
    remedy: ({ matches }) => `Name one by one of its interfaces, for example ${matches[0]?.split(" ")[0] ?? ""}.`,
  }),
  CONFIG_NONE: entry<{ node: string; kind: string }>({
    exitCode: 2,
    message: ({ node, kind }) =>
      kind === "router"
        ? `Node ${node} has no FRR, so no configuration that could be changed.`
        : `Node ${node} is of kind ${kind}, which has no configuration file.`,
    remedy: () => "Kinds with one: router with frr:, firewall, nat, dhcp-server, dns-server, web.",
  }),
  CONFIG_REFUSED: entry<{ node: string; said: readonly string[] }>({
    exitCode: 1,
    message: ({ node, said }) =>
      [
        `${node} does not take this configuration${said.length === 0 ? "." : ":"}`,
        ...said.map((line) => `  ${line}`),
      ].join("\n"),
    remedy: () => "Nothing has changed. Mend the file and push it again.",
  }),
  NODE_OFF: entry<{ node: string }>({
    exitCode: 1,
    message: ({ node }) => `Node ${node} is off: it was stopped.`,
    remedy: ({ node }) => `Start it with: netwright node start ${node}`,
  }),
  LINK_END_UNKNOWN: entry<{ link: string; end: string }>({
    exitCode: 2,
    message: ({ link, end }) => `${end} is no end of link "${link}".`,
    remedy: () => "Name one of its two nodes or interfaces.",
  }),
  IMPAIRMENT_IMPOSSIBLE: entry<{ link: string; problems: readonly string[] }>({
    exitCode: 2,
    message: ({ link, problems }) => `${link} cannot be impaired like this: ${problems.join("; ")}.`,
  }),
  WIRE_REFUSED: entry<{ subject: string; reason: string }>({
    exitCode: 1,
    message: ({ subject, reason }) => `${subject} cannot be carried by a wire: ${reason}.`,
  }),
  WIRE_ENDED: entry<{ how: string }>({
    exitCode: 1,
    message: ({ how }) => `The wire process, which carries impaired links, ended (${how}).`,
    remedy: () => "What it said: netwright logs wire",
  }),
  SUPERVISOR_STOPPING: entry<{ lab: string }>({
    exitCode: 1,
    message: ({ lab }) => `Lab "${lab}" is being taken down.`,
  }),
  TIMED_OUT: entry<{ what: string; afterMs: number }>({
    exitCode: 1,
    message: ({ what, afterMs }) => `${what} took longer than ${afterMs / 1000} s.`,
  }),
} as const;
