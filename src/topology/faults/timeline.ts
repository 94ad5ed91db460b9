import { createHash } from "node:crypto";
import { formatDuration } from "../duration.ts";
import { labError } from "../errors/error.ts";
import { actionDefinition, describeAction, endOf } from "./action.ts";
import {
  type FaultAction,
  type FaultSchedule,
  type FaultStep,
  type FaultTrigger,
  type Span,
  triggerText,
} from "./schedule.ts";

export type TimelineEntry = {
  /** From the start of the run, or from the event of `after`. */
  readonly atMs: number;
  readonly after?: FaultTrigger;
  readonly action: FaultAction;
  /** Index of the step it is from. */
  readonly step: number;
};

/** More than a run of a day at one each second. */
export const maximumEntries = 100_000;

/**
 * All that a schedule does, with nothing left to chance: by event, those without one first, and by
 * time. The same seed gives the same timeline; what is drawn for a step depends on the seed and the
 * step's place alone, so that other steps may be changed.
 *
 * @param seed 0 to 2^53 - 1
 * @throws FAULTS_TOO_MANY
 */
export function timelineOf(schedule: FaultSchedule, seed: number): readonly TimelineEntry[] {
  const groups = new Map<string, TimelineEntry[]>([["", []]]);
  let count = 0;
  for (const [index, step] of schedule.steps.entries()) {
    const key = step.after === undefined ? "" : triggerText(step.after);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    for (const entry of occurrences(step, index, seed)) {
      if (++count > maximumEntries) throw labError("FAULTS_TOO_MANY", { limit: maximumEntries });
      group.push(entry);
    }
  }
  // Sorting keeps the order of the schedule where times are the same.
  return [...groups.values()].flatMap((entries) => entries.sort((a, b) => a.atMs - b.atMs));
}

function* occurrences(step: FaultStep, index: number, seed: number): Generator<TimelineEntry> {
  const { repeat, choices, lasts } = step;
  const after = step.after === undefined ? {} : { after: step.after };
  const draw = (n: number, purpose: string) => chance(`${seed} ${index} ${n} ${purpose}`);
  const times = repeat === undefined ? 1 : (repeat.times ?? Number.POSITIVE_INFINITY);
  const until = repeat?.untilMs ?? Number.POSITIVE_INFINITY;
  let atMs = within(step.at, draw(0, "at"));
  for (let n = 0; n < times && (n === 0 || atMs <= until); n++) {
    const action = choices[Math.floor(draw(n, "choice") * choices.length)] as FaultAction;
    yield { atMs, ...after, action, step: index };
    const end = lasts === undefined ? undefined : endOf(action);
    if (lasts !== undefined && end !== undefined) {
      yield { atMs: atMs + within(lasts, draw(n, "for")), ...after, action: end, step: index };
    }
    if (repeat !== undefined) atMs += within(repeat.every, draw(n, "every"));
  }
}

const within = ({ fromMs, toMs }: Span, draw: number): number => fromMs + Math.floor(draw * (toMs - fromMs + 1));

/** Evenly from 0 up to and without 1, a function of the text. */
const chance = (text: string): number => createHash("sha256").update(text).digest().readUIntBE(0, 6) / 2 ** 48;

/** A timeline for people, one line for each action: `  5s  link down r1:eth0 r2:eth0`. */
export function timelineLines(timeline: readonly TimelineEntry[]): readonly string[] {
  const width = timeline.reduce((widest, { atMs }) => Math.max(widest, formatDuration(atMs).length), 0);
  const lines: string[] = [];
  let last = "";
  for (const { atMs, after, action } of timeline) {
    const heading = after === undefined ? "" : `after ${triggerText(after)}`;
    if (heading !== last) lines.push(heading);
    last = heading;
    lines.push(`${formatDuration(atMs).padStart(width)}  ${describeAction(action)}`);
  }
  return lines;
}

/** What a log of faults begins with. The lines of its entries follow. */
export const faultLogHead = "steps:";

/**
 * A line of a log: what was done, and how long after the start of the run. Head and lines together
 * are a fault file that does the same again. A line is complete in itself, so a log can be written
 * as things happen.
 */
export function faultLogLine(atMs: number, action: FaultAction): string {
  // JSON is YAML (YAML 1.2, section 1.3). `$${` is a literal `${`, but no name holds one.
  return `  - ${JSON.stringify({ at: formatDuration(atMs), ...actionDefinition(action) })}`;
}
