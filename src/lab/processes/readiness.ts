import type { Program, ProgramRequest } from "../../engines/index.ts";
import type { Command, ReadinessCheck } from "../../topology/index.ts";
import type { LogSink } from "../log-store.ts";
import { pause } from "../pause.ts";
import { hasSocket } from "./sockets.ts";

/** What a check looks at. */
export type ReadinessView = {
  readonly log: LogSink;
  run(request: ProgramRequest): Promise<Program>;
  /** Does something synchronous inside the node. */
  inside<Value>(body: () => Value): Value;
  exists(path: string): boolean | Promise<boolean>;
};

/** For error messages: what is waited for. */
export function describeCheck(check: ReadinessCheck): string {
  switch (check.type) {
    case "tcp":
      return `TCP port ${check.port} open`;
    case "udp":
      return `UDP port ${check.port} open`;
    case "command":
      return `${"shell" in check.command ? check.command.shell : check.command.argv.join(" ")} succeeds`;
    case "log":
      return `a line of its output matches /${check.pattern}/`;
    case "file":
      return `${check.path} exists`;
    default:
      return check satisfies never;
  }
}

/** Resolves true when the check passes, false when `signal` aborts first. */
export async function becomesReady(
  check: ReadinessCheck,
  intervalMs: number,
  view: ReadinessView,
  signal: AbortSignal,
): Promise<boolean> {
  if (check.type === "log") return lineAppears(new RegExp(check.pattern), view.log, signal);
  while (!signal.aborted) {
    if (await passes(check, view)) return true;
    await pause(intervalMs, signal);
  }
  return false;
}

async function passes(check: Exclude<ReadinessCheck, { type: "log" }>, view: ReadinessView): Promise<boolean> {
  switch (check.type) {
    case "tcp":
    case "udp":
      return view.inside(() => hasSocket(check.type, check.port));
    case "file":
      return view.exists(check.path);
    case "command":
      return succeeds(check.command, view);
    default:
      return check satisfies never;
  }
}

async function succeeds(command: Command, view: ReadinessView): Promise<boolean> {
  try {
    const program = await view.run({ argv: argvOf(command), environment: {}, stdin: false });
    program.stdout.resume();
    program.stderr?.resume();
    return (await program.exit).exitCode === 0;
  } catch {
    // Not there yet is not ready yet; the deadline tells if it never is.
    return false;
  }
}

async function lineAppears(pattern: RegExp, log: LogSink, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const stop = log.onLine((line) => pattern.test(line) && resolve(true));
  const abort = () => resolve(false);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) resolve(false);
  try {
    return await promise;
  } finally {
    stop();
    signal.removeEventListener("abort", abort);
  }
}

/** The argument array of a command; a shell line goes to the node's own sh(1) as one argument. */
export const argvOf = (command: Command): readonly string[] =>
  "shell" in command ? ["sh", "-c", command.shell] : command.argv;
