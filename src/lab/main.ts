import { randomInt } from "node:crypto";
import { readlinkSync } from "node:fs";
import { Socket } from "node:net";
import { dirname } from "node:path";
import { json } from "node:stream/consumers";
import { type LaunchReport, LaunchRequest } from "../api/index.ts";
import type { YardSettings } from "../engines/index.ts";
import { closeInherited } from "../kernel/index.ts";
import type { Lab } from "../topology/index.ts";
import { reportOf } from "./error-report.ts";
import { EventLog } from "./events.ts";
import { failingAt } from "./failing.ts";
import { LabGroups } from "./groups/groups.ts";
import { LogStore } from "./log-store.ts";
import { createLogger } from "./logger.ts";
import { ProcessGroup } from "./processes/group.ts";
import { enterSandbox } from "./sandbox.ts";
import { serve } from "./server/server.ts";
import { Stage } from "./stage.ts";
import { Supervisor } from "./supervisor.ts";

/*
 * The supervisor: PID 1 of a lab's sandbox. It reads a LaunchRequest from standard input, brings the
 * lab up, reports on file descriptor 3, serves the lab API until the lab is taken down, and exits;
 * with it, the kernel ends everything of the lab.
 */

/** A socket pair: its other end is the launcher's, and closes when the launcher ends. */
const reportFd = 3;
/** A pipe to the reaper outside, which starts the gate when it is asked to. 4 is free: the launcher's own was closed. */
const gateFd = 5;

/** The launcher's side of the start: reports go there, and its end is noticed. */
class Launcher {
  readonly #socket = new Socket({ fd: reportFd, readable: true, writable: true });
  readonly #gone = new AbortController();

  constructor() {
    this.#socket.on("error", () => this.#gone.abort());
    this.#socket.on("close", () => this.#gone.abort());
    this.#socket.resume();
  }

  /** Aborts when the launcher goes away. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  tell(report: LaunchReport): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(report)}\n`);
  }

  /** Sends what is still to be sent, and lets go. */
  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => this.#socket.end(resolve));
    this.#socket.destroy();
  }
}

async function superviseLab(request: ReturnType<typeof LaunchRequest.parse>, launcher: Launcher): Promise<void> {
  // Until the sandbox has its own /proc, the one seen is the host's, and so is the number.
  const pid = Number(readlinkSync("/proc/self"));
  const lab = request.lab as Lab;
  const runtimeFolder = dirname(request.socket);
  const logger = createLogger(`${request.logDirectory}/debug.log`, request.logLevel);
  const sandbox = enterSandbox(lab.name, runtimeFolder);
  const logs = new LogStore(request.logDirectory);
  const events = new EventLog();
  const processes = new ProcessGroup(lab.mode);
  const seed = request.seed ?? randomInt(2 ** 48 - 1);
  const { containers } = request;
  const stage = new Stage({
    lab: lab.name,
    seed,
    repeatable: request.seed !== undefined,
    sandbox,
    covered: [dirname(runtimeFolder)],
    logs,
    events,
    processes,
    ...(request.groups === undefined ? {} : { groups: new LabGroups(request.groups) }),
    gate: { socket: `${runtimeFolder}/out.sock`, opener: gateFd, pid },
    ...(containers === undefined ? {} : { containers: containers as YardSettings }),
  });
  const { file, digest, version } = request;
  const failAt = Number(process.env["NETWRIGHT_FAIL_AT_STEP"] ?? 0);
  const performer = failAt > 0 ? failingAt(failAt, stage) : stage;
  const supervisor = new Supervisor({
    performer,
    lab,
    file,
    digest,
    version,
    attended: request.attended,
    pid,
    logs,
    logger,
    stage,
    events,
    processes,
  });
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, () => void supervisor.stop(`got ${signal}`));
  const serving = serve(supervisor, request.socket);
  try {
    await Promise.race([supervisor.up((progress) => launcher.tell(progress), launcher.gone), aborted(launcher.gone)]);
  } catch (error) {
    // What its programs said is what tells why it failed.
    logger.flush();
    await logs.close();
    throw error;
  }
  const server = await serving;
  launcher.tell({ type: "running", summary: supervisor.summary() });
  if (request.attended) void aborted(launcher.gone).catch(() => supervisor.stop("its launcher went away"));
  else await launcher.close();
  void server.prepareExec();
  await supervisor.gone;
  logger.flush();
  await server.close();
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

// Whatever the caller of `up` had open is no business of the lab's.
closeInherited(gateFd);
const launcher = new Launcher();
try {
  await superviseLab(LaunchRequest.parse(await json(process.stdin)), launcher);
  process.exit(0);
} catch (error) {
  const errors = error instanceof AggregateError ? error.errors : [error];
  launcher.tell({ type: "failed", errors: errors.map(reportOf) });
  await launcher.close();
  process.exit(1);
}
