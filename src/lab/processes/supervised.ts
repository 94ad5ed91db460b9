import { constants } from "node:os";
import type { ProcessState, ProcessStatus } from "../../api/index.ts";
import { type Program, type ProgramExit, shellStatus } from "../../engines/index.ts";
import { labError, type NetwrightError, type Process } from "../../topology/index.ts";
import type { EventLog } from "../events.ts";
import { pause } from "../pause.ts";
import { pump } from "./output.ts";
import { argvOf, becomesReady, describeCheck, type ReadinessView } from "./readiness.ts";

/** How a process ended for good. */
export type ProcessEnd = {
  readonly process: SupervisedProcess;
  readonly success: boolean;
  /** 0…255, as a shell says it. */
  readonly exitCode: number;
  readonly error: NetwrightError | undefined;
};

/** Restarts wait this long, doubled each time, until the process has run for `stableMs`. */
const firstBackoffMs = 100;
const longestBackoffMs = 10_000;
const stableMs = 10_000;

/**
 * One process of the lab file, or one service of a kind: started when told, watched, restarted as it
 * says, stopped with its signal and, after the grace period, killed.
 */
export class SupervisedProcess {
  readonly spec: Process;
  readonly origin: ProcessStatus["origin"];
  readonly #view: ReadinessView;
  readonly #events: EventLog;
  readonly #stopping = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<ProcessEnd>();
  #state: ProcessState = "waiting";
  #program: Program | undefined;
  #lastExit: ProgramExit | undefined;
  #startedAt: string | undefined;
  #restarts = 0;

  constructor(spec: Process, origin: ProcessStatus["origin"], view: ReadinessView, events: EventLog) {
    this.spec = spec;
    this.origin = origin;
    this.#view = view;
    this.#events = events;
    // Whoever waits sees the rejection; that nobody waits is no error.
    this.#ready.promise.catch(() => undefined);
  }

  /** Resolves when it is ready (at once after its start where it has no check); rejects when it ends before. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when it has ended and will not be restarted. */
  get ended(): Promise<ProcessEnd> {
    return this.#ended.promise;
  }

