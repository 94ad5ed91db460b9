import { type Graph, neighboursOf } from "./graph.ts";

/**
 * A connected part of a lab in layers, from top to bottom, each from left to right. Links join nodes
 * of one layer or of two that follow each other, never more distant ones: layers are distances.
 */
export type Layering = {
  readonly layers: readonly (readonly number[])[];
  /** Nodes in no layer: they have one neighbour only, and hang below it. It is in the last layer. */
  readonly leaves: ReadonlyMap<number, readonly number[]>;
};

/**
 * The ways to arrange a connected part, the best to read first: in a row, if it is a line; with the
 * nodes that have leaves at the bottom (hosts under leaf switches under spines); or by distance from
 * the node with the most neighbours. Deterministic.
 *
 * @param part the nodes of the part, ascending
 */
export function layerings(graph: Graph, part: readonly number[]): readonly Layering[] {
  const all = new Set(part);
  const whole = asLine(graph, all);
  const result: Layering[] = whole === undefined ? [] : [{ layers: [whole], leaves: new Map() }];

  const leaves = leavesOf(graph, part);
  if (leaves.size > 0) {
    const hung = new Set([...leaves.values()].flat());
    const core = new Set(part.filter((node) => !hung.has(node)));
    const row = asLine(graph, core);
    if (row !== undefined) result.push({ layers: [row], leaves });
    const distances = byDistance(graph, core, [...leaves.keys()].sort(ascending));
    result.push({ layers: untangle(graph, distances.reverse()), leaves });
  }

  const top = part.reduce((best, node) =>
    neighboursOf(graph, node).length > neighboursOf(graph, best).length ? node : best,
  );
  result.push({ layers: untangle(graph, byDistance(graph, all, [top])), leaves: new Map() });
  return result;
}

const ascending = (a: number, b: number) => a - b;

/** The nodes in the order of the line they form, or undefined when they form none. */
function asLine(graph: Graph, nodes: ReadonlySet<number>): readonly number[] | undefined {
  const within = (node: number) => neighboursOf(graph, node).filter((other) => nodes.has(other));
  const ends = [...nodes].filter((node) => within(node).length < 2);
  if (nodes.size === 1) return [...nodes];
  if (ends.length !== 2 || [...nodes].some((node) => within(node).length > 2)) return undefined;
  const line = [ends[0] as number];
  for (const node of line) {
    const next = within(node).find((other) => other !== line[line.length - 2]);
    if (next !== undefined && next !== line[0]) line.push(next);
    if (line.length === nodes.size) break;
  }
  return line.length === nodes.size ? line : undefined;
}

/** The nodes with one neighbour, by that neighbour, where that one has others too. */
function leavesOf(graph: Graph, part: readonly number[]): ReadonlyMap<number, readonly number[]> {
  const leaves = new Map<number, number[]>();
  for (const node of part) {
    const [neighbour, second] = neighboursOf(graph, node);
    if (neighbour === undefined || second !== undefined || neighboursOf(graph, neighbour).length < 2) continue;
    const others = leaves.get(neighbour);
    if (others === undefined) leaves.set(neighbour, [node]);
    else others.push(node);
  }
  return leaves;
}

/** The nodes by their distance from the nearest of `starts`, breadth first. */
function byDistance(graph: Graph, nodes: ReadonlySet<number>, starts: readonly number[]): number[][] {
  const seen = new Set(starts);
  const layers: number[][] = [[...starts]];
  for (const layer of layers) {
    const next: number[] = [];
    for (const node of layer) {
      for (const other of neighboursOf(graph, node)) {
        if (seen.has(other) || !nodes.has(other)) continue;
        seen.add(other);
        next.push(other);
      }
    }
    if (next.length > 0) layers.push(next);
  }
  return layers;
}

const SWEEPS = 8;

/**
 * Orders each layer so that links cross little: neighbours within a layer side by side first, then
 * by the mean position of the neighbours above and below in turn (Sugiyama's barycentres), keeping
 * the best of all rounds.
 */
function untangle(graph: Graph, layers: readonly (readonly number[])[]): readonly (readonly number[])[] {
  let current = layers.map((layer) => sideBySide(graph, layer));
  let best = { layers: current, score: tangle(graph, current) };
  for (let sweep = 0; sweep < SWEEPS && best.score > 0; sweep++) {
    const down = sweep % 2 === 0;
    const ordered = current.map((layer) => [...layer]);
    for (let step = 1; step < ordered.length; step++) {
      const index = down ? step : ordered.length - 1 - step;
      const reference = positions(ordered[down ? index - 1 : index + 1] ?? []);
      ordered[index] = byBarycentre(graph, ordered[index] ?? [], reference);
    }
    const score = tangle(graph, ordered);
    if (score < best.score) best = { layers: ordered, score };
    current = ordered;
  }
  return best.layers;
}

const positions = (layer: readonly number[]) => new Map(layer.map((node, position) => [node, position]));

/** Depth first along the links within the layer. */
function sideBySide(graph: Graph, layer: readonly number[]): number[] {
  const inLayer = new Set(layer);
  const ordered = new Set<number>();
  for (const start of layer) {
    const stack = [start];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (ordered.has(node)) continue;
      ordered.add(node);
      stack.push(
        ...neighboursOf(graph, node)
          .filter((other) => inLayer.has(other) && !ordered.has(other))
          .reverse(),
      );
    }
  }
  return [...ordered];
}

/** A node without neighbours in the reference layer keeps its position. */
function byBarycentre(graph: Graph, layer: readonly number[], reference: ReadonlyMap<number, number>): number[] {
  const weighed = layer.map((node, position) => {
    const seen = neighboursOf(graph, node).flatMap((other) => reference.get(other) ?? []);
    return { node, weight: seen.length === 0 ? position : seen.reduce((sum, at) => sum + at, 0) / seen.length };
  });
  return weighed.sort((a, b) => a.weight - b.weight).map(({ node }) => node);
}

/** How tangled an arrangement is: links that cross between layers, and nodes that links within a layer pass. */
function tangle(graph: Graph, layers: readonly (readonly number[])[]): number {
  let score = 0;
  for (const [index, layer] of layers.entries()) {
    const own = positions(layer);
    const below = positions(layers[index + 1] ?? []);
    const ends: number[] = [];
    for (const [position, node] of layer.entries()) {
      const targets = neighboursOf(graph, node);
      ends.push(...targets.flatMap((other) => below.get(other) ?? []).sort(ascending));
      for (const other of targets) score += Math.max(0, (own.get(other) ?? 0) - position - 1);
    }
    score += inversions(ends, below.size);
  }
  return score;
}

/** How many pairs are in descending order, by a binary indexed tree over the values 0 … size − 1. */
function inversions(values: readonly number[], size: number): number {
  const tree = new Array<number>(size + 1).fill(0);
  let count = 0;
  for (const [seen, value] of values.entries()) {
    let notGreater = 0;
    for (let at = value + 1; at > 0; at -= at & -at) notGreater += tree[at] as number;
    count += seen - notGreater;
    for (let at = value + 1; at <= size; at += at & -at) tree[at] = (tree[at] as number) + 1;
  }
  return count;
}
