import { closeSync, openSync, writeSync } from "node:fs";
import type { FaultReport, FaultTimeline, LabEvent, FaultRun as RunStatus } from "../../api/index.ts";
import { within } from "../../engines/index.ts";
import {
  describeAction,
  type FaultAction,
  type FaultSchedule,
  type FaultsInForce,
  faultLogHead,
  faultLogLine,
  type Lab,
  labError,
  type TimelineEntry,
  timelineOf,
  triggerText,
} from "../../topology/index.ts";
import { reportOf } from "../error-report.ts";
import type { EventLog } from "../events.ts";
import { Feed } from "../feed.ts";
import { pause } from "../pause.ts";
import { Agenda, type Due } from "./agenda.ts";
import { isTriggered } from "./trigger.ts";
import { type FaultVerbs, perform } from "./verbs.ts";

export type RunOptions = {
  readonly number: number;
  /** The file the schedule came from. */
  readonly name: string;
  readonly schedule: FaultSchedule;
  readonly seed: number;
  /** Whose names the schedule uses. */
  readonly lab: Lab;
  readonly verbs: FaultVerbs;
  readonly events: EventLog;
  /** A file to make. */
  readonly log: string;
  /** Told of all that is done. */
  readonly inForce: FaultsInForce;
};

type Outcome = NonNullable<RunStatus["outcome"]>;

/** A node that starts waits for its services and startup commands. */
const actionMs = 5 * 60_000;
/** setTimeout takes no more. */
const longestMs = 2 ** 31 - 1;

/**
 * One run of a fault schedule: does each action at its time, one after the other, and goes on when one
 * fails. Times count from `begin` and not from one another, so that they do not drift; an action that
 * takes long makes those after it late, which the events tell, and the run catches up.
 *
 * Events are heard from the making of the run on. One that happens before `begin` counts as having
 * happened at the start.
 */
export class FaultRun {
  readonly options: RunOptions;
  readonly reports = new Feed<FaultReport>();
  readonly #agenda: Agenda;
  readonly #timeline: readonly TimelineEntry[];
  /** When events have happened that entries wait for. */
  readonly #happened = new Map<string, number>();
  readonly #performed = new Map<TimelineEntry, { readonly lateMs: number; readonly error?: string }>();
  readonly #unsubscribe: () => void;
  readonly #ended = Promise.withResolvers<void>();
  #alarm = new AbortController();
  #startedAt: Date | undefined;
  #startMs = 0;
  #endMs: number | undefined;
  #outcome: Outcome | undefined;
  #isStopping = false;
  #log: number | undefined;
  #done = 0;
  #failed = 0;

  /** @throws FAULTS_TOO_MANY */
  constructor(options: RunOptions) {
    this.options = options;
    const timeline = timelineOf(options.schedule, options.seed);
    this.#agenda = new Agenda(timeline);
    this.#timeline = timeline;
    this.#unsubscribe = options.events.subscribe((event) => this.#hear(event));
  }

  get isRunning(): boolean {
    return this.#outcome === undefined;
  }

