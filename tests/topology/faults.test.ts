import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LabFileError, type NetwrightError } from "../../src/topology/errors/error.ts";
import { loadFaults } from "../../src/topology/faults/load.ts";
import type { FaultSchedule } from "../../src/topology/faults/schedule.ts";
import {
  faultLogHead,
  faultLogLine,
  type TimelineEntry,
  timelineLines,
  timelineOf,
} from "../../src/topology/faults/timeline.ts";
import { presets } from "../../src/topology/impairment/presets.ts";
import { arbitraryImpairment } from "./arbitrary/impairment.ts";
import { load } from "./lab-text.ts";

const lab = load(`
name: demo
nodes: {h1: , r1: {kind: router}, r2: {kind: router}, s1: {kind: switch}}
links: [[h1, r1], [r1, r2], [r2, s1]]
processes: {web: {node: h1, command: [sleep, infinity]}}
`);

const read = (text: string): FaultSchedule => loadFaults(text, "faults.yaml", lab);
const linesOf = (text: string, seed = 1): readonly string[] => timelineLines(timelineOf(read(text), seed));
const errorsOf = (text: string): readonly NetwrightError[] => {
  try {
    timelineOf(read(text), 1);
  } catch (error) {
    if (error instanceof LabFileError) return error.errors;
    return [error as NetwrightError];
  }
  return [];
};
const oneStep = (step: string): string => `steps: [{${step}}]`;

test("steps at times and after events, each undone after a while", () => {
  const text = `
seed: 7
steps:
  - {at: 10s, do: partition split h1 r1 -- r1 r2, for: 5s}
  - {at: 2s, do: link down r1 r2, every: 3s, times: 3, for: 1s}
  - {do: "node kill r1", after: process web ready, at: 500ms}
  - {at: 4s, do: "link set h1:eth0", impairment: {preset: 4g, from: {r1: {loss: 1%}}}}
  - {do: node pause h1, after: process web ready, for: 1s}
`;
  expect(read(text).seed).toBe(7);
  expect(linesOf(text)).toEqual([
    "   2s  link down r1:eth1 r2:eth0",
    "   3s  link up r1:eth1 r2:eth0",
    "   4s  link set h1:eth0 r1:eth0: h1:eth0 sends delay 10.5ms, jitter 5ms, loss 0.2%, rate 7600kbit, queue 237500b; r1:eth0 sends delay 10.5ms, jitter 5ms, loss 1%, rate 29500kbit, queue 921875b",
    "   5s  link down r1:eth1 r2:eth0",
    "   6s  link up r1:eth1 r2:eth0",
    "   8s  link down r1:eth1 r2:eth0",
    "   9s  link up r1:eth1 r2:eth0",
    "  10s  partition split h1 r1 -- r1 r2",
    "  15s  partition heal",
    "after process web ready",
    "   0s  node pause h1",
    "500ms  node kill r1",
    "   1s  node start h1",
  ]);
  const [, , set] = timelineOf(read(text), 1);
  expect(set?.action).toEqual({
    do: "link.set",
    link: "h1:eth0 — r1:eth0",
    impairments: { ab: presets["4g"].up, ba: { ...presets["4g"].down, loss: { uniform: 0.01 } } },
  });
});

describe("what ends a fault", () => {
  test.each([
    ["link down r1 r2", "link up r1:eth1 r2:eth0"],
    ["node stop r1", "node start r1"],
    ["node pause r1", "node start r1"],
    ["node kill r1", "node start r1"],
    ["partition isolate h1", "partition heal"],
  ])("%s", (action, end) => {
    expect(linesOf(oneStep(`do: ${action}, for: 1s`))[1]).toBe(`1s  ${end}`);
  });

  test("link set", () => {
    const text = oneStep("do: link set r1 r2, impairment: {delay: 1ms}, for: 1s");
    expect(linesOf(text)[1]).toBe("1s  link clear r1:eth1 r2:eth0");
  });
});