  get status(): ProcessStatus {
    const signal = this.#lastExit?.signal;
    return {
      name: this.spec.name,
      node: this.spec.node,
      state: this.#state,
      restarts: this.#restarts,
      origin: this.origin,
      ...(this.#program === undefined ? {} : { pid: this.#program.pid }),
      ...(this.#lastExit?.exitCode === undefined ? {} : { exitCode: this.#lastExit.exitCode }),
      ...(signal === undefined ? {} : { signal }),
      ...(this.#startedAt === undefined ? {} : { startedAt: this.#startedAt }),
    };
  }

  /** Starts it, and restarts it as its policy says, in the background. */
  start(): void {
    void this.#live();
  }

  /** Ends it without ever having run: something it waits for did not happen. */
  abandon(error: NetwrightError): void {
    this.#finish({ success: false, exitCode: 1, error });
  }

  /** For its program, where one runs. */
  signal(signal: NodeJS.Signals): void {
    this.#program?.signal(signal);
  }

  /** Stop signal, grace period, SIGKILL. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#state === "waiting") this.#finish({ success: true, exitCode: 0, error: undefined });
    const program = this.#program;
    if (program !== undefined) {
      this.#state = "stopping";
      program.signal(this.spec.stopSignal as NodeJS.Signals);
      const timer = setTimeout(() => program.signal("SIGKILL"), this.spec.graceMs);
      await program.exit;
      clearTimeout(timer);
      // Children that outlive the leader of the group go with it.
      program.signal("SIGKILL");
    }
    await this.ended;
  }

  async #live(): Promise<void> {
    let backoffMs = firstBackoffMs;
    for (;;) {
      const startedAt = Date.now();
      const end = await this.#runOnce();
      if (this.#stopping.signal.aborted) return this.#finish({ success: true, exitCode: 0, error: undefined });
      const again = this.spec.restart === "always" || (this.spec.restart === "on-failure" && !end.success);
      if (!again) return this.#finish(end);
      if (Date.now() - startedAt >= stableMs) backoffMs = firstBackoffMs;
      this.#restarts += 1;
      this.#state = "restarting";
      this.#events.record("process.restarting", this.spec.name, `${this.spec.name} restarts in ${backoffMs} ms`, {
        exitCode: end.exitCode,
      });
      await pause(backoffMs, this.#stopping.signal);
      backoffMs = Math.min(backoffMs * 2, longestBackoffMs);
      if (this.#stopping.signal.aborted) return this.#finish({ success: true, exitCode: 0, error: undefined });
    }
  }

  async #runOnce(): Promise<Omit<ProcessEnd, "process">> {
    this.#state = "starting";
    const { spec } = this;
    let program: Program;
    try {
      program = await this.#view.run({
        argv: argvOf(spec.command),
        environment: spec.environment,
        stdin: false,
        ...(spec.directory === undefined ? {} : { directory: spec.directory }),
        ...(spec.user === undefined ? {} : { user: spec.user }),
      });
    } catch (error) {
      return { success: false, exitCode: 127, error: error as NetwrightError };
    }
    this.#program = program;
    this.#startedAt = new Date().toISOString();
    this.#events.record("process.started", spec.name, `${spec.name} started on ${spec.node}`, { pid: program.pid });
    const output = pump(program, this.#view.log);
    if (this.#stopping.signal.aborted) program.signal("SIGKILL");
    const exited = new AbortController();
    const notReady = this.#watchReadiness(program, exited.signal);
    const exit = await program.exit;
    await output.drained();
    this.#view.log.flush();
    exited.abort();
    this.#program = undefined;
    this.#lastExit = exit;
    const exitCode = shellStatus(exit, constants.signals);
    const how = exit.signal === undefined ? `ended with exit code ${exitCode}` : `was ended by ${exit.signal}`;
    this.#events.record("process.exited", spec.name, `${spec.name} ${how}`, {
      exitCode,
      ...(exit.signal === undefined ? {} : { signal: exit.signal }),
    });
    const late = await notReady;
    if (late !== undefined) return { success: false, exitCode: exitCode === 0 ? 1 : exitCode, error: late };
    if (exitCode === 0) return { success: true, exitCode, error: undefined };
    const error = labError("PROCESS_FAILED", {
      process: spec.name,
      node: spec.node,
      how,
      lastLines: this.#view.log.lastLines(),
    });
    return { success: false, exitCode, error };
  }

  /** @returns the error when it was not ready in time; the program is killed then */
  async #watchReadiness(program: Program, exited: AbortSignal): Promise<NetwrightError | undefined> {
    const { ready } = this.spec;
    if (ready !== undefined) {
      const deadline = AbortSignal.timeout(ready.timeoutMs);
      const passed = await becomesReady(ready.check, ready.intervalMs, this.#view, AbortSignal.any([deadline, exited]));
      if (!passed && exited.aborted) return undefined;
      if (!passed) {
        program.signal("SIGKILL");
        return labError("NOT_READY", {
          process: this.spec.name,
          check: describeCheck(ready.check),
          afterMs: ready.timeoutMs,
        });
      }
      this.#events.record("process.ready", this.spec.name, `${this.spec.name} is ready`);
    }
    if (!exited.aborted && this.#state === "starting") this.#state = "ready";
    this.#ready.resolve();
    return undefined;
  }

  #finish(end: Omit<ProcessEnd, "process">): void {
    this.#state = end.success ? "exited" : "failed";
    if (!end.success)
      this.#events.record("process.failed", this.spec.name, end.error?.message ?? `${this.spec.name} failed`, {
        exitCode: end.exitCode,
      });
    // One that ended well before it was found ready was ready enough for those that wait for it.
    if (end.success) this.#ready.resolve();
    else
      this.#ready.reject(
        end.error ??
          labError("PROCESS_FAILED", { process: this.spec.name, node: this.spec.node, how: "failed", lastLines: [] }),
      );
    this.#ended.resolve({ process: this, ...end });
  }
}
