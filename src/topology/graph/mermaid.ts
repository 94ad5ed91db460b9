import { clustersOf } from "../drawing/drawing.ts";
import { type Endpoint, isMachine, type Lab, type LabNode } from "../model.ts";

/** Brackets that give a node its shape: a rectangle, a rounded one, one with double sides, a hexagon. */
const SHAPES = {
  host: ["[", "]"],
  router: ["(", ")"],
  switch: ["[[", "]]"],
  appliance: ["{{", "}}"],
} as const satisfies Record<LabNode["kind"], readonly [string, string]>;

/**
 * A lab as a Mermaid flowchart, for Markdown pages. Nodes have ids of their own, since names may be
 * words of the language.
 *
 * @see https://mermaid.js.org/syntax/flowchart.html
 */
export function drawMermaid(lab: Pick<Lab, "nodes" | "links" | "drawing">): string {
  const ids = new Map(lab.nodes.map((node, index) => [node.name, `n${index}`]));
  const ends = new Map(lab.nodes.map((node) => [node.name, node]));
  const lines = ["flowchart TB"];
  for (const node of lab.nodes) {
    const [open, close] = SHAPES[node.kind];
    const text = node.kind === "host" ? node.name : `${node.name}\n${node.kind}`;
    lines.push(`  ${ids.get(node.name)}${open}"${escapeMermaid(text)}"${close}`);
  }
  for (const [index, { title, nodes }] of clustersOf(lab.drawing).entries()) {
    const inside = nodes.flatMap((name) => ids.get(name) ?? []);
    if (inside.length === 0) continue;
    lines.push(`  subgraph g${index}["${escapeMermaid(title)}"]`, ...inside.map((id) => `    ${id}`), "  end");
  }
  for (const { a, b } of lab.links) {
    const text = `${endText(ends.get(a.node), a)} — ${endText(ends.get(b.node), b)}`;
    lines.push(`  ${ids.get(a.node)} ---|"${escapeMermaid(text)}"| ${ids.get(b.node)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** An interface with its addresses; a switch's port by its name alone. */
function endText(node: LabNode | undefined, end: Endpoint): string {
  const found =
    node !== undefined && isMachine(node) ? node.interfaces.find((one) => one.name === end.interface) : undefined;
  return [end.interface, ...(found?.addresses ?? [])].join(" ");
}

/** Entity codes for what would end the text, start an entity, or be taken for HTML or Markdown. */
const escapeMermaid = (text: string): string =>
  text.replace(/[^\p{L}\p{N}\p{Zs} .,:;/@+=_—-]/gu, (character) =>
    character === "\n" ? "<br/>" : `#${character.codePointAt(0)};`,
  );