test("every and until", () => {
  const times = timelineOf(read(oneStep("at: 1s, every: 2s, until: 6s, do: node restart r1")), 1);
  expect(times.map(({ atMs }) => atMs)).toEqual([1000, 3000, 5000]);
  const both = timelineOf(read(oneStep("at: 1s, every: 2s, until: 6s, times: 2, do: node restart r1")), 1);
  expect(both.map(({ atMs }) => atMs)).toEqual([1000, 3000]);
});

describe("chance", () => {
  const text = oneStep(
    "at: 1s..2s, every: 100ms..300ms, times: 200, for: 10ms..20ms, one-of: [link down r1 r2, node kill h1, partition halves]",
  );

  test("stays within its bounds, reaches them all, and repeats with its seed", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (seed) => {
        const timeline = timelineOf(read(text), seed);
        expect(timelineOf(read(text), seed)).toEqual(timeline);
        const begun = timeline.filter(({ action }) => !isEnd(action));
        expect(begun).toHaveLength(200);
        expect(new Set(begun.map(({ action }) => action.do))).toEqual(new Set(["link.down", "node.kill", "partition"]));
        expect(begun[0]?.atMs).toBeGreaterThanOrEqual(1000);
        expect(begun[0]?.atMs).toBeLessThanOrEqual(2000);
        const gaps = begun.slice(1).map(({ atMs }, index) => atMs - (begun[index] as TimelineEntry).atMs);
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(100);
        expect(Math.max(...gaps)).toBeLessThanOrEqual(300);
        expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(150);
        const ends = timeline.filter(({ action }) => isEnd(action));
        expect(ends).toHaveLength(200);
        for (const [index, { atMs }] of ends.entries()) {
          const lasted = atMs - (begun[index] as TimelineEntry).atMs;
          expect(lasted).toBeGreaterThanOrEqual(10);
          expect(lasted).toBeLessThanOrEqual(20);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("differs from seed to seed, and is not changed by other steps", () => {
    const timeline = timelineOf(read(text), 1);
    expect(timelineOf(read(text), 2)).not.toEqual(timeline);
    const more = text.replace(/\]$/, ", {at: 7s..9s, do: node stop r2}]");
    expect(timelineOf(read(more), 1).filter(({ step }) => step === 0)).toEqual(timeline);
  });
});

const isEnd = (action: TimelineEntry["action"]): boolean =>
  action.do === "link.up" ||
  action.do === "node.start" ||
  (action.do === "partition" && action.partition.kind === "healed");

type Done = Pick<TimelineEntry, "atMs" | "action">;

test("the log of a run is a fault file that does the same again", () => {
  const link = "r1:eth1 — r2:eth0";
  const action = fc.oneof(
    fc.constantFrom(
      ...["link down r1 r2", "link clear r1 r2", "link up h1", "node stop h1", "node restart r1"],
      ...["partition isolate h1", "partition one-way r1 -> r2", "partition majority", "partition heal"],
    ),
    fc.record({ ab: arbitraryImpairment, ba: arbitraryImpairment }, { requiredKeys: [] }).map((impairments) => ({
      do: "link.set" as const,
      link,
      impairments: Object.fromEntries(Object.entries(impairments).filter(([, one]) => Object.keys(one).length > 0)),
    })),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(1e8), action), { minLength: 1 }), (drawn) => {
      const done = drawn
        .flatMap(([atMs, one]): Done[] => {
          if (typeof one !== "string") return [{ atMs, action: one }];
          const text = one.replace(/up h1$/, "up h1 r1").replace("majority", "halves");
          return timelineOf(read(oneStep(`do: "${text}"`)), 1).map((entry) => ({ atMs, action: entry.action }));
        })
        .sort((a, b) => a.atMs - b.atMs);
      const log = [faultLogHead, ...done.map((entry) => faultLogLine(entry.atMs, entry.action))].join("\n");
      const replayed = timelineOf(read(log), 99).map(({ atMs, action }) => ({ atMs, action }));
      expect(replayed).toEqual(done);
    }),
    { numRuns: 300 },
  );
});

