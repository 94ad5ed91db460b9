import type { Lab, LabNode } from "../model.ts";
import { adjacencyList } from "./adjacency.ts";
import { Canvas, type FrameStyle } from "./canvas.ts";
import { DETAILS } from "./detail.ts";
import type { Drawing } from "./drawing.ts";
import { layout } from "./layout.ts";

/** With more links than this a drawing tells nothing. */
const MAX_LINKS = 2_000;

const FRAMES = { host: "light", router: "rounded", switch: "double", appliance: "rounded" } as const satisfies Record<
  LabNode["kind"],
  FrameStyle
>;

/**
 * Draws a lab with line characters: boxes for nodes (rounded: routers and appliances, double: switches), lines for
 * links, nodes with one neighbour hung below it. As much is told as fits: addresses and interfaces,
 * interfaces, or names alone; where not even those fit, it is a list of nodes with their links.
 *
 * @param options.columns the width to keep to, 80 unless given
 * @returns lines, each ended by a newline; nothing for a lab without nodes
 */
export function drawTerminal(
  lab: Pick<Lab, "nodes" | "links">,
  { columns = 80 }: { readonly columns?: number } = {},
): string {
  if (lab.nodes.length === 0) return "";
  const drawing = lab.links.length > MAX_LINKS ? undefined : layout(lab, DETAILS, columns);
  const lines = drawing === undefined ? adjacencyList(lab) : rasterize(drawing);
  return `${lines.join("\n")}\n`;
}

function rasterize({ boxes, leaves, wires, labels }: Drawing): readonly string[] {
  const canvas = new Canvas();
  for (const { node, lines, column, row, width, height } of boxes) {
    canvas.frame(row, column, width, height, FRAMES[node.kind]);
    for (const [offset, line] of lines.entries()) canvas.text(row + 1 + offset, column + 2, line);
  }
  for (const { points } of wires) {
    for (const [index, to] of points.entries()) {
      const from = points[index - 1];
      if (from === undefined) continue;
      if (from.row === to.row) canvas.horizontal(to.row, from.column, to.column);
      else canvas.vertical(to.column, from.row, to.row);
    }
  }
  for (const { text, column, row } of [...leaves, ...labels]) canvas.text(row, column, text);
  return canvas.toLines();
}
