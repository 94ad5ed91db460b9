import { type Endpoint, isMachine, type LabNode, type Link } from "../model.ts";
import { boxLines, type Detail, leafLine } from "./detail.ts";
import type { Edge, Graph } from "./graph.ts";
import type { Layering } from "./layers.ts";
import { type Port, widthFor } from "./ports.ts";

/** A node's box with what is drawn on and below it. */
export type Box = {
  readonly node: LabNode;
  readonly lines: readonly string[];
  /** The nodes that hang below, once per link. */
  readonly leaves: readonly Leaf[];
  /** With the borders. */
  readonly width: number;
  readonly height: number;
  /** Of links to the layer above, and to nodes of the same layer around those between. */
  readonly top: Port[];
  /** Of links to the layer below. */
  readonly bottom: Port[];
};

export type Leaf = { readonly node: LabNode; readonly link: Link; readonly text: string };

export type Boxes = {
  readonly box: (node: number) => Box;
  /** The links that go straight from a box to the next one in its layer. */
  readonly across: (left: number, right: number) => readonly Edge[];
};

/** The boxes of a part, with their ports in no order and without columns. */
export function boxesOf(graph: Graph, { layers, leaves }: Layering, detail: Detail): Boxes {
  const place = new Map(
    layers.flatMap((layer, index) => layer.map((node, position) => [node, { layer: index, position }] as const)),
  );
  const node = (index: number) => graph.nodes[index] as LabNode;
  const lines = new Map(layers.flat().map((index) => [index, boxLines(node(index), detail)]));
  const height = (index: number) => lines.get(index)?.length ?? 1;

  const across = new Map<string, Edge[]>();
  const top = new Map<number, Port[]>();
  const bottom = new Map<number, Port[]>();
  const hung = new Map<number, { readonly link: Link; readonly own: Endpoint; readonly parent: Endpoint }[]>();
  for (const edge of graph.edges) {
    const [a, b] = [place.get(edge.a), place.get(edge.b)];
    const first: Port = { edge, node: edge.a, end: edge.link.a, column: 0 };
    const second: Port = { edge, node: edge.b, end: edge.link.b, column: 0 };
    if (a === undefined || b === undefined) {
      if (b !== undefined) add(hung, edge.a, { link: edge.link, own: edge.link.a, parent: edge.link.b });
      if (a !== undefined) add(hung, edge.b, { link: edge.link, own: edge.link.b, parent: edge.link.a });
    } else if (a.layer !== b.layer) {
      const [upper, lower] = a.layer < b.layer ? [first, second] : [second, first];
      add(bottom, upper.node, upper);
      add(top, lower.node, lower);
    } else {
      const key = a.position < b.position ? pair(edge.a, edge.b) : pair(edge.b, edge.a);
      const rows = Math.min(height(edge.a), height(edge.b));
      if (Math.abs(a.position - b.position) === 1 && (across.get(key)?.length ?? 0) < rows) {
        add(across, key, edge);
      } else {
        add(top, edge.a, first);
        add(top, edge.b, second);
      }
    }
  }

  const boxes = new Map<number, Box>();
  for (const [index, text] of lines) {
    const ports = { top: top.get(index) ?? [], bottom: bottom.get(index) ?? [] };
    const below = (leaves.get(index) ?? []).flatMap((leaf) =>
      (hung.get(leaf) ?? []).map(({ link, own, parent }) => ({
        node: node(leaf),
        link,
        text: leafLine(node(leaf), own, isMachine(node(index)) ? parent : undefined, detail),
      })),
    );
    const width = Math.max(
      ...text.map((line) => line.length + 4),
      widthFor(ports.top, detail),
      widthFor(ports.bottom, detail),
    );
    boxes.set(index, { node: node(index), lines: text, leaves: below, width, height: text.length + 2, ...ports });
  }
  return { box: (index) => boxes.get(index) as Box, across: (left, right) => across.get(pair(left, right)) ?? [] };
}

const pair = (left: number, right: number): string => `${left} ${right}`;

function add<Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void {
  const items = map.get(key);
  if (items === undefined) map.set(key, [item]);
  else items.push(item);
}
