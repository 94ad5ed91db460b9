import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { faultsDefinition } from "../../src/topology/faults/definition.ts";
import { FaultsInForce } from "../../src/topology/faults/in-force.ts";
import { loadFaults } from "../../src/topology/faults/load.ts";
import type { FaultAction } from "../../src/topology/faults/schedule.ts";
import { timelineLines, timelineOf } from "../../src/topology/faults/timeline.ts";
import type { Lab } from "../../src/topology/model.ts";
import { plan } from "../../src/topology/plan/plan.ts";
import { printLab } from "../../src/topology/print.ts";
import { errorsOf, load } from "./lab-text.ts";

/** Faults under `faults:` in the lab file. */
const base = `
name: demo
variables: { victim: r1 }
nodes: {h1: , r1: {kind: router}, r2: {kind: router}, s1: {kind: switch}}
links: [[h1, r1], [r1, r2], [r2, s1]]
processes: {web: {node: h1, command: [sleep, infinity]}}
`;
const withFaults = (steps: string): string => `${base}faults:\n  seed: 3\n  steps:\n${steps}\n`;
const bare: Lab = load(base);

test("are read with the lab, variables and all, and are no part of a plan", () => {
  const lab = load(withFaults("    - {at: 1s, do: 'node kill ${victim}', after: process web ready}"));
  expect(lab.faults).toEqual({
    seed: 3,
    steps: [
      {
        after: { process: "web", event: "ready" },
        at: { fromMs: 1000, toMs: 1000 },
        choices: [{ do: "node.kill", node: "r1" }],
      },
    ],
  });
  expect(plan(lab, bare)).toEqual([]);
  expect(plan(lab, undefined)).toEqual(plan(bare, undefined));
});

test("a fault file and the lab file say the same", () => {
  const steps = "- {at: 1s..2s, every: 3s, until: 10s, one-of: [link down h1 r1, partition halves], for: 100ms}";
  expect(load(withFaults(`    ${steps}`)).faults).toEqual(
    loadFaults(`seed: 3\nsteps:\n  ${steps}\n`, "faults.yaml", bare),
  );
});

const span = fc.constantFrom("0s", "1500ms", "2s", "1s..2s", "10ms..1h");
const step = fc.record(
  {
    at: span,
    after: fc.constantFrom("process web ready", "process web exited", "node r1 started", "node h1 failed"),
    for: span,
    repeat: fc.constantFrom({ times: 3 }, { until: "1m" }, { times: 2, until: "5s" }),
    actions: fc.uniqueArray(
      fc.constantFrom(
        ...["link down h1 r1", "link set h1 r1", "link set r1 r2", "node kill r1", "node pause h1"],
        ...["partition isolate h1", "partition split h1 r1 -- r1 r2", "partition one-way h1 -> r1"],
      ),
      { minLength: 1, maxLength: 3 },
    ),
    impairment: fc.constantFrom(
      { delay: "20ms" },
      { preset: "4g" },
      { loss: { p: "1%", r: "20%" }, rate: "1mbit", queue: "64kb" },
      { delay: "10ms", from: { r1: { delay: "20ms", jitter: "1ms" } } },
      {},
    ),
  },
  { requiredKeys: ["actions", "impairment", "repeat"] },
);

test("a printed lab loads with the same faults", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4 }), fc.option(fc.maxSafeNat()), (drawn, seed) => {
      const steps = drawn.map(({ actions, impairment, repeat, ...rest }, index) => ({
        ...rest,
        ...(index % 2 === 0 ? {} : { every: "1s..3s", ...repeat }),
        ...(actions.length === 1 ? { do: actions[0] } : { "one-of": actions }),
        ...(actions.some((action) => action.startsWith("link set")) ? { impairment } : {}),
      }));
      const faults = JSON.stringify({ ...(seed === null ? {} : { seed }), steps });
      const lab = load(`${base}faults: ${faults}\n`);
      expect(lab.faults?.steps).toHaveLength(steps.length);
      const printed = load(printLab(lab));
      expect(printed).toEqual(lab);
      if (lab.faults === undefined) throw new Error("no faults");
      const file = JSON.stringify(faultsDefinition(lab.faults));
      expect(loadFaults(file, "faults.yaml", bare)).toEqual(lab.faults);
    }),
    { numRuns: 300 },
  );
});

