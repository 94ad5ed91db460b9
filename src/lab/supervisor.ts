import type {
  CaptureRequest,
  CaptureStatus,
  CountersLine,
  FaultReport,
  FaultsRequest,
  FaultTimeline,
  LabDetail,
  LabState,
  LabSummary,
  LaunchReport,
  Outcome,
  PortStatus,
} from "../api/index.ts";
import { type Program, type ProgramRequest, within } from "../engines/index.ts";
import { isMachine, type Lab, labError, phases, plan } from "../topology/index.ts";
import { Applier, type PhaseProgress, type StepPerformer } from "./apply.ts";
import type { Captures } from "./captures/captures.ts";
import type { ConsoleHub } from "./console/hub.ts";
import { reportOf } from "./error-report.ts";
import type { EventLog } from "./events.ts";
import { LabFaults } from "./faults/faults.ts";
import { Feed } from "./feed.ts";
import { requireLimits } from "./limits.ts";
import { LinkVerbs } from "./link-verbs.ts";
import type { LogStore } from "./log-store.ts";
import type { Logger } from "./logger.ts";
import { NodeFiles } from "./node-files.ts";
import { NodeVerbs } from "./node-verbs.ts";
import type { ProcessGroup } from "./processes/group.ts";
import type { Stage } from "./stage.ts";

export type SupervisorOptions = {
  readonly lab: Lab;
  readonly file: string | undefined;
  readonly digest: string;
  readonly version: string;
  /** The launcher ends the lab, not its mode. */
  readonly attended: boolean;
  /** As seen from outside the sandbox. */
  readonly pid: number;
  readonly logs: LogStore;
  readonly logger: Logger;
  readonly stage: Stage;
  /** What performs the steps: the stage, as a rule. */
  readonly performer: StepPerformer;
  readonly events: EventLog;
  readonly processes: ProcessGroup;
};

/** How long a lab may take to stop before it is ended without asking. */
const stopMs = 60_000;

