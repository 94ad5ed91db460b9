import { describe, expect, it } from "vitest";
import { layOut } from "../../web/src/graph/layout.ts";

const ring = (count: number) => {
  const nodes = Array.from({ length: count }, (_, index) => `n${index}`);
  return { nodes, links: nodes.map((name, index) => [name, `n${(index + 1) % count}`] as const) };
};

describe("the automatic layout", () => {
  it("places every node, apart from the others, and always the same", () => {
    const request = { ...ring(40), fixed: {} };
    const places = layOut(request);
    expect(Object.keys(places).toSorted()).toEqual([...request.nodes].toSorted());
    expect(layOut(request)).toEqual(places);
    const all = Object.values(places);
    for (const [index, one] of all.entries())
      for (const other of all.slice(index + 1))
        expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(60);
  });

  it("leaves what has a place where it is", () => {
    const fixed = { n0: { x: 1000, y: 500 }, n1: { x: 1200, y: 500 } };
    const places = layOut({ ...ring(5), fixed });
    expect(places).toMatchObject(fixed);
    expect(Math.hypot((places["n2"]?.x ?? 0) - 1200, (places["n2"]?.y ?? 0) - 500)).toBeLessThan(600);
  });

  it("takes nodes without links, links of nodes that are not there, and nothing at all", () => {
    expect(Object.keys(layOut({ nodes: ["a", "b"], links: [["a", "z"]], fixed: {} }))).toEqual(["a", "b"]);
    expect(layOut({ nodes: [], links: [], fixed: {} })).toEqual({});
  });
});
