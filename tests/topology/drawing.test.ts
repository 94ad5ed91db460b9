import { describe, expect, it } from "vitest";
import { drawDot, drawMermaid } from "../../src/topology/graph/index.ts";
import { plan } from "../../src/topology/plan/index.ts";
import { printLab } from "../../src/topology/print.ts";
import { errorsOf, load, loaded } from "./lab-text.ts";

const text = `name: shop
nodes: { h1: , h2: , s1: { kind: switch } }
links: [[h1, s1], [h2, s1]]
`;
const drawing = `drawing:
  notes: [{ text: "The till: $\${not a variable}", at: [120, -40.5] }]
  groups: [{ title: 'Branch "A"', nodes: [h1, s1] }, { title: B, nodes: [s1, h2] }, { title: empty, nodes: [] }]
  places: { h1: [0, 0] }
`;

describe("drawing", () => {
  it("is read, and printed so that it is read the same", () => {
    const lab = load(text + drawing);
    expect(lab.drawing).toEqual({
      notes: [{ text: "The till: ${not a variable}", at: [120, -40.5] }],
      groups: [
        { title: 'Branch "A"', nodes: ["h1", "s1"] },
        { title: "B", nodes: ["s1", "h2"] },
        { title: "empty", nodes: [] },
      ],
      places: { h1: [0, 0] },
    });
    expect(load(printLab(lab)).drawing).toEqual(lab.drawing);
  });

  it("warns of nodes that are not there, and keeps no lab from running", () => {
    const { warnings } = loaded(
      `${text}drawing: { groups: [{ title: A, nodes: [h1, h3] }], places: { h9: [1, 2], s1: [1, 2] } }\n`,
    );
    expect(warnings.map(({ message, at }) => [message, at?.path])).toEqual([
      ['There is no node "h3".', "drawing.groups[0].nodes[1]"],
      ['There is no node "h9".', "drawing.places.h9"],
    ]);
  });

  it.for(["notes: [{ text: a }]", "groups: [{ title: a, nodes: h1 }]", "places: { h1: [1] }", "colour: red"])(
    "takes only what it understands: %s",
    (line) => expect(errorsOf(`${text}drawing: { ${line} }\n`).map(({ at }) => at?.line)).toEqual([4]),
  );

  it("changes nothing of what runs", () => {
    const [before, after] = [load(text), load(text + drawing)];
    expect(plan(after, before)).toEqual([]);
  });

  it("makes a cluster of a group, where a graph has clusters", () => {
    const lab = load(text + drawing);
    expect(
      drawDot(lab)
        .split("\n")
        .filter((line) => line.includes("cluster")),
    ).toEqual(['  subgraph cluster0 { label="Branch \\"A\\""; n0; n2; }', '  subgraph cluster1 { label="B"; n1; }']);
    expect(drawMermaid(lab)).toContain('  subgraph g0["Branch #34;A#34;"]\n    n0\n    n2\n  end\n');
  });
});
