import type { FaultReport, FaultsRequest, FaultsStatus, FaultsStopped, FaultTimeline } from "../../api/index.ts";
import { within } from "../../engines/index.ts";
import {
  describeAction,
  type FaultSchedule,
  FaultsInForce,
  type Lab,
  LabFileError,
  labError,
  timelineOf,
  triggerText,
} from "../../topology/index.ts";
import { reportOf } from "../error-report.ts";
import type { EventLog } from "../events.ts";
import { FaultRun } from "./run.ts";
import { type FaultVerbs, perform } from "./verbs.ts";

export type LabFaultsOptions = {
  readonly verbs: FaultVerbs;
  readonly events: EventLog;
  /** Where the logs of runs go. */
  readonly logDirectory: string;
  /** Of the lab: for schedules that have none. */
  readonly seed: number;
};

/** What `faults` under no other name is called: the lab's own. */
const ownName = "lab file";
/** How long what ends a fault may take. */
const healMs = 5 * 60_000;
/** Of a timeline. */
const mostTold = 5_000;

/** @throws LabFileError, FAULTS_MISSING */
async function scheduleOf(text: string | undefined, file: string, lab: Lab): Promise<FaultSchedule> {
  const { loadFaults } = await import("../../topology/faults/load.ts");
  const schedule = text === undefined ? lab.faults : loadFaults(text, file, lab);
  if (schedule === undefined) throw labError("FAULTS_MISSING", { lab: lab.name });
  return schedule;
}

/** The fault schedules that run in a lab, one at a time. */
export class LabFaults {
  readonly #options: LabFaultsOptions;
  readonly #inForce = new FaultsInForce();
  readonly #runs: FaultRun[] = [];
  /** The lab's own, from the beginning of `up` until the lab runs. */
  #own: FaultRun | undefined;
  /** One that is about to begin. */
  #coming: FaultRun | undefined;
  /** Stops and heals come one after the other, and runs after them. */
  #stopping: Promise<unknown> = Promise.resolve();

  constructor(options: LabFaultsOptions) {
    this.#options = options;
  }

  get status(): FaultsStatus {
    return { runs: this.#runs.map((run) => run.status), inForce: this.#inForce.ends.map(describeAction) };
  }

  /** Makes the run of the lab's own schedule, which hears events from now on. */
  listen(lab: Lab): void {
    if (lab.faults !== undefined) this.#own = this.#make(lab, lab.faults, ownName, undefined);
  }

  /** The lab is there and about to run. @throws MEDIUM_IMPOSSIBLE */
  async prepare(): Promise<void> {
    await this.#own?.prepare();
  }

  /** The lab runs: so does its own schedule. */
  begin(): void {
    if (this.#own === undefined) return;
    this.#start(this.#own);
    this.#own = undefined;
  }

  /**
   * Runs a schedule and reports on it until it ends, or with `detach` until it has begun.
   *
   * @param lab as it is now, which must be running
   * @param signal stops the run, unless it is detached
   */
  async *run(
    request: Omit<FaultsRequest, "detach"> & { readonly detach: boolean },
    lab: () => Lab,
    signal: AbortSignal,
  ): AsyncGenerator<FaultReport> {
    let run: FaultRun;
    try {
      await this.#stopping;
      const current = this.#current;
      if (current !== undefined) throw labError("FAULTS_RUNNING", { run: current.options.name });
      const { text, file = "faults.yaml", seed } = request;
      const now = lab();
      const schedule = await scheduleOf(text, file, now);
      run = this.#make(now, schedule, text === undefined ? ownName : file, seed);
      this.#coming = run;
      try {
        await run.prepare();
        this.#start(run);
      } catch (error) {
        run.abandon();
        throw error;
      } finally {
        this.#coming = undefined;
      }
    } catch (error) {
      const errors = error instanceof LabFileError ? error.errors : [error];
      yield { type: "refused", errors: errors.map(reportOf) };
      return;
    }
    if (request.detach) {
      yield* run.reports.read(0, { follow: false, signal });
      return;
    }
    const stop = () => void run.stop();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      yield* run.reports.read(0, { follow: true, signal });
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** What a run has done, and is still to do. @throws FAULTS_RUN_NOT_FOUND */
  timeline(number: number, lab: string): FaultTimeline {
    const run = this.#runs.find(({ options }) => options.number === number);
    if (run === undefined) throw labError("FAULTS_RUN_NOT_FOUND", { run: number, lab });
    return { seed: run.options.seed, entries: run.timeline(mostTold), total: run.status.total };
  }

  /** What a schedule would do. @throws LabFileError, FAULTS_MISSING, FAULTS_TOO_MANY */
  async plan({ text, file = "faults.yaml", seed }: Omit<FaultsRequest, "detach">, lab: Lab): Promise<FaultTimeline> {
    const schedule = await scheduleOf(text, file, lab);
    const chosen = seed ?? schedule.seed ?? this.#options.seed;
    const all = timelineOf(schedule, chosen);
    const entries = all.slice(0, mostTold).map(({ atMs, after, action, step }) => ({
      atMs,
      ...(after === undefined ? {} : { after: triggerText(after) }),
      action: describeAction(action),
      step,
      state: "planned" as const,
    }));
    return { seed: chosen, entries, total: all.length };
  }

  /**
   * Stops the run. With `heal`, also ends what runs have left in force, the latest fault first; what
   * cannot be ended does not keep the rest from it.
   *
   * @throws FAULTS_NOT_RUNNING when there is none, and nothing to heal is asked for
   */
  stop(lab: string, heal: boolean): Promise<FaultsStopped> {
    const stopped = this.#stopping.then(async () => {
      const run = this.#current;
      if (run === undefined && !heal) throw labError("FAULTS_NOT_RUNNING", { lab });
      await run?.stop();
      const { healed, failed } = heal ? await this.#heal() : { healed: [], failed: [] };
      return {
        ...(run === undefined ? {} : { run: run.status }),
        healed,
        failed,
        inForce: this.#inForce.ends.map(describeAction),
      };
    });
    this.#stopping = stopped.catch(() => undefined);
    return stopped;
  }

  /** The lab goes away, and so do its runs, at once. */
  abandon(): void {
    this.#own?.abandon();
    this.#current?.abandon();
  }

  get #current(): FaultRun | undefined {
    const last = this.#coming ?? this.#runs.at(-1);
    return last?.isRunning ? last : undefined;
  }

  #make(lab: Lab, schedule: FaultSchedule, name: string, seed: number | undefined): FaultRun {
    const { verbs, events, logDirectory, seed: labSeed } = this.#options;
    const number = this.#runs.length + 1;
    return new FaultRun({
      number,
      name,
      schedule,
      seed: seed ?? schedule.seed ?? labSeed,
      lab,
      verbs,
      events,
      log: `${logDirectory}/faults-${number}.yaml`,
      inForce: this.#inForce,
    });
  }

  #start(run: FaultRun): void {
    run.begin();
    this.#runs.push(run);
  }

  async #heal(): Promise<Pick<FaultsStopped, "healed" | "failed">> {
    const healed: string[] = [];
    const failed: FaultsStopped["failed"] = [];
    for (const end of this.#inForce.ends) {
      const action = describeAction(end);
      try {
        await within(action, healMs, perform(end, this.#options.verbs));
        this.#inForce.note(end);
        healed.push(action);
      } catch (error) {
        failed.push({ action, error: reportOf(error) });
      }
    }
    return { healed, failed };
  }
}
