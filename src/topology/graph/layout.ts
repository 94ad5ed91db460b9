import type { Lab } from "../model.ts";
import { type Boxes, boxesOf } from "./boxes.ts";
import { type Detail, printable } from "./detail.ts";
import { type Drawing, type DrawnBox, type DrawnLeaf, type Label, type Point, shelve, type Wire } from "./drawing.ts";
import { components, type Edge, type Graph, graphOf } from "./graph.ts";
import { type Layering, layerings } from "./layers.ts";
import { type Hanging, hang, placeLeaves } from "./leaves.ts";
import { type Extent, labelOf, type Port, setColumns, straighten } from "./ports.ts";
import { spread } from "./spread.ts";

const GAP = 2;

/**
 * Lays a lab out in at most `columns` columns, telling the most of `details` that fits; undefined
 * when nothing fits. Deterministic.
 */
export function layout(
  lab: Pick<Lab, "nodes" | "links">,
  details: readonly Detail[],
  columns: number,
): Drawing | undefined {
  const graph = graphOf(lab);
  const parts = components(graph).map((part) => layerings(graph, part));
  for (const detail of details) {
    const drawings: Drawing[] = [];
    for (const ways of parts) {
      const drawing = firstThatFits(ways, (layering) => layoutPart(graph, layering, detail, columns));
      if (drawing === undefined) break;
      drawings.push(drawing);
    }
    if (drawings.length === parts.length) return shelve(drawings, columns);
  }
  return undefined;
}

function firstThatFits<Way, Result>(
  ways: readonly Way[],
  attempt: (way: Way) => Result | undefined,
): Result | undefined {
  for (const way of ways) {
    const result = attempt(way);
    if (result !== undefined) return result;
  }
  return undefined;
}

/** A drawing of one part under way. */
type Sheet = Boxes & {
  readonly detail: Detail;
  readonly extent: (node: number) => Extent;
  readonly hanging: (node: number) => Hanging;
  readonly drawn: { boxes: DrawnBox[]; leaves: DrawnLeaf[]; wires: Wire[]; labels: Label[] };
};

/**
 * Lays one connected part out, or gives up (undefined) when it is wider than `columns`.
 *
 * Links between layers go from the bottom of a box through a horizontal track to the top of another;
 * links within a layer straight across to the next box, or through a track above. Columns of wires
 * that leave a box at its bottom are even and at its top odd, unless a wire goes straight down: no two
 * wires share a column, so that they meet in crossings only.
 */
function layoutPart(graph: Graph, { layers, leaves }: Layering, detail: Detail, columns: number): Drawing | undefined {
  const boxes = boxesOf(graph, { layers, leaves }, detail);
  const hangings = new Map(layers.flat().map((node) => [node, hang(boxes.box(node).leaves, columns)]));
  const hanging = (node: number) => hangings.get(node) as Hanging;
  const cell = (node: number) => Math.max(boxes.box(node).width, hanging(node).width);
  if (layers.some((layer) => layer.reduce((sum, node) => sum + cell(node) + GAP, -GAP) > columns)) return undefined;
  const lefts = spread(graph, layers, {
    width: cell,
    gap: (left, right) => Math.max(GAP, ...boxes.across(left, right).map((edge) => labelsOf(edge, detail) + 3)),
  });
  const left = (node: number) => lefts.get(node) as number;
  const width = Math.max(...layers.flat().map((node) => left(node) + cell(node)));
  if (width > columns) return undefined;

  const extent = (node: number) => ({ left: left(node), width: boxes.box(node).width });
  const sheet: Sheet = { ...boxes, detail, extent, hanging, drawn: { boxes: [], leaves: [], wires: [], labels: [] } };
  let row = 0;
  let above: readonly number[] = [];
  for (const layer of layers) {
    setPorts(sheet, above, layer);
    row = layBand(sheet, row, above, layer);
    layLayer(sheet, row, layer);
    row += Math.max(...layer.map((node) => boxes.box(node).height));
    above = layer;
  }
  const height = row + Math.max(...above.map((node) => hanging(node).height));
  return { width, height, ...sheet.drawn };
}

const labelsOf = ({ link }: Edge, detail: Detail): number =>
  detail === "names" ? 0 : printable(link.a.interface).length + printable(link.b.interface).length;

