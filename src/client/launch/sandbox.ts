import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { hostView } from "../../api/locations.ts";
import { labError } from "../../topology/errors/error.ts";
import { explainForbidden, readNamespaceFacts } from "../diagnose.ts";
import { type Owner, startTimeOf, stateAndStartIn } from "../registry/owner.ts";
import { inheritedDescriptors } from "./inherited.ts";
import { showHost } from "./locked-host.ts";
import { missingProgram, type UserNamespace } from "./user-namespace.ts";

/** How a process in a sandbox ended. */
export type SandboxEnd = { readonly exitCode: number | null; readonly signal: NodeJS.Signals | null };

/** A sandbox with a program as its PID 1. It goes on when this process ends. */
export type Sandbox = {
  /** The parent of PID 1, outside. When it ends, the kernel ends the sandbox (unshare --kill-child). */
  readonly owner: Owner;
  readonly stdin: Writable;
  /** File descriptor 3 of the program: a socket pair's end, so that each side notices when the other goes. */
  readonly reports: Socket;
  /** With `output: "pipe"`. */
  readonly output: Readable | undefined;
  readonly ended: Promise<SandboxEnd>;
  /** SIGKILL for everything in the sandbox. */
  kill(): void;
  /** Lets this process end while the sandbox goes on. `keepReports`: until it ends, `reports` stays open. */
  detach(options?: { readonly keepReports?: boolean }): void;
};

export type SandboxOptions = {
  readonly user: UserNamespace;
  readonly argv: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where standard output and error go: an open file descriptor, or a pipe to `Sandbox.output`. */
  readonly output: number | "pipe";
  /** A claimed folder that goes when the sandbox ends, however it ends. */
  readonly claimed?: { readonly folder: string; readonly id: string };
  /** A folder that goes with the sandbox when this process has gone before, and else is this process's to remove. */
  readonly scratch?: string;
  /** Control groups, which go with it. `entrance`: the file by which the program gets into one before its namespaces are made. */
  readonly groups?: { readonly folders: readonly string[]; readonly entrance: string | undefined };
  /** Starts this program outside when the one inside asks for it, through file descriptor 5. */
  readonly gate?: { readonly lab: string; readonly program: string };
  readonly signal?: AbortSignal;
};

const deadlineMs = 30_000;

/**
 * The reaper: waits for the sandbox to end, then removes the lab's folder if it still is this
 * claim's. Signals are for the sandbox, not for it. A shell says when a child was killed: not into a
 * pipe that nobody reads any more, which would end it.
 *
 * It is also the lab's way out of the sandbox: at the word of the program, which has a pipe to it as
 * file descriptor 5, it starts the gate, outside in all but the sandbox's PID namespace (and its user
 * namespace, without which an ordinary user cannot enter that one): so the kernel ends the gate with the
 * sandbox. All that the program chooses is the number of a process.
 *
 * Parameters: folder, claim, scratch folder, whose, what of nsenter(1) comes before --pid, the lab's name,
 * node, the gate's program (or nothing: no way out), the lab's control groups (one a line), then the command.
 */
const reaper = `trap : HUP INT QUIT TERM
folder=$1 claim=$2 scratch=$3 whose=$4 enter=$5 lab=$6 node=$7 gate=$8 groups=$9; shift 9
exec 6>&2 7>&1 2>/dev/null
{
  trap : HUP INT QUIT TERM
  if [ -n "$gate" ]; then "$@" 5>&1 >&7 2>&6 6>&- 7>&-; else "$@" >&7 2>&6 6>&- 7>&-; fi
  echo "ended $?"
} | {
  trap : HUP INT QUIT TERM
  status=1
  while read -r word value; do
    case $word in
      open)
        case $value in
          *[!0-9]* | '') ;;
          *) nsenter --target "$value" $enter --pid "$node" "$gate" "$lab" "$value" "$folder/out.sock" \
              </dev/null >&7 2>&7 3>&- 4>&- 6>&- 7>&- & ;;
        esac ;;
      ended) status=$value ;;
    esac
  done
  # The kernel may take a moment to let go of what has just ended.
  [ -z "$groups" ] || for attempt in 1 2 3 4 5 6 7 8 9; do
    left=$(printf '%s\\n' "$groups" | while IFS= read -r group; do
      [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir -- {} + || echo left
    done)
    [ -n "$left" ] || break
    sleep 0.05
  done
  gone=\${folder%/*}/.gone-$$-$claim
  [ -z "$folder" ] || { mv -- "$folder/claim.$claim" "$folder/removing.$$" && mv -- "$folder" "$gone" && rm -rf -- "$gone"; }
  [ -z "$scratch" ] || kill -0 "$whose" || rm -rf -- "$scratch"
  exit "$status"
}`;

/**
 * Tells its pid, which is the owner's as the command replaces it, and its /proc/pid/stat: a short program
 * may have ended before anybody here looks.
 */
const tellPid =
  'entrance=$1; shift; [ -z "$entrance" ] || echo 0 >"$entrance" || exit; IFS= read -r stat </proc/self/stat; echo "$$ $stat" >&4; exec "$@"';
/** Tells that the namespaces are made. What was said on standard error before was about them; now it is the program's. */
const tellReady = 'echo ready >&4; exec "$@" 2>&1 4>&-';

