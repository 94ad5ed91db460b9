import { describe, expect, it } from "vitest";
import { spansOf, type TimedEntry } from "../../web/src/lab/spans.ts";

/** What is drawn of a run of faults on its line of time. */

const entry = (step: number, atMs: number, action: string, state: TimedEntry["state"]): TimedEntry => ({
  step,
  atMs,
  action,
  state,
});
const spans = (entries: readonly TimedEntry[], nowMs?: number) =>
  spansOf(entries, 10_000, nowMs).map(({ step, fromMs, toMs, state }) => [step, fromMs, toMs, state]);

describe("the line of time of faults", () => {
  it("fills what is in force up to now, and leaves the rest to come", () => {
    const cut = [entry(0, 1000, "link down a b", "done"), entry(0, 6000, "link up a b", "planned")];
    expect(spans(cut, 4000)).toEqual([
      [0, 1000, 4000, "done"],
      [0, 4000, 6000, "planned"],
    ]);
    expect(spans(cut, 7000)).toEqual([[0, 1000, 6000, "done"]]);
  });

  it("ends at now what nothing ends, and shows a plan whole", () => {
    expect(spans([entry(0, 1000, "link down a b", "done")], 4000)).toEqual([[0, 1000, 4000, "done"]]);
    expect(spans([entry(0, 1000, "node pause a", "planned"), entry(0, 3000, "node start a", "planned")])).toEqual([
      [0, 1000, 3000, "planned"],
    ]);
    expect(spans([entry(0, 1000, "link down a b", "planned")])).toEqual([[0, 1000, 10_000, "planned"]]);
  });

  it("keeps steps and their turns apart, and draws nothing of a fault that failed", () => {
    const entries = [
      entry(0, 0, "partition split a -- b", "done"),
      entry(1, 500, "link down a b", "failed"),
      entry(0, 1000, "partition heal", "done"),
      entry(1, 2000, "link up a b", "done"),
      entry(0, 3000, "partition split a -- b", "planned"),
      entry(0, 4000, "partition heal", "planned"),
    ];
    expect(spans(entries, 2500)).toEqual([
      [0, 0, 1000, "done"],
      [0, 3000, 4000, "planned"],
    ]);
  });
});
