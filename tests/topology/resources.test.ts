import { describe, expect, it } from "vitest";
import { restarts } from "../../src/topology/index.ts";
import { printLab } from "../../src/topology/print.ts";
import { codesOf, load, machine } from "./lab-text.ts";

describe("resources", () => {
  const text = `name: small
resources: { processes: 500 }
defaults: { node: { resources: { program-memory: 1GiB, open-files: 100 } } }
nodes: { h1: { resources: { program-memory: 256MiB } }, h2: {} }
`;

  it("are merged limit by limit, and printed so that they are read the same", () => {
    const lab = load(text);
    expect(lab.resources).toEqual({ processes: 500 });
    expect(machine(lab, "h1").resources).toEqual({ programMemoryBytes: 2 ** 28, openFiles: 100 });
    expect(machine(lab, "h2").resources).toEqual({ programMemoryBytes: 2 ** 30, openFiles: 100 });
    expect(load(printLab(lab))).toEqual(lab);
  });

  it("start a node's programs anew when they change", () => {
    const [h1, h2] = [machine(load(text), "h1"), machine(load(text), "h2")];
    expect(restarts(h1, { ...h1, resources: { openFiles: 50 } })).toBe(true);
    expect(restarts(h2, h2)).toBe(false);
  });

  it("take only what can be enforced", () => {
    expect(codesOf("nodes: { h1: { resources: { cpus: 1 } } }")).toEqual(["UNKNOWN_KEY"]);
    expect(codesOf("nodes: { h1: { resources: { program-memory: 5 } } }")).toEqual(["WRONG_VALUE"]);
    expect(codesOf("resources: { processes: 3 }")).toEqual(["WRONG_VALUE"]);
    expect(codesOf("nodes: { h1: { engine: container, image: docker://x, resources: { open-files: 99 } } }")).toEqual([
      "RESOURCES_OF_CONTAINER",
    ]);
  });
});
