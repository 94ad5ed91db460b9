import { type FaultTrigger, type TimelineEntry, triggerText } from "../../topology/index.ts";

/** A fault whose time is known, in milliseconds from the start of the run. */
export type Due = { readonly dueMs: number; readonly entry: TimelineEntry };

type Waiting = { readonly trigger: FaultTrigger; readonly entries: TimelineEntry[] };

/** What of a timeline is still to come: at times, and after events that have not happened yet. */
export class Agenda {
  /** The latest first. */
  #due: Due[] = [];
  readonly #waiting = new Map<string, Waiting>();

  constructor(timeline: readonly TimelineEntry[]) {
    for (const entry of timeline) {
      if (entry.after === undefined) this.#due.push({ dueMs: entry.atMs, entry });
      else {
        const key = triggerText(entry.after);
        const waiting = this.#waiting.get(key) ?? { trigger: entry.after, entries: [] };
        waiting.entries.push(entry);
        this.#waiting.set(key, waiting);
      }
    }
    this.#due.reverse();
  }

  /** The events that have not happened yet. */
  get waitingFor(): readonly FaultTrigger[] {
    return [...this.#waiting.values()].map(({ trigger }) => trigger);
  }

  get next(): Due | undefined {
    return this.#due.at(-1);
  }

  /** Takes `next` off. */
  take(): void {
    this.#due.pop();
  }

  /** Says that an event has happened, whole milliseconds after the start of the run: the times of what waits for it are known. */
  happened(trigger: FaultTrigger, atMs: number): void {
    const key = triggerText(trigger);
    const entries = this.#waiting.get(key)?.entries ?? [];
    this.#waiting.delete(key);
    const known = entries.map((entry) => ({ dueMs: atMs + entry.atMs, entry }));
    // What was there first comes first where times are the same: sorting keeps their order.
    this.#due = [...this.#due.toReversed(), ...known].sort((a, b) => a.dueMs - b.dueMs).reverse();
  }
}
