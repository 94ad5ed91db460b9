import { spawn } from "node:child_process";
import { constants } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import type { Outcome } from "../api/resources.ts";
import type { LabClient } from "../client/index.ts";
import type { ReadLab } from "../client/lab-file.ts";
import type { ServerAccess } from "../client/server.ts";
import { stopLab } from "../client/stop.ts";
import { labError, NetwrightError } from "../topology/errors/error.ts";
import type { Session } from "./command.ts";
import type { RunOptions } from "./commands/run.ts";
import { serverInUse } from "./contexts.ts";
import { type Interrupt, type InterruptSignal, onInterrupt } from "./interrupt.ts";
import { logPrinter } from "./log-printer.ts";
import { endedWithUs } from "./parent-death.ts";
import { runInNode } from "./run-in-node.ts";
import { printPlan, readSelectedLab, seedOf, start } from "./start.ts";

/** How many names to try when the lab's own is taken. */
const mostCopies = 1000;
/** How long output may still come: processes have their grace periods, and the lab its own limit, to stop. */
const drainMs = 70_000;
/** How long a command may go on after it was told that its lab has failed. */
const commandGraceMs = 10_000;

/** A lab for as long as it is wanted here. */
type RunningLab = {
  readonly client: LabClient;
  /** Asks it to end: what it still prints comes after. */
  readonly requestStop: () => Promise<void>;
  /** @throws LAB_NOT_FOUND when it has ended */
  readonly takeDown: (interrupt: Interrupt) => Promise<void>;
};

/**
 * `run`: starts a lab, runs a command (or waits for the outcome of the lab's processes), takes the lab
 * down.
 *
 * @returns the exit code of the command, or of the outcome
 */
export async function runLab(session: Session<RunOptions>, command: readonly string[]): Promise<number> {
  const { context, output, options } = session;
  const read = await readSelectedLab(context, output, options);
  if (command.length === 0 && options.node !== undefined) {
    throw labError("COMMAND_MISSING", { usage: `netwright run FILE --node ${options.node} -- COMMAND` });
  }
  if (command.length === 0 && read.lab.processes.length === 0) throw labError("NOTHING_TO_RUN", { lab: read.lab.name });
  if (options.dryRun) {
    await printPlan(output, read.lab);
    return 0;
  }
  using interrupt = onInterrupt(process);
  let started: RunningLab;
  try {
    started = await startFree(session, read, interrupt);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    output.complain(error instanceof Error ? error.message : String(error));
    return interrupt.exitCode();
  }
  try {
    if (command.length === 0) return await untilOutcome(session, started, interrupt);
    return options.node === undefined
      ? await runHere(session, started, command, interrupt)
      : await runInNode(context, started.client, options.node, {
          argv: [...command],
          tty: context.stdin.isTTY === true && context.stdout.isTTY === true,
        });
  } finally {
    await takeDown(started, interrupt);
  }
}

/** Starts the lab under its name, or, as `run` is for many at once, under the first free name after it. */
async function startFree(
  { context, output, options }: Session<RunOptions>,
  read: ReadLab,
  interrupt: Interrupt,
): Promise<RunningLab> {
  const server = serverInUse(context);
  for (let copy = 1; ; copy++) {
    const name = copy === 1 ? read.lab.name : `${read.lab.name}-${copy}`;
    try {
      const wanted = { ...read, lab: { ...read.lab, name } };
      const { signal } = interrupt;
      if (server !== undefined) return await startOnServer(server, wanted, options, signal);
      const { client } = await start(context, output, wanted, { signal, attended: true, ...seedOf(options) });
      return {
        client,
        requestStop: () => client.requestStop(),
        takeDown: async ({ again }) => void (await stopLab(context.locations, client.name, { signal: again })),
      };
    } catch (error) {
      const taken = error instanceof NetwrightError && (error.code === "LAB_EXISTS" || error.code === "LAB_BUSY");
      if (!taken || options.name !== undefined || copy === mostCopies) throw error;
    }
  }
}

