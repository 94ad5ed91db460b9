import { describe, expect, it } from "vitest";
import { groupLimitsOf, restarts } from "../../src/topology/index.ts";
import { printLab } from "../../src/topology/print.ts";
import { codesOf, load, machine } from "./lab-text.ts";

describe("resources", () => {
  const text = `name: small
resources: { processes: 500, cpus: 2.5, memory: 1GiB, enforce: if-possible }
defaults: { node: { resources: { program-memory: 1GiB, open-files: 100 } } }
nodes:
  h1: { resources: { program-memory: 256MiB, cpus: 0.5, memory: 64MiB, processes: 40 } }
  h2: {}
  vm: { kind: appliance, disks: [{ size: 1GiB }], memory: 1GiB, resources: { memory: 2GiB } }
`;

  it("are merged limit by limit, and printed so that they are read the same", () => {
    const lab = load(text);
    expect(lab.resources).toEqual({ processes: 500, cpus: 2.5, memoryBytes: 2 ** 30, enforce: "if-possible" });
    expect(machine(lab, "h1").resources).toEqual({
      programMemoryBytes: 2 ** 28,
      openFiles: 100,
      cpus: 0.5,
      memoryBytes: 2 ** 26,
      processes: 40,
    });
    expect(lab.nodes.find(({ name }) => name === "vm")).toMatchObject({ resources: { memoryBytes: 2 ** 31 } });
    expect(machine(lab, "h2").resources).toEqual({ programMemoryBytes: 2 ** 30, openFiles: 100 });
    expect(load(printLab(lab))).toEqual(lab);
  });

  it("that need control groups are told by what they are of", () => {
    expect(groupLimitsOf(load(text)).map(({ what }) => what)).toEqual([
      ...["cpus", "memory", "processes"].map((one) => `${one} of node h1`),
      "memory of node vm",
      "cpus of the lab",
      "memory of the lab",
    ]);
  });

  it("start a node's programs anew when those of programs change", () => {
    const [h1, h2] = [machine(load(text), "h1"), machine(load(text), "h2")];
    expect(restarts(h1, { ...h1, resources: { openFiles: 50 } })).toBe(true);
    expect(restarts(h1, { ...h1, resources: { ...h1.resources, memoryBytes: 1 } })).toBe(false);
    expect(restarts(h2, h2)).toBe(false);
  });

  it("take only what can be enforced", () => {
    expect(codesOf("nodes: { h1: { resources: { cpus: 0 } } }")).toEqual(["WRONG_VALUE"]);
    expect(codesOf("nodes: { h1: { resources: { memory: 64 } } }")).toEqual(["WRONG_VALUE"]);
    expect(codesOf("nodes: { h1: { kind: switch, resources: { cpus: 1 } } }")).toEqual(["UNKNOWN_KEY"]);
    expect(codesOf("nodes: { h1: { resources: { program-memory: 5 } } }")).toEqual(["WRONG_VALUE"]);
    expect(codesOf("resources: { processes: 3 }")).toEqual(["WRONG_VALUE"]);
    const container = "nodes: { h1: { engine: container, image: docker://x, resources: { open-files: 99 } } }";
    expect(codesOf(`${container}\nresources: { cpus: 1 }`)).toEqual(["RESOURCES_OF_LAB_WITH_CONTAINERS"]);
    expect(load(`${container}\nresources: { cpus: 1, enforce: if-possible }`).resources).toMatchObject({ cpus: 1 });
  });
});
