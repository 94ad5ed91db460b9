import { clustersOf } from "../drawing/drawing.ts";
import { type Endpoint, isMachine, type Lab, type LabNode } from "../model.ts";

const SHAPES = {
  host: "box",
  router: "ellipse",
  switch: "box3d",
  appliance: "component",
} as const satisfies Record<LabNode["kind"], string>;

/**
 * A lab in the DOT language of Graphviz, as an undirected graph.
 *
 * @see https://graphviz.org/doc/info/lang.html
 */
export function drawDot(lab: Pick<Lab, "name" | "nodes" | "links" | "drawing">): string {
  const nodes = new Map(lab.nodes.map((node) => [node.name, node]));
  // Ids of our own: in an ID only the quote is an escape, in a label the backslash is one too.
  const ids = new Map(lab.nodes.map((node, index) => [node.name, `n${index}`]));
  const lines = [
    "graph lab {",
    `  graph [label=${quoted(lab.name)}, labelloc=t, bgcolor=transparent];`,
    '  node [fontname="monospace"];',
    '  edge [fontname="monospace", fontsize=9];',
  ];
  for (const node of lab.nodes) {
    lines.push(`  ${ids.get(node.name)} [label=${quoted(node.name)}, shape=${SHAPES[node.kind]}];`);
  }
  for (const [index, { title, nodes: members }] of clustersOf(lab.drawing).entries()) {
    const inside = members.flatMap((name) => ids.get(name) ?? []);
    // Graphviz draws a frame around subgraphs whose names begin with "cluster".
    if (inside.length > 0) lines.push(`  subgraph cluster${index} { label=${quoted(title)}; ${inside.join("; ")}; }`);
  }
  for (const { a, b } of lab.links) {
    const tail = quoted(endText(nodes.get(a.node), a));
    const head = quoted(endText(nodes.get(b.node), b));
    lines.push(`  ${ids.get(a.node)} -- ${ids.get(b.node)} [taillabel=${tail}, headlabel=${head}];`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

/** An interface and its addresses, a line each. */
function endText(node: LabNode | undefined, end: Endpoint): string {
  const found =
    node !== undefined && isMachine(node) ? node.interfaces.find((one) => one.name === end.interface) : undefined;
  return [end.interface, ...(found?.addresses ?? [])].join("\n");
}

/** A label: quotes and backslashes are escaped, entities made plain text (https://graphviz.org/docs/attr-types/escString/). */
const quoted = (text: string): string => {
  const escaped = text
    .replaceAll("&", "&amp;")
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replace(/\p{Cc}/gu, "\ufffd");
  return `"${escaped}"`;
};