/**
 * Starts a program as PID 1 of new mount, network, PID, UTS, IPC and cgroup namespaces in a user
 * namespace.
 *
 * @throws USER_NAMESPACES_FORBIDDEN, SANDBOX_FAILED, PROGRAM_MISSING, TIMED_OUT
 */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { user, argv, environment, output, claimed, scratch = "", groups, gate, signal } = options;
  const namespaces = [
    "--net",
    "--mount",
    "--pid",
    "--uts",
    "--ipc",
    ...(existsSync("/proc/self/ns/cgroup") ? ["--cgroup"] : []),
  ];
  using nothing = new Nothing();
  const child = spawn(
    "sh",
    [
      ...["-c", reaper, "netwright", claimed?.folder ?? "", claimed?.id ?? "", scratch, String(process.pid)],
      // Root's labs have no user with a right to the host's network: the gate stays root.
      ...[user.map.owner === undefined ? ["--user", ...user.asRoot].join(" ") : "", gate?.lab ?? "", process.execPath],
      gate?.program ?? "",
      groups?.folders.join("\n") ?? "",
      ...["sh", "-c", tellPid, "netwright", groups?.entrance ?? ""],
      ...["nsenter", `--user=${user.outer}`, ...user.asRoot, "unshare", "--mount"],
      ...["sh", "-c", showHost, "netwright", claimed === undefined ? "" : hostView(claimed.folder)],
      ...["nsenter", `--user=${user.path}`, "--preserve-credentials"],
      ...["unshare", ...namespaces, "--fork", "--kill-child"],
      ...["sh", "-c", tellReady, "netwright", ...argv],
    ],
    {
      stdio: withoutInherited(["pipe", output, "pipe", "pipe", "pipe"], nothing.fd),
      env: { ...environment },
      detached: true,
    },
  );
  const [stdin, stdout, stderr, reports, told] = child.stdio as [Writable, Readable | null, Readable, Socket, Readable];
  stdin.on("error", () => {});
  reports.on("error", () => {});
  let complaint = "";
  stderr.on("data", (data: Buffer) => {
    complaint += data.toString();
  });
  const ended = endOf(child);
  let owner: Owner | undefined;
  const kill = () => {
    if (owner !== undefined && startTimeOf(owner.pid) === owner.startTime) process.kill(owner.pid, "SIGKILL");
    else if (owner === undefined && child.pid !== undefined) killGroup(child.pid);
  };
  const lines = tellings(told, child, signal);
  try {
    const [, pid, stat = ""] = /^(\d+) (.*)$/.exec((await lines.next()).value ?? "") ?? [];
    const [, startTime] = stateAndStartIn(stat);
    if (pid !== undefined && startTime !== undefined) owner = { pid: Number(pid), startTime };
    if (owner === undefined || (await lines.next()).value !== "ready") {
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
      throw sandboxError(complaint);
    }
  } catch (error) {
    kill();
    throw error;
  } finally {
    await lines.return(undefined);
    user.release();
  }
  return {
    owner,
    stdin,
    reports,
    output: stdout ?? undefined,
    ended,
    kill,
    detach: ({ keepReports = false } = {}) => {
      child.unref();
      for (const stream of [stdin, stdout, stderr, told]) stream?.destroy();
      if (keepReports) reports.unref();
      else reports.destroy();
    },
  };
}

/** Puts `nothing` in the place of what this process's own caller had open, which must not stay open as long as the lab. */
function withoutInherited(stdio: readonly (number | "pipe")[], nothing: number): StdioOptions {
  const inherited = new Set(inheritedDescriptors());
  const count = Math.max(stdio.length, ...[...inherited].map((fd) => fd + 1));
  return Array.from({ length: count }, (_, fd) => stdio[fd] ?? (inherited.has(fd) ? nothing : "ignore"));
}

/** /dev/null, open. */
class Nothing implements Disposable {
  readonly fd = openSync("/dev/null", "r+");

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}

/** The lines of file descriptor 4, each within the deadline. */
async function* tellings(
  told: Readable,
  child: ChildProcess,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, undefined> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  const timer = setTimeout(
    () => reject(labError("TIMED_OUT", { what: "Making the lab's sandbox", afterMs: deadlineMs })),
    deadlineMs,
  );
  const abort = () => reject(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  child.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? missingProgram("sh") : error));
  // The reaper keeps the descriptor open, so its end, and not the stream's, says that nothing more comes.
  const gone = new Promise<undefined>((resolve) => child.once("close", () => resolve(undefined)));
  const lines = createInterface({ input: told })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([lines.next(), failed, gone]);
      if (next === undefined || next.done) return undefined;
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

function sandboxError(complaint: string): Error {
  const missing = /\b(nsenter|unshare|mount): not found/.exec(complaint)?.[1];
  if (missing !== undefined) return missingProgram(missing);
  const forbidden = /Operation not permitted|Permission denied|No space left on device/.test(complaint);
  if (forbidden) return labError("USER_NAMESPACES_FORBIDDEN", explainForbidden(readNamespaceFacts(), complaint));
  return labError("SANDBOX_FAILED", {
    reason: complaint.trim() === "" ? "it ended without a word." : complaint.trim(),
  });
}

function endOf(child: ChildProcess): Promise<SandboxEnd> {
  const { promise, resolve } = Promise.withResolvers<SandboxEnd>();
  child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
  child.once("error", () => resolve({ exitCode: 127, signal: null }));
  return promise;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