describe("what is wrong", () => {
  test.each([
    ["- {do: node kill r9}", ["NODE_NOT_FOUND 10:12"]],
    [
      "- {do: link down r1 r9}\n    - {do: partition isolate s1}",
      ["LINK_NOT_FOUND 10:12", "PARTITION_OF_SWITCH 11:12"],
    ],
    ["- {do: node kill r1, after: process db ready}", ["PROCESS_NOT_FOUND 10:33"]],
    ["- {do: node kill r1, evry: 1s}", ["UNKNOWN_KEY 10:26"]],
    ["- {at: soon, do: node kill r9}\n    - {do: node kill r8}", ["WRONG_VALUE 10:12", "NODE_NOT_FOUND 11:12"]],
    ["- {at: 1s}", ["FAULT_STEP_INVALID 10:7"]],
    ["- {do: node kill r1, every: 1ms, until: 2h}", ["FAULTS_TOO_MANY 10:5"]],
    ["- {do: link set r1 r2, impairment: {from: {h1: {delay: 1ms}}}}", ["IMPAIRMENT_SENDER_UNKNOWN 10:52"]],
    ["- {do: link set r1 r2, impairment: {loss: 200%}}", ["IMPAIRMENT_OUT_OF_RANGE 10:47"]],
  ])("%s", (steps, expected) => {
    const errors = errorsOf(withFaults(`    ${steps}`));
    expect(errors.map(({ code, at }) => `${code} ${at?.line}:${at?.column}`)).toEqual(expected);
    expect(errors.map(({ exitCode }) => exitCode)).toEqual(expected.map(() => 2));
  });

  test.each(["faults: 3", "faults: []", "faults: {steps: 3}", "faults: {steps: [3]}"])("%s", (text) => {
    expect(errorsOf(`${base}${text}\n`).map(({ code }) => code)).toEqual(["WRONG_VALUE"]);
  });

  test("nothing is missing twice: what is wrong with a node is not said again of its faults", () => {
    const text = withFaults("    - {do: node kill r3}\n    - {do: link cut r1 r2}\n").replace(
      "s1: {kind: switch}",
      "s1: {kind: switch}, r3: {kind: rooter}",
    );
    expect(errorsOf(text).map(({ code }) => code)).toEqual(["BAD_CHOICE", "FAULT_ACTION_INVALID"]);
  });
});

test("one setting for links of which one is drawn names ends of any of them", () => {
  const schedule = loadFaults(
    "steps: [{one-of: [link set h1 r1, link set r1 r2], impairment: {from: {h1: {delay: 1ms}, r2: {loss: 1%}}}}]",
    "faults.yaml",
    bare,
  );
  expect(schedule.steps[0]?.choices).toEqual([
    { do: "link.set", link: "h1:eth0 — r1:eth0", impairments: { ab: { delayMs: 1 } } },
    { do: "link.set", link: "r1:eth1 — r2:eth0", impairments: { ba: { loss: { uniform: 0.01 } } } },
  ]);
});

test("what was set on a link that the lab file impairs ends in that", () => {
  const lab = load(`${base.replace("[h1, r1]", "{endpoints: [h1, r1], impairment: {delay: 20ms}}")}`);
  const schedule = loadFaults("steps: [{do: link set h1 r1, impairment: {loss: 5%}, for: 2s}]", "faults.yaml", lab);
  expect(timelineLines(timelineOf(schedule, 1))).toEqual([
    "0s  link set h1:eth0 r1:eth0: h1:eth0 sends loss 5%; r1:eth0 sends loss 5%",
    "2s  link set h1:eth0 r1:eth0: h1:eth0 sends delay 20ms; r1:eth0 sends delay 20ms",
  ]);
  expect(load(printLab({ ...lab, faults: schedule })).faults).toEqual(schedule);
});

test("a file of no steps, such as the log of a run that was stopped before its first fault, does nothing", () => {
  expect(loadFaults("seed: 4\nsteps:\n", "faults.yaml", bare)).toEqual({ seed: 4, steps: [] });
});

describe("what is still in force", () => {
  const link = "h1:eth0 — r1:eth0";
  const set: FaultAction = { do: "link.set", link, impairments: { ab: { delayMs: 1 } } };
  const own = { ba: { delayMs: 20 } };
  const split: FaultAction = {
    do: "partition",
    partition: { kind: "groups", groups: [["h1"], ["r1"]] },
    words: ["split", "h1", "--", "r1"],
  };
  const heal: FaultAction = { do: "partition", partition: { kind: "healed" }, words: ["heal"] };

  test.each<[string, readonly FaultAction[], readonly FaultAction["do"][]]>([
    ["nothing was done", [], []],
    ["ends come in reverse order", [{ do: "link.down", link }, set, split], ["partition", "link.clear", "link.up"]],
    ["what was ended", [{ do: "link.down", link }, set, { do: "link.up", link }], ["link.clear"]],
    ["setting nothing clears", [set, { do: "link.set", link, impairments: {} }], []],
    ["what the lab file has ends it", [set, { do: "link.set", link, impairments: own, own }], []],
    ["an end is what the lab file has", [{ ...set, own }], ["link.set"]],
    [
      "one of a kind",
      [
        { do: "node.pause", node: "r1" },
        { do: "node.kill", node: "r1" },
      ],
      ["node.start"],
    ],
    [
      "a restart starts",
      [
        { do: "node.stop", node: "r1" },
        { do: "node.restart", node: "r1" },
      ],
      [],
    ],
    ["a healed partition", [split, heal], []],
    [
      "others stay",
      [
        { do: "node.stop", node: "r1" },
        { do: "node.start", node: "r2" },
      ],
      ["node.start"],
    ],
  ])("%s", (_, done, ends) => {
    const inForce = new FaultsInForce();
    for (const action of done) inForce.note(action);
    expect(inForce.ends.map((action) => action.do)).toEqual(ends);
  });
});
