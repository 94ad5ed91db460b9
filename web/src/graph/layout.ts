import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "d3-force";
import type { Layout } from "../../../src/api/index.ts";

export type LayoutRequest = {
  readonly nodes: readonly string[];
  readonly links: readonly (readonly [string, string])[];
  /** Nodes that stay where they are. */
  readonly fixed: Layout;
};

type Point = { readonly name: string; x: number; y: number; fx?: number; fy?: number };

const spacing = 160;
const grid = 10;

/** Small topologies are laid out from several beginnings, and the one with the fewest crossings is taken. */
const mostTries = 8;
const mostToCount = 120;
const mostWide = 40;

/** Finds places for nodes, so that those that are linked are near each other. The same for the same topology. */
export function layOut(request: LayoutRequest): Layout {
  const { nodes, links, fixed } = request;
  const known = new Set(nodes);
  const joined = links.filter(([a, b]) => known.has(a) && known.has(b) && a !== b);
  const tries = joined.length > mostToCount || nodes.length > mostToCount ? 1 : mostTries;
  let best: { readonly points: readonly Point[]; readonly crossings: number } | undefined;
  for (let turn = 0; turn < tries && best?.crossings !== 0; turn += 1) {
    const points = settled(start(nodes, joined, fixed, turn), joined);
    const crossings = tries === 1 ? 0 : crossingsOf(points, joined);
    if (best === undefined || crossings < best.crossings) best = { points, crossings };
  }
  const side = Object.keys(fixed).length === 0 && isBackwards(best?.points ?? [], nodes) ? -1 : 1;
  const placed = (best?.points ?? []).map(({ name, x, y }): [string, { x: number; y: number }] => [
    name,
    fixed[name] ?? { x: Math.round((side * x) / grid) * grid, y: Math.round(y / grid) * grid },
  ]);
  return Object.fromEntries(placed);
}

/** Whether what is written first stands, on the whole, further right than what is written last: forces know no sides. */
function isBackwards(points: readonly Point[], nodes: LayoutRequest["nodes"]): boolean {
  const place = new Map(nodes.map((name, index) => [name, index - (nodes.length - 1) / 2]));
  return points.reduce((sum, { name, x }) => sum + (place.get(name) ?? 0) * x, 0) < 0;
}

function settled(points: Point[], joined: LayoutRequest["links"]): readonly Point[] {
  const byName = new Map(points.map((point) => [point.name, point]));
  const isLarge = points.length > 200;
  const isSmall = points.length <= mostWide;
  // A large one looks the same after a part of the work, when it cools down as quickly.
  const ticks = points.length > 500 ? 45 : isLarge ? 120 : 300;
  forceSimulation(points)
    .force(
      "link",
      forceLink<Point, { source: Point; target: Point }>(
        joined.flatMap(([a, b]) => {
          const [source, target] = [byName.get(a), byName.get(b)];
          return source === undefined || target === undefined ? [] : [{ source, target }];
        }),
      ).distance(spacing),
    )
    .force(
      "charge",
      forceManyBody<Point>()
        .strength(-1000)
        .distanceMax(spacing * 8)
        .theta(isLarge ? 1.2 : 0.9),
    )
    .force("collide", forceCollide<Point>(spacing * 0.45))
    // Parts that are not linked with the rest do not drift away, and pictures are wider than high: of few nodes so
    // much that their names can be read above the panel of a lab.
    .force("x", forceX<Point>(0).strength(0.03))
    .force("y", forceY<Point>(0).strength(isSmall ? 0.18 : 0.07))
    .stop()
    .alphaDecay(1 - 0.001 ** (1 / ticks))
    .tick(ticks);
  return points;
}

/** Pairs of links that cross, those that meet at a node aside. */
function crossingsOf(points: readonly Point[], links: LayoutRequest["links"]): number {
  const at = new Map(points.map((point) => [point.name, point]));
  const side = (a: Point, b: Point, c: Point) => Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));
  let count = 0;
  for (const [index, [a, b]] of links.entries()) {
    for (const [c, d] of links.slice(index + 1)) {
      if (a === c || a === d || b === c || b === d) continue;
      const [one, two, three, four] = [at.get(a), at.get(b), at.get(c), at.get(d)];
      if (one === undefined || two === undefined || three === undefined || four === undefined) continue;
      if (side(one, two, three) !== side(one, two, four) && side(three, four, one) !== side(three, four, two))
        count += 1;
    }
  }
  return count;
}

/** Where to begin: from node to neighbour in rings, which the forces then need not untangle. */
function start(nodes: readonly string[], links: LayoutRequest["links"], fixed: Layout, turn: number): Point[] {
  const neighbours = new Map<string, string[]>(nodes.map((name) => [name, []]));
  for (const [a, b] of links) {
    neighbours.get(a)?.push(b);
    neighbours.get(b)?.push(a);
  }
  const degree = (name: string) => neighbours.get(name)?.length ?? 0;
  const order: string[] = [];
  const seen = new Set<string>();
  for (const root of nodes.toSorted((a, b) => degree(b) - degree(a))) {
    if (seen.has(root)) continue;
    const queue = [root];
    seen.add(root);
    for (const name of queue) {
      order.push(name);
      for (const next of neighbours.get(name) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        queue.push(next);
      }
    }
  }
  const golden = Math.PI * (3 - Math.sqrt(5));
  return order.map((name, index) => {
    const at = fixed[name];
    if (at !== undefined) return { name, x: at.x, y: at.y, fx: at.x, fy: at.y };
    const near = (neighbours.get(name) ?? []).map((next) => fixed[next]).find((place) => place !== undefined);
    const radius = spacing * (near === undefined ? 0.62 * Math.sqrt(index + 0.5) : 1);
    // Another beginning for another try.
    const angle = index * (golden + turn * 0.9);
    return {
      name,
      x: (near?.x ?? 0) + radius * Math.cos(angle),
      y: (near?.y ?? 0) + radius * Math.sin(angle),
    };
  });
}