/** Sets the columns of the wires into a layer and out of it below; those of the layer above are set. */
function setPorts({ box, extent, detail }: Sheet, above: readonly number[], layer: readonly number[]): void {
  const from = new Map(above.flatMap((node) => box(node).bottom.map((port) => [port.edge, port.column])));
  const middle = (port: Port) => {
    const { left, width } = extent(port.edge.a === port.node ? port.edge.b : port.edge.a);
    return left + width / 2;
  };
  for (const node of layer) {
    const { top, bottom } = box(node);
    setColumns(top, (port) => from.get(port.edge) ?? middle(port), extent(node), detail, 1);
    straighten(top, (port) => from.get(port.edge), extent(node), detail);
    setColumns(bottom, middle, extent(node), detail, 0);
  }
}

/**
 * Lays the wires between a layer and the one above it, from `row` on.
 *
 * @returns the row below them
 */
function layBand(
  { box, detail, drawn }: Sheet,
  row: number,
  above: readonly number[],
  layer: readonly number[],
): number {
  const bottoms = above.flatMap((node) => box(node).bottom);
  const tops = layer.flatMap((node) => box(node).top);
  if (tops.length === 0) return row;
  const wires = new Map<Edge, Port[]>();
  for (const port of [...bottoms, ...tops]) {
    const ports = wires.get(port.edge);
    if (ports === undefined) wires.set(port.edge, [port]);
    else ports.push(port);
  }
  const tracks = tracksOf([...wires.values()]);
  const labelRows = detail === "names" ? 0 : 1;
  const first = row + (bottoms.length > 0 ? labelRows : 0);
  const end = Math.max(row + 1, first + tracks.count + labelRows);

  // A box that is lower than others of its layer has its border further up.
  const layerTop = row - Math.max(0, ...above.map((node) => box(node).height));
  const upper = new Set(bottoms);
  const border = (port: Port) => (upper.has(port) ? layerTop + box(port.node).height - 1 : end);
  for (const [edge, ports] of wires) {
    const [one, other] = ports as [Port, Port];
    const track = first + (tracks.of.get(ports) ?? 0);
    drawn.wires.push({
      link: edge.link,
      points: [
        { column: one.column, row: border(one) },
        { column: one.column, row: track },
        { column: other.column, row: track },
        { column: other.column, row: border(other) },
      ],
    });
    for (const port of detail === "names" ? [] : ports) {
      const beside = upper.has(port) ? border(port) + 1 : end - 1;
      drawn.labels.push({ text: labelOf(port, detail), column: port.column + 1, row: beside });
    }
  }
  return end;
}

type Tracks = { readonly count: number; readonly of: ReadonlyMap<readonly Port[], number> };

/** Horizontal tracks for wires that do not go straight down; those that overlap get different ones. */
function tracksOf(wires: readonly (readonly Port[])[]): Tracks {
  const spans = wires
    .map((ports) => {
      const columns = ports.map((port) => port.column);
      return { ports, from: Math.min(...columns), to: Math.max(...columns) };
    })
    .filter(({ from, to }) => from < to)
    .sort((a, b) => a.from - b.from);
  const ends: number[] = [];
  const of = new Map<readonly Port[], number>();
  for (const { ports, from, to } of spans) {
    const free = ends.findIndex((last) => last < from);
    const track = free < 0 ? ends.length : free;
    ends[track] = to;
    of.set(ports, track);
  }
  return { count: ends.length, of };
}

function layLayer({ box, across, extent, hanging, detail, drawn }: Sheet, row: number, layer: readonly number[]): void {
  for (const [position, index] of layer.entries()) {
    const { node, lines, height, leaves } = box(index);
    const { left, width } = extent(index);
    drawn.boxes.push({ node, lines, column: left, row, width, height });
    if (leaves.length > 0) {
      const placed = placeLeaves(leaves, hanging(index), left, row + height - 1);
      drawn.leaves.push(...placed.leaves);
      drawn.wires.push(...placed.wires);
    }

    const next = layer[position + 1];
    if (next === undefined) continue;
    const to = extent(next).left;
    for (const [offset, { a, link }] of across(index, next).entries()) {
      const at: Point = { column: left + width - 1, row: row + 1 + offset };
      drawn.wires.push({ link, points: [at, { ...at, column: to }] });
      if (detail === "names") continue;
      const [near, far] = a === index ? [link.a, link.b] : [link.b, link.a];
      const label = printable(far.interface);
      drawn.labels.push({ text: printable(near.interface), column: left + width, row: at.row });
      drawn.labels.push({ text: label, column: to - label.length, row: at.row });
    }
  }
}