describe("what is refused", () => {
  test.each([
    ["do: link down r1 r9", "LINK_NOT_FOUND"],
    ["do: node kill r9", "NODE_NOT_FOUND"],
    ["do: node kill s1", "NODE_HAS_NO_PROCESSES"],
    ["do: partition isolate r9", "NODE_NOT_FOUND"],
    ["do: partition disjoint h1 -- r1", "PARTITION_INCOMPLETE"],
    ["do: link cut r1 r2", "FAULT_ACTION_INVALID"],
    ["do: link down", "FAULT_ACTION_INVALID"],
    ["do: node kill r1 r2", "FAULT_ACTION_INVALID"],
    ["do: partition", "FAULT_ACTION_INVALID"],
    ["do: rm -rf /", "FAULT_ACTION_INVALID"],
    ["at: 1s", "FAULT_STEP_INVALID"],
    ["one-of: []", "FAULT_STEP_INVALID"],
    ["do: node kill r1, one-of: [node kill r2]", "FAULT_STEP_INVALID"],
    ["do: node kill r1, every: 1s", "FAULT_STEP_INVALID"],
    ["do: node kill r1, times: 2", "FAULT_STEP_INVALID"],
    ["do: node start r1, for: 1s", "FAULT_STEP_INVALID"],
    ["do: node kill r1, impairment: {delay: 1ms}", "FAULT_STEP_INVALID"],
    ["do: link set r1 r2", "FAULT_STEP_INVALID"],
    ["do: link set r1 r2, impairment: {delay: -1ms}", "IMPAIRMENT_OUT_OF_RANGE"],
    ["do: link set r1 r2, impairment: {from: {h1: {delay: 1ms}}}", "IMPAIRMENT_SENDER_UNKNOWN"],
    ["do: link set r1 r2, impairment: {from: {r1: {lag: 1ms}}}", "UNKNOWN_KEY"],
    ["do: node kill r1, after: process db ready", "PROCESS_NOT_FOUND"],
    ["do: node kill r1, after: node r9 started", "NODE_NOT_FOUND"],
    ["do: node kill r1, after: process web happy", "FAULT_TRIGGER_INVALID"],
    ["do: node kill r1, after: lunch", "FAULT_TRIGGER_INVALID"],
    ["do: node kill r1, at: 5s..2s", "FAULT_TIME_INVALID"],
    ["do: node kill r1, every: 0s, until: 5s", "FAULT_TIME_INVALID"],
    ["do: node kill r1, at: soon", "WRONG_VALUE"],
    ["do: node kill r1, at: 5", "WRONG_VALUE"],
    ["do: node kill r1, times: 0, every: 1s", "WRONG_VALUE"],
    ["do: node kill r1, whenever: 1s", "UNKNOWN_KEY"],
    ["do: node kill r1, every: 1ms, until: 24h", "FAULTS_TOO_MANY"],
  ])("%s", (step, code) => {
    expect(errorsOf(oneStep(step)).map((error) => error.code)).toEqual([code]);
  });

  test.each(["[]", "{}", "steps: 3", "seed: 1.5\nsteps: []", "steps: [7]", "steps: [null]"])("%s", (text) => {
    expect(errorsOf(text).map((error) => error.code)).toEqual(["WRONG_VALUE"]);
  });

  test("with its place in the file, all at once", () => {
    const errors = errorsOf(
      "steps:\n  - {do: node kill r9}\n  - {do: node kill r8, at: soon}\n  - {do: link down r1 r2, at: 3s..1s}\n",
    );
    expect(errors.map(({ at, code }) => `${code} ${at?.line}:${at?.column}`)).toEqual([
      "NODE_NOT_FOUND 2:10",
      "WRONG_VALUE 3:28",
      "FAULT_TIME_INVALID 4:31",
    ]);
  });
});
