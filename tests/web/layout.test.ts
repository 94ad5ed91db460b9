import { describe, expect, it } from "vitest";
import { shiftInto } from "../../web/src/graph/inside.ts";
import { spotsOf } from "../../web/src/graph/label-spots.ts";
import { layOut } from "../../web/src/graph/layout.ts";
import { along, shapeOf } from "../../web/src/graph/link-shape.ts";
import { freePlace } from "../../web/src/topology/suggestions.ts";

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

const zero = { x: 0, y: 0 };

describe("a node that is added", () => {
  it("stands on no link, no node and no note", () => {
    // Two of them, then the third would be on the line between.
    const places = { r1: { x: 0, y: 0 }, r2: { x: 300, y: 180 } };
    expect(freePlace(places)).toEqual({ x: 150, y: 90 });
    const free = freePlace(places, [["r1", "r2"]]);
    expect(free).toEqual({ x: 300, y: 0 });
    expect(freePlace(places, [["r1", "r2"]], [free])).toEqual({ x: 0, y: 200 });
    expect(freePlace(places, [["r1", "gone"]])).toEqual({ x: 150, y: 90 });
  });
});

describe("words beside links", () => {
  // As the example triangle is drawn: the rates of r1 and r3 stood on those of r1 and r2.
  const places = { h1: [0, 10], r1: [180, 0], h3: [510, 0], r3: [350, 85], r2: [190, 180] } as const;
  const ends = [
    ["h1:eth0", "r1:eth0"],
    ["r1:eth1", "r2:eth1"],
    ["r1:eth2", "r3:eth2"],
    ["r2:eth2", "r3:eth1"],
    ["r3:eth0", "h3:eth0"],
  ] as const;
  const at = Object.fromEntries(Object.entries(places).map(([name, [x, y]]) => [name, { x, y }]));
  const labelled = (pairs: readonly (readonly [string, string])[], words = "") =>
    pairs.map(([a, b]) => {
      const [one = "", aInterface = "", other = "", bInterface = ""] = [...a.split(":"), ...b.split(":")];
      return { id: `${a} ${b}`, a: one, b: other, aInterface, bInterface, isImpaired: false, words, lane: 0 };
    });

  it.each([
    ["rates", ""],
    ["rates and impairments", "20ms ±5ms, loss 2 %"],
  ])("%s cover no node, no interface's name and no other link's words, and are nearest to their own", (_, words) => {
    const links = labelled(ends, words);
    const spots = spotsOf(links, at);
    const [halfWidth, halfHeight] = [Math.max(39, words.length * 3.1), words === "" ? 13 : 19.5];
    const shapes = links.map(({ id, a, b }) => ({ id, shape: shapeOf(at[a] ?? zero, at[b] ?? zero, 0) }));
    const boxes = shapes.map(({ id, shape: { middle } }) => {
      const { x, y, anchor } = spots.get(id) ?? { x: 0, y: 0, anchor: "middle" };
      const edge = anchor === "start" ? halfWidth : anchor === "end" ? -halfWidth : 0;
      return { of: id, x: middle.x + x + edge, y: middle.y + y, halfWidth, halfHeight };
    });
    const names = shapes.flatMap(({ id, shape }) =>
      (["a", "b"] as const).map((end) => ({
        of: `name of ${id}`,
        ...along(shape, end, shape.nameAt),
        halfWidth: 12,
        halfHeight: 6,
      })),
    );
    const nodes = Object.entries(at).map(([of, { x, y }]) => ({
      of,
      x: x + 38,
      y: y + 29,
      halfWidth: 38,
      halfHeight: 29,
    }));
    const covered = boxes.flatMap((box, index) =>
      [...nodes, ...names, ...boxes.slice(index + 1)].flatMap((other) =>
        Math.abs(box.x - other.x) < box.halfWidth + other.halfWidth &&
        Math.abs(box.y - other.y) < box.halfHeight + other.halfHeight
          ? [`${box.of} on ${other.of}`]
          : [],
      ),
    );
    expect(covered).toEqual([]);
    for (const box of boxes) {
      const far = ({ shape: { a, unit, length } }: (typeof shapes)[number]) => {
        const share = Math.min(length, Math.max(0, (box.x - a.x) * unit.x + (box.y - a.y) * unit.y));
        return Math.hypot(a.x + unit.x * share - box.x, a.y + unit.y * share - box.y);
      };
      expect(shapes.toSorted((one, other) => far(one) - far(other))[0]?.id).toBe(box.of);
    }
  });
});

describe("what is selected, when the picture gets smaller", () => {
  it("is moved into it, no further than needed", () => {
    const of = [
      [300, 76, 800],
      [700, 76, 800],
      [-20, 76, 800],
      [0, 900, 800],
      [790, 76, 800],
    ] as const;
    expect(of.map(([from, length, side]) => shiftInto(from, length, side))).toEqual([0, 0, 44, -50, -90]);
  });
});