/** Owns one lab: brings it up, answers for it, takes it down. */
export class Supervisor {
  readonly events: EventLog;
  readonly faults: LabFaults;
  readonly links: LinkVerbs;
  readonly nodes: NodeVerbs;
  readonly files: NodeFiles;
  readonly #options: SupervisorOptions;
  readonly #startedAt = new Date().toISOString();
  readonly #gone = Promise.withResolvers<void>();
  #state: LabState = "starting";
  #lab: Lab;
  #file: string | undefined;
  #digest: string;
  /** Changes of the lab are made one after the other. */
  #lastChange: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  /** Ends a start that is still going on, and links being measured. */
  readonly #stopping = new AbortController();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.events = options.events;
    this.#lab = options.lab;
    this.#file = options.file;
    this.#digest = options.digest;
    this.links = new LinkVerbs({
      panel: options.stage.panel,
      events: options.events,
      running: () => this.#running,
      lab: () => this.#lab,
      inTurn: (change) => this.#change(change),
      apply: (wanted) => this.#applyNow(wanted, () => undefined),
      stopping: this.#stopping.signal,
    });
    this.nodes = new NodeVerbs({
      stage: options.stage,
      processes: options.processes,
      events: options.events,
      running: () => this.#running,
      lab: () => this.#lab,
      inTurn: (change) => this.#change(change),
    });
    this.files = new NodeFiles({
      stage: options.stage,
      find: (name) => {
        this.#requireUp();
        return this.nodes.find(name);
      },
    });
    this.faults = new LabFaults({
      verbs: {
        prepareLink: (link, impairments) => this.links.prepare(link, impairments),
        setLink: (link, state) => this.links.set(link, state),
        impairLink: (link, change) => this.links.impair(link, change),
        actOnNode: (node, action) => this.nodes.act(node, action),
        partition: (words) => this.links.partition(words),
      },
      events: options.events,
      logDirectory: options.logs.directory,
      seed: options.stage.seed,
    });
  }

  get lab(): Lab {
    return this.#lab;
  }

  /** Resolves when the lab's processes are stopped and the supervisor may exit. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  get outcome(): Promise<Outcome> {
    return this.#options.processes.outcome;
  }

  /**
   * Brings the lab up. When a step fails, what was done is undone and the errors are thrown together.
   *
   * @param report progress, phase by phase
   * @param signal undo and end early
   */
  async up(report: (progress: PhaseProgress) => void, signal: AbortSignal): Promise<void> {
    const { performer, stage, logger, processes } = this.#options;
    this.events.record("lab.starting", this.lab.name, `Lab ${this.lab.name} starts`, { seed: stage.seed });
    this.faults.listen(this.lab);
    const applier = new Applier(performer, logger);
    await applier.apply(phases(plan(this.lab, undefined)), report, AbortSignal.any([signal, this.#stopping.signal]));
    await stage.panel.settled();
    await this.faults.prepare();
    this.#stopping.signal.throwIfAborted();
    this.#state = "running";
    this.events.record("lab.running", this.lab.name, `Lab ${this.lab.name} runs`);
    this.faults.begin();
    processes.complete();
    void this.#followMode();
  }

  /**
   * Turns the lab into `wanted`: only what differs is touched. When a step fails, the lab is as it was.
   *
   * @returns progress, then `running` or `failed`; leaving early does not end the work
   */
  apply(
    wanted: { lab?: unknown; file?: string | undefined; digest: string },
    signal: AbortSignal,
  ): AsyncGenerator<LaunchReport> {
    const reports = new Feed<LaunchReport>();
    void this.#change(async () => {
      try {
        await this.#applyNow(wanted.lab as Lab, (progress) => reports.push(progress));
        this.#file = wanted.file;
        this.#digest = wanted.digest;
        reports.push({ type: "running", summary: this.summary() });
      } catch (error) {
        const errors = error instanceof AggregateError ? error.errors : [error];
        reports.push({ type: "failed", errors: errors.map(reportOf) });
      } finally {
        reports.close();
      }
    });
    return reports.read(0, { follow: true, signal });
  }

  /** Runs a fault schedule, and reports on it (`LabFaults.run`). */
  runFaults(
    request: Omit<FaultsRequest, "detach"> & { readonly detach: boolean },
    signal: AbortSignal,
  ): AsyncGenerator<FaultReport> {
    const running = () => this.#running;
    return this.faults.run(request, running, signal);
  }

  /** What a fault schedule would do. @throws LabFileError, FAULTS_MISSING */
  planFaults(request: Omit<FaultsRequest, "detach">): Promise<FaultTimeline> {
    return this.faults.plan(request, this.#running);
  }

  /** Stops processes in order and within their grace periods, then lets the supervisor exit, which ends everything else. */
  stop(reason: string): Promise<void> {
    this.#stopped ??= this.#stopOnce(reason);
    return this.#stopped;
  }

  summary(): LabSummary {
    const { version, pid, logs, processes } = this.#options;
    const [file, digest] = [this.#file, this.#digest];
    return {
      name: this.lab.name,
      state: this.#state,
      ...(file === undefined ? {} : { file }),
      digest,
      startedAt: this.#startedAt,
      supervisorPid: pid,
      version,
      mode: this.lab.mode,
      nodes: this.lab.nodes.length,
      links: this.lab.links.length,
      processes: processes.statuses.length,
      logDirectory: logs.directory,
    };
  }

  detail(): LabDetail {
    const { stage, processes } = this.#options;
    return {
      ...this.summary(),
      partition: this.links.partitionStatus,
      supervisorMemoryBytes: process.memoryUsage.rss(),
      nodeStatus: this.nodes.statuses,
      linkStatus: this.lab.links.map((link) => stage.panel.linkStatus(link)),
      processStatus: [...processes.statuses, ...stage.services],
    };
  }

  /** @throws NODE_NOT_FOUND */
  ports(name?: string): PortStatus[] {
    const node = name === undefined ? undefined : this.nodes.find(name).name;
    return this.#options.stage.reach.ports.filter((port) => node === undefined || port.node === node);
  }

  /** The console of a node, as long as the node is in the lab. @throws CONSOLE_MISSING, and see `MachineLife.openConsole` */
  async console(name: string): Promise<ConsoleHub> {
    const node = this.nodes.find(name);
    if (!isMachine(node)) throw labError("CONSOLE_MISSING", { node: name, kind: node.kind });
    this.#requireUp();
    return this.#options.stage.machine(node).openConsole();
  }

  /** @throws LAB_BUSY before the lab runs, and see `Captures.start` */
  async startCapture(request: CaptureRequest): Promise<CaptureStatus> {
    return this.captures.start(this.#running, request);
  }

  /** What passes on the links, once a second. */
  counters(signal: AbortSignal): AsyncGenerator<CountersLine> {
    return this.#options.stage.panel.counters.follow(AbortSignal.any([signal, this.#stopping.signal]));
  }

  get captures(): Captures {
    return this.#options.stage.captures;
  }

  /** Runs a program in a node, which gets its file system and init now if it has none yet. */
  async run(name: string, request: ProgramRequest): Promise<Program> {
    this.#requireUp();
    return this.#options.stage.run(this.nodes.machine(name), request);
  }

  /** @param of names of nodes, processes or services; empty: all */
  logs(of: readonly string[], options: { follow: boolean; tail?: number; signal: AbortSignal }) {
    const { logs } = this.#options;
    const unknown = of.find((name) => !this.lab.nodes.some((node) => node.name === name) && !logs.hasSource(name));
    if (unknown !== undefined)
      throw labError("LOG_SOURCE_NOT_FOUND", { source: unknown, lab: this.lab.name, sources: logs.sources });
    const wanted = new Set(of);
    return logs.read(
      (line) => wanted.size === 0 || wanted.has(line.source) || (line.node !== undefined && wanted.has(line.node)),
      options,
    );
  }

  async #applyNow(wanted: Lab, report: (progress: PhaseProgress) => void): Promise<void> {
    const present = this.#running;
    const { performer, stage, logger } = this.#options;
    const applier = new Applier(performer, logger);
    requireLimits(wanted, stage.groups);
    await this.links.underPartition(present, wanted, () =>
      applier.apply(phases(plan(wanted, present)), report, new AbortController().signal),
    );
    await stage.panel.settled();
    this.#lab = wanted;
    this.events.record("lab.applied", wanted.name, `Lab ${wanted.name} has been changed`);
  }

  /** @throws SUPERVISOR_STOPPING */
  #requireUp(): void {
    if (this.#state === "stopping") throw labError("SUPERVISOR_STOPPING", { lab: this.lab.name });
  }

  /** The lab, while it can be worked on. @throws LAB_BUSY */
  get #running(): Lab {
    if (this.#state !== "running") throw labError("LAB_BUSY", { lab: this.#lab.name, state: this.#state });
    return this.#lab;
  }

  #change<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#lastChange.then(change);
    this.#lastChange = result.catch(() => undefined);
    return result;
  }

  async #stopOnce(reason: string): Promise<void> {
    const { processes, logs, logger, stage } = this.#options;
    this.#state = "stopping";
    this.#stopping.abort(labError("SUPERVISOR_STOPPING", { lab: this.lab.name }));
    this.events.record("lab.stopping", this.lab.name, `Lab ${this.lab.name} stops: ${reason}`);
    this.faults.abandon();
    try {
      await within("Stopping the lab's processes", stopMs, processes.stopAll());
    } catch (error) {
      logger.error("stop", { error: String(error) });
    }
    await stage.captures.stopAll();
    stage.reach.stop();
    try {
      await within("Stopping the lab's containers", stopMs, stage.close());
    } catch (error) {
      logger.error("stop", { error: String(error) });
    }
    stage.killAll();
    this.events.close();
    await logs.close();
    this.#gone.resolve();
  }

  /** In the modes that end a lab, ends it once its outcome is known. */
  async #followMode(): Promise<void> {
    const outcome = await this.outcome;
    // In a lab without processes, nothing came out.
    if (this.lab.processes.length > 0)
      this.events.record("outcome", this.lab.name, outcome.message ?? `Every process ended with success`, {
        ...outcome,
      });
    if (this.lab.mode !== "keep" && !this.#options.attended)
      await this.stop(`its processes ended with ${outcome.status}`);
  }
}