async function startOnServer(
  server: ServerAccess,
  read: ReadLab,
  options: RunOptions,
  signal: AbortSignal,
): Promise<RunningLab> {
  const [{ deployOnServer, clientOf }, { ServerClient }] = await Promise.all([
    import("./server-labs.ts"),
    import("../client/server.ts"),
  ]);
  const lab = await deployOnServer(server, read, options, signal);
  const end = async () => void (await new ServerClient(server).call("deleteLab", { params: { lab: lab.name } }));
  return { client: clientOf(server, lab.name), requestStop: end, takeDown: end };
}

async function takeDown(lab: RunningLab, interrupt: Interrupt): Promise<void> {
  try {
    await lab.takeDown(interrupt);
  } catch (error) {
    // Its mode, or what befell it, was faster.
    if (!(error instanceof NetwrightError && error.code === "LAB_NOT_FOUND")) throw error;
  }
}

/** Runs a command on this machine. A lab that fails under it ends it, too. */
async function runHere(
  session: Session<RunOptions>,
  { client }: RunningLab,
  argv: readonly string[],
  interrupt: Interrupt,
): Promise<number> {
  const { context, output } = session;
  const where = { directory: context.directory, path: context.environment["PATH"] };
  const [program = "", ...rest] = endedWithUs(argv, where);
  const child = spawn(program, rest, {
    stdio: "inherit",
    cwd: context.directory,
    env: { ...context.environment, NETWRIGHT_LAB: client.name, NETWRIGHT_SOCKET: client.socket },
  });
  const { promise: exit, resolve, reject } = Promise.withResolvers<number>();
  child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
  child.once("error", (cause: NodeJS.ErrnoException) =>
    reject(labError("USAGE", { problem: `Cannot run ${argv[0]} (${cause.code ?? cause.message}).` }, { cause })),
  );
  // From the terminal it gets Ctrl-C itself; from `kill` of netwright it would not.
  using _forwarding = forward(interrupt, (signal) => {
    if (signal !== "SIGINT" || context.stdin.isTTY !== true) child.kill(signal);
  });
  const watching = new AbortController();
  const failed = client.outcome({ signal: watching.signal }).then(
    (outcome) => (outcome.status === "failure" ? outcome : never()),
    () => never(),
  );
  const first = await Promise.race([exit, failed]).finally(() => watching.abort());
  if (typeof first === "number") return first;
  reportFailure(output, first);
  child.kill("SIGTERM");
  const late = new AbortController();
  const kill = pause(commandGraceMs, undefined, { signal: late.signal }).then(
    () => child.kill("SIGKILL"),
    () => {},
  );
  await exit;
  late.abort();
  await kill;
  return first.exitCode;
}

const never = (): Promise<never> => new Promise(() => {});

function forward(interrupt: Interrupt, pass: (signal: InterruptSignal) => void): Disposable {
  const listener = () => pass(interrupt.received() ?? "SIGTERM");
  interrupt.signal.addEventListener("abort", listener);
  return { [Symbol.dispose]: () => interrupt.signal.removeEventListener("abort", listener) };
}

/** Prints what the processes write until the lab's mode decides. */
async function untilOutcome(
  { output }: Session<RunOptions>,
  { client, requestStop }: RunningLab,
  interrupt: Interrupt,
): Promise<number> {
  output.note("Following the lab's processes. Ctrl-C takes the lab down.");
  const printing = new AbortController();
  const print = logPrinter(output, { prefix: true, timestamps: false });
  const printed = (async () => {
    for await (const line of client.logs({ follow: true, signal: printing.signal })) print(line);
  })().catch(() => {
    // A lab that is killed ends its log in the middle; that it was is told by its outcome.
  });
  try {
    const outcome = await client.outcome({ signal: interrupt.signal });
    await requestStop();
    await Promise.race([printed, pause(drainMs, undefined, { ref: false })]);
    if (outcome.status === "failure") reportFailure(output, outcome);
    return outcome.exitCode;
  } catch (error) {
    if (interrupt.signal.aborted) return interrupt.exitCode();
    throw error;
  } finally {
    printing.abort();
  }
}

function reportFailure(output: Session<RunOptions>["output"], { message, process: name }: Outcome): void {
  output.complain(`${output.notePaint("red", "Error:")} ${message ?? `Process ${name ?? ""} failed.`}`);
}
