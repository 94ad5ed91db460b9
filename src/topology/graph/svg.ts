import { endpointText, isMachine, type Lab, type LabNode } from "../model.ts";
import type { Drawing, DrawnBox, DrawnLeaf, Point, Wire } from "./drawing.ts";
import { layout } from "./layout.ts";
import { escapeXml } from "./xml.ts";

/** A character of the grid, in pixels. */
const CELL = { width: 8, height: 18 } as const;
const MARGIN = 16;
/** What a wide screen shows; a lab that needs more gets more. */
const COLUMNS = 240;
/** How far the frame of a leaf reaches around its text; on the left to where its wire ends. */
const LEAF_PADDING = { left: 12, right: 8 } as const;

/** Corner radius of a node's shape; a switch has a second frame inside. */
const SHAPES = {
  host: { radius: 2, inner: false },
  router: { radius: 8, inner: false },
  switch: { radius: 2, inner: true },
  appliance: { radius: 8, inner: true },
} as const satisfies Record<LabNode["kind"], { readonly radius: number; readonly inner: boolean }>;

/** Colours follow the reader's preference, also where the picture is embedded in a page. */
const STYLE = `
svg { --ink: #1f2328; --paper: #ffffff; --line: #57606a; --host: #f6f8fa; --router: #ddf4ff; --switch: #dafbe1; --appliance: #fff8c5; }
@media (prefers-color-scheme: dark) {
  svg { --ink: #e6edf3; --paper: #0d1117; --line: #8b949e; --host: #21262d; --router: #0c2d6b; --switch: #033a16; --appliance: #3b2300; }
}
text { font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--ink); white-space: pre; }
.name { font-weight: bold; }
.paper { fill: var(--paper); }
.wire { fill: none; stroke: var(--line); stroke-width: 1.5; }
.label { fill: var(--line); font-size: 11px; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
.frame { stroke: var(--ink); stroke-width: 1.2; }
.inner { fill: none; stroke: var(--ink); stroke-width: 0.8; }
.host { fill: var(--host); } .router { fill: var(--router); } .switch { fill: var(--switch); } .appliance { fill: var(--appliance); }
`;

/**
 * Draws a lab as an SVG document of its own: no scripts, no fonts or files from elsewhere. The layout
 * is that of `drawTerminal` with all addresses. Hovering over a node or a link tells what it is.
 */
export function drawSvg(lab: Pick<Lab, "name" | "nodes" | "links">): string {
  const drawing = roomyLayout(lab);
  const width = drawing.width * CELL.width + 2 * MARGIN;
  const height = drawing.height * CELL.height + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeXml(`Lab ${lab.name}`)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<g transform="translate(${MARGIN} ${MARGIN})">`,
    ...drawing.wires.map(wire),
    ...drawing.boxes.map(box),
    ...drawing.leaves.map(leaf),
    ...drawing.labels.map(({ text, ...at }) => `<text class="label" ${textAt(at)}>${escapeXml(text)}</text>`),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** All details, in as many columns as that takes. */
function roomyLayout(lab: Pick<Lab, "nodes" | "links">): Drawing {
  for (let columns = COLUMNS; ; columns *= 2) {
    const drawing = layout(lab, ["addresses"], columns);
    if (drawing !== undefined) return drawing;
  }
}

/** The middle of a cell. */
const x = (column: number): number => column * CELL.width + CELL.width / 2;
const y = (row: number): number => row * CELL.height + CELL.height / 2;
const textAt = ({ column, row }: Point): string => `x="${column * CELL.width}" y="${y(row) + 4}"`;

function wire({ link, points }: Wire): string {
  const corners = points.filter((point, index) => {
    const before = points[index - 1];
    return before === undefined || before.column !== point.column || before.row !== point.row;
  });
  const path = corners.map(({ column, row }, index) => `${index === 0 ? "M" : "L"}${x(column)} ${y(row)}`).join("");
  const title = `${endpointText(link.a)} — ${endpointText(link.b)}, MTU ${link.mtu}`;
  return `<path class="wire" d="${path}"><title>${escapeXml(title)}</title></path>`;
}

function box({ node, lines, column, row, width, height }: DrawnBox): string {
  const at = { x: x(column), y: y(row), width: (width - 1) * CELL.width, height: (height - 1) * CELL.height };
  const texts = lines.map((line, index) => {
    const name = index === 0 ? ' class="name"' : "";
    return `<text${name} ${textAt({ column: column + 2, row: row + 1 + index })}>${escapeXml(line)}</text>`;
  });
  return `<g><title>${escapeXml(tooltip(node))}</title>${shape(node, at)}${texts.join("")}</g>`;
}

function leaf({ node, text, column, row }: DrawnLeaf): string {
  const at = {
    x: column * CELL.width - LEAF_PADDING.left,
    y: row * CELL.height + 1,
    width: text.length * CELL.width + LEAF_PADDING.left + LEAF_PADDING.right,
    height: CELL.height - 2,
  };
  return `<g><title>${escapeXml(tooltip(node))}</title>${shape(node, at)}<text ${textAt({ column, row })}>${escapeXml(text)}</text></g>`;
}

type Rectangle = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

function shape(node: LabNode, at: Rectangle): string {
  const { radius, inner } = SHAPES[node.kind];
  const outer = rectangle(`frame ${node.kind}`, at, Math.min(radius, at.height / 2));
  const inset = { x: at.x + 3, y: at.y + 3, width: at.width - 6, height: at.height - 6 };
  return inner ? outer + rectangle("inner", inset, 1) : outer;
}

const rectangle = (name: string, at: Rectangle, radius: number): string =>
  `<rect class="${name}" x="${at.x}" y="${at.y}" width="${at.width}" height="${at.height}" rx="${radius}"/>`;

function tooltip(node: LabNode): string {
  const title = `${node.name} (${node.kind})`;
  if (!isMachine(node)) return title;
  return [title, ...node.interfaces.map((one) => [one.name, ...one.addresses].join(" "))].join("\n");
}
