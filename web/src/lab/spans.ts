import type { FaultTimeline } from "../../../src/api/index.ts";

type Entry = FaultTimeline["entries"][number];
export type TimedEntry = Entry & { readonly atMs: number };

/** A part of the time in which a fault is in force; `planned`: is to be. */
export type Span = {
  readonly step: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly state: "planned" | "done";
};

/**
 * From each fault to what ends it: two of the same step, one after the other, of which the second is an end.
 *
 * @param untilMs where the line of time ends, and with it what nothing ends
 * @param nowMs how far the run is: what is done is so up to now, and to be so after; undefined for what is only planned
 */
export function spansOf(entries: readonly TimedEntry[], untilMs: number, nowMs: number | undefined): readonly Span[] {
  const open = new Map<number, TimedEntry[]>();
  const spans: Span[] = [];
  const add = ({ step, atMs, state }: TimedEntry, endMs: number | undefined) => {
    if (state === "failed") return;
    const toMs = endMs ?? untilMs;
    if (state === "planned" || nowMs === undefined) spans.push({ step, fromMs: atMs, toMs, state });
    else {
      spans.push({ step, fromMs: atMs, toMs: Math.min(toMs, Math.max(atMs, nowMs)), state });
      if (endMs !== undefined && endMs > nowMs) spans.push({ step, fromMs: nowMs, toMs: endMs, state: "planned" });
    }
  };
  for (const entry of entries.toSorted((a, b) => a.atMs - b.atMs)) {
    const begun = open.get(entry.step) ?? [];
    open.set(entry.step, begun);
    const isEnd = /^(?:link (?:up|clear)|node (?:start|restart)|partition heal)\b/.test(entry.action);
    if (!isEnd) begun.push(entry);
    else {
      const first = begun.shift();
      if (first !== undefined) add(first, entry.atMs);
    }
  }
  for (const entry of [...open.values()].flat()) add(entry, undefined);
  return spans;
}
