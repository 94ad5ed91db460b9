import { Position } from "@xyflow/react";
import { useMemo, useRef, useState } from "react";
import type { Layout } from "../../../src/api/index.ts";
import { type GraphLink, linkLabel } from "./LinkLine.tsx";
import { spotsOf } from "./label-spots.ts";
import { type GraphNode, markOf, type NodeLook, nodeLabel, nodeSize } from "./NodeBox.tsx";

export type DrawnLink = Omit<GraphLink["data"] & object, "lane" | "showsNames" | "spotX" | "spotY" | "anchor"> & {
  readonly id: string;
};

export type Selection = { readonly nodes: readonly string[]; readonly links: readonly string[] };

/** Known beforehand: nothing needs measuring, and links can be drawn with the first picture. */
const handles: NonNullable<GraphNode["handles"]> = [
  { id: "in", type: "target", position: Position.Top, x: 0, y: 0, ...nodeSize },
  {
    id: "out",
    type: "source",
    position: Position.Right,
    x: nodeSize.width - 7,
    y: nodeSize.height / 2 - 7,
    width: 14,
    height: 14,
  },
];

/** More than this many links have no names of interfaces at their ends, until one is selected. */
const mostNamed = 80;
const origin = { x: 0, y: 0 } as const;

/**
 * Where a node is. By its edges: moved by `transform`, each of a thousand would be a piece of its own to the browser,
 * which puts them together again whenever one of them changes.
 */
export const at = (position: Layout[string]): Pick<GraphNode, "position" | "style"> => ({
  position,
  style: { transform: "none", left: position.x, top: position.y },
});

/** What is drawn. Nodes and links that are as they were stay the same objects, and are not drawn again. */
export function useDrawn(
  nodes: readonly NodeLook[],
  links: readonly DrawnLink[],
  places: Layout,
  selection: Selection,
): { readonly nodes: GraphNode[]; readonly edges: GraphLink[] } {
  const before = useRef({
    nodes: new Map<string, GraphNode>(),
    edges: new Map<string, GraphLink>(),
    drawn: { nodes: [] as GraphNode[], edges: [] as GraphLink[] },
  });
  /** What each was made of. */
  const [made] = useState(() => new WeakMap<GraphLink, DrawnLink>());
  const chosen = { nodes: new Set(selection.nodes), links: new Set(selection.links) };
  const drawnNodes = nodes.map((data): GraphNode => {
    const position = places[data.name] ?? origin;
    const selected = chosen.nodes.has(data.name);
    const known = before.current.nodes.get(data.name);
    if (
      known !== undefined &&
      known.selected === selected &&
      (known.position === position || same(known.position, position)) &&
      (known.data === data || same(known.data, data))
    )
      return known;
    return {
      id: data.name,
      type: "node",
      ...at(position),
      data,
      selected,
      zIndex: markOf(data) === undefined ? 0 : 1,
      width: nodeSize.width,
      height: nodeSize.height,
      measured: nodeSize,
      handles,
      ariaLabel: nodeLabel(data),
      domAttributes: { "aria-roledescription": "node" },
    };
  });
  const lanes = useMemo(() => lanesOf(links), [links]);
  const namesAll = links.length <= mostNamed;
  const spots = useMemo(
    () =>
      links.length > mostNamed
        ? undefined
        : spotsOf(
            links.map((link) => ({ ...link, lane: lanes.get(link.id) ?? 0 })),
            Object.fromEntries(nodes.flatMap(({ name }) => (places[name] === undefined ? [] : [[name, places[name]]]))),
          ),
    [links, lanes, nodes, places],
  );
  const edges = links.map((drawn): GraphLink => {
    const { id } = drawn;
    const selected = chosen.links.has(id);
    const isNear = chosen.nodes.has(drawn.a) || chosen.nodes.has(drawn.b);
    const spot = spots?.get(id);
    const [lane, showsNames] = [lanes.get(id) ?? 0, namesAll || selected || isNear];
    const known = before.current.edges.get(id);
    if (
      known !== undefined &&
      known.selected === selected &&
      made.get(known) === drawn &&
      known.data?.lane === lane &&
      known.data.showsNames === showsNames &&
      known.data.spotX === spot?.x &&
      known.data.spotY === spot?.y &&
      known.data.anchor === spot?.anchor
    )
      return known;
    const { id: _, ...link } = drawn;
    const data = { ...link, lane, showsNames, spotX: spot?.x, spotY: spot?.y, anchor: spot?.anchor };
    if (known !== undefined && known.selected === selected && same(known.data, data)) {
      made.set(known, drawn);
      return known;
    }
    const fresh: GraphLink = {
      id,
      type: "link",
      source: link.a,
      target: link.b,
      data,
      selected,
      ariaLabel: linkLabel(data),
      domAttributes: { "aria-roledescription": "link" } as NonNullable<GraphLink["domAttributes"]>,
    };
    made.set(fresh, drawn);
    return fresh;
  });
  const last = before.current.drawn;
  // The same list, when all that is in it is the same: what is made of it is not made again.
  const now = { nodes: sameItems(last.nodes, drawnNodes), edges: sameItems(last.edges, edges) };
  before.current = {
    nodes: now.nodes === last.nodes ? before.current.nodes : new Map(drawnNodes.map((node) => [node.id, node])),
    edges: now.edges === last.edges ? before.current.edges : new Map(edges.map((edge) => [edge.id, edge])),
    drawn: now,
  };
  return now;
}

const sameItems = <Item>(before: Item[], now: Item[]): Item[] =>
  before.length === now.length && now.every((item, index) => item === before[index]) ? before : now;

function same(one: object | undefined, other: object): boolean {
  if (one === undefined) return false;
  const [left, right] = [Object.entries(one), Object.entries(other)];
  const values = new Map(left);
  return left.length === right.length && right.every(([key, value]) => values.get(key) === value);
}

/** Beside each other, around the middle, for links of the same two nodes. */
function lanesOf(links: readonly DrawnLink[]): ReadonlyMap<string, number> {
  const groups = Map.groupBy(links, ({ a, b }) => [a, b].toSorted().join("\n"));
  return new Map(
    [...groups.values()].flatMap((group) =>
      group.map(({ id }, index) => [id, index - (group.length - 1) / 2] as const),
    ),
  );
}
