import { spawnSync } from "node:child_process";
import type { ExecRequest } from "../api/exec.ts";
import type { ExecSession } from "../client/exec.ts";
import type { LabClient } from "../client/lab.ts";
import { NetwrightError } from "../topology/errors/error.ts";
import type { Context } from "./context.ts";

/** Signals that go on to the command in the node, whatever they mean here. */
const forwarded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;

/** What ended pipelines report: 128 + SIGPIPE. */
const brokenPipe = 141;

const sttyMs = 5_000;

/** As shells have it (sh(1), exit status). */
const notFound = 127;
const notRunnable = 126;

/** A command that is not there, or cannot be run, with the exit code that shells have for it. */
class NotStarted extends NetwrightError {
  constructor({ code, message, remedy, cause }: NetwrightError) {
    const exitCode = message.includes("ENOENT") ? notFound : notRunnable;
    super(code, message, { exitCode, cause, ...(remedy === undefined ? {} : { remedy }) });
  }
}

/**
 * Runs a command in a node with this process's standard streams, as if it ran here: bytes unchanged
 * and with back-pressure, signals passed on, and with `tty` the keyboard raw and the window's size
 * followed.
 *
 * @returns the command's exit code, 128 + the signal's number when a signal ended it
 */
export async function runInNode(context: Context, lab: LabClient, node: string, request: ExecRequest): Promise<number> {
  const { stdin, stdout } = context;
  const tty = request.tty ?? false;
  const size = tty ? sizeOf(stdout) : {};
  const session = await lab.exec(node, { ...request, ...size });
  using _signals = forwardSignals(session);
  using _terminal = tty ? takeTerminal(context, session) : undefined;
  const finished = connectStreams(context, session);
  try {
    const { exitCode } = await session.exit;
    await finished;
    return exitCode;
  } catch (error) {
    if (!(error instanceof NetwrightError && error.code === "COMMAND_NOT_STARTED")) throw error;
    throw new NotStarted(error);
  } finally {
    stdin.unpipe(session.stdin);
    // A pipe that nobody ends would keep this process waiting.
    stdin.destroy();
  }
}

/** Resolves when all output is written. */
async function connectStreams({ stdin, stdout, stderr }: Context, session: ExecSession): Promise<void> {
  stdin.on("error", () => session.stdin.end());
  stdin.pipe(session.stdin);
  session.stdin.on("error", () => {});
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") return;
    session.close();
    process.exitCode = brokenPipe;
  });
  session.stdout.pipe(stdout, { end: false });
  session.stderr.pipe(stderr, { end: false });
  await Promise.all(
    [session.stdout, session.stderr].map((stream) => new Promise((resolve) => stream.once("close", resolve))),
  );
}

function forwardSignals(session: ExecSession): Disposable {
  const listeners = forwarded.map((name) => [name, () => session.signal(name)] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    [Symbol.dispose]: () => {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}

/** A terminal that nobody has told its size says 0. */
const sizeOf = ({ columns, rows }: { readonly columns?: number; readonly rows?: number }) =>
  columns && rows ? { columns, rows } : {};

/** Keys go to the command as they are typed, Ctrl-C too, until this is disposed of. */
function takeTerminal({ stdin, stdout }: Context, session: ExecSession): Disposable {
  const raw = stdin.isTTY === true;
  if (raw) {
    stdin.setRawMode(true);
    // Node's raw mode still puts a carriage return before every line feed (libuv, UV_TTY_MODE_RAW), which
    // spoils editors in the node: the terminal there has done all that output needs.
    spawnSync("stty", ["-opost"], { stdio: [stdin, "ignore", "ignore"], timeout: sttyMs });
  }
  const resized = () => {
    const { columns = 0, rows = 0 } = sizeOf(stdout);
    if (columns > 0 && rows > 0) session.resize(columns, rows);
  };
  stdout.on("resize", resized);
  return {
    [Symbol.dispose]: () => {
      stdout.off("resize", resized);
      if (raw) stdin.setRawMode(false);
    },
  };
}