  /** Resolves when it has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get status(): RunStatus {
    const { number, name, seed, log } = this.options;
    const { next } = this.#agenda;
    const nowMs = this.#now();
    return {
      number,
      name,
      seed,
      state: this.isRunning ? "running" : "ended",
      ...(this.#outcome === undefined ? {} : { outcome: this.#outcome }),
      startedAt: (this.#startedAt ?? new Date()).toISOString(),
      elapsedMs: Math.round(this.#endMs ?? nowMs),
      total: this.#timeline.length,
      done: this.#done,
      failed: this.#failed,
      ...(next === undefined || !this.isRunning
        ? {}
        : { next: { inMs: Math.max(0, Math.round(next.dueMs - nowMs)), action: describeAction(next.entry.action) } }),
      waitingFor: this.isRunning ? this.#agenda.waitingFor.map(triggerText) : [],
      log,
    };
  }

  /** Its faults with what has become of them, the first `most`. */
  timeline(most: number): FaultTimeline["entries"] {
    return this.#timeline.slice(0, most).map((entry) => {
      const { atMs, after, action, step } = entry;
      const trigger = after === undefined ? undefined : triggerText(after);
      const from = trigger === undefined ? 0 : this.#happened.get(trigger);
      const performed = this.#performed.get(entry);
      return {
        ...(from === undefined ? {} : { atMs: from + atMs }),
        ...(trigger === undefined ? {} : { after: trigger }),
        action: describeAction(action),
        step,
        state: performed === undefined ? "planned" : performed.error === undefined ? "done" : "failed",
        ...performed,
      };
    });
  }

  /** Makes what its faults need, which would otherwise make them late. @throws MEDIUM_IMPOSSIBLE */
  async prepare(): Promise<void> {
    const { schedule, verbs } = this.options;
    for (const action of schedule.steps.flatMap(({ choices }) => choices))
      if (action.do === "link.set") await verbs.prepareLink(action.link, action.impairments);
  }

  /** Starts the clock. @throws FAULTS_LOG_FAILED */
  begin(): void {
    if (!this.isRunning) return;
    const { events, name, number, seed, log, lab } = this.options;
    this.#log = openLog(log);
    const head = `seed: ${seed}\n${faultLogHead}\n`;
    writeSync(this.#log, head);
    this.#startedAt = new Date();
    this.#startMs = performance.now();
    const data = { run: number, file: name, seed, total: this.#timeline.length, log };
    events.record("fault.run.started", lab.name, `Fault run ${number} (${name}, seed ${seed}) starts`, data);
    this.reports.push({ type: "started", run: this.status, head });
    this.#follow().catch((error: unknown) => this.#end("failure", error));
  }

  /** Ends it before its end; an action that is under way is finished first. What is in force stays. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.abort();
    await this.ended;
  }

  /** Ends it at once: the lab goes away. */
  abandon(): void {
    this.#end("stopped");
  }

  /** Milliseconds from the start of the run. */
  #now(): number {
    return this.#startedAt === undefined ? 0 : performance.now() - this.#startMs;
  }

  #hear(event: LabEvent): void {
    for (const trigger of this.#agenda.waitingFor) {
      if (!isTriggered(trigger, event, this.options.lab)) continue;
      const atMs = Math.ceil(this.#now());
      this.#happened.set(triggerText(trigger), atMs);
      this.#agenda.happened(trigger, atMs);
      this.#alarm.abort();
    }
  }

  async #follow(): Promise<void> {
    while (this.isRunning && !this.#isStopping) {
      const { next } = this.#agenda;
      if (next === undefined && this.#agenda.waitingFor.length === 0) break;
      const waitMs = next === undefined ? longestMs : next.dueMs - this.#now();
      if (next !== undefined && waitMs <= 0) {
        this.#agenda.take();
        await this.#perform(next);
      } else {
        this.#alarm = new AbortController();
        await pause(Math.min(Math.ceil(waitMs), longestMs), this.#alarm.signal);
      }
    }
    this.#end(this.#isStopping ? "stopped" : this.#failed > 0 ? "failure" : "success");
  }

  async #perform({ dueMs, entry }: Due): Promise<void> {
    const { action } = entry;
    const { verbs, events, inForce, number } = this.options;
    const lateMs = Math.round((this.#now() - dueMs) * 10) / 10;
    const text = describeAction(action);
    const line = faultLogLine(dueMs, action);
    const data = { run: number, atMs: dueMs, lateMs, action: text };
    try {
      await within(text, actionMs, perform(action, verbs));
    } catch (error) {
      if (!this.isRunning) return;
      const report = reportOf(error);
      this.#failed += 1;
      this.#performed.set(entry, { lateMs, error: report.message });
      const comment = `  # ${line.trim()} failed: ${report.code}`;
      this.#write(comment);
      events.record("fault.failed", subjectOf(action, this.options.lab), `${text} failed: ${report.message}`, {
        ...data,
        error: report,
      });
      this.reports.push({ type: "failed", atMs: dueMs, lateMs, action: text, line: comment, error: report });
      return;
    }
    inForce.note(action);
    if (!this.isRunning) return;
    this.#done += 1;
    this.#performed.set(entry, { lateMs });
    this.#write(line);
    events.record("fault.done", subjectOf(action, this.options.lab), text, data);
    this.reports.push({ type: "done", atMs: dueMs, lateMs, action: text, line });
  }

  /** At once, so that the log is whole whatever happens next. */
  #write(line: string): void {
    if (this.#log !== undefined) writeSync(this.#log, `${line}\n`);
  }

  #end(outcome: Outcome, error?: unknown): void {
    if (!this.isRunning) return;
    const { events, number, lab, inForce } = this.options;
    this.#unsubscribe();
    this.#endMs = this.#now();
    this.#outcome = outcome;
    if (this.#log !== undefined) closeSync(this.#log);
    this.#log = undefined;
    const [done, failed, why] = [this.#done, this.#failed, error === undefined ? "" : `: ${reportOf(error).message}`];
    // One that never began has nothing to tell.
    if (this.#startedAt !== undefined) {
      const how = outcome === "stopped" ? "was stopped" : `ended in ${outcome}`;
      const counts = `${done} done, ${failed} failed`;
      events.record("fault.run.ended", lab.name, `Fault run ${number} ${how} (${counts})${why}`, {
        run: number,
        outcome,
        done,
        failed,
      });
    }
    this.reports.push({ type: "ended", run: this.status, inForce: inForce.ends.map(describeAction) });
    this.reports.close();
    this.#alarm.abort();
    this.#ended.resolve();
  }
}

function openLog(file: string): number {
  try {
    return openSync(file, "w", 0o644);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw labError("FAULTS_LOG_FAILED", { file, reason }, { cause: error });
  }
}

/** The node, link or lab that it is done to. */
function subjectOf(action: FaultAction, lab: Lab): string {
  if ("link" in action) return action.link;
  return "node" in action ? action.node : lab.name;
}
