import { type Graph, neighboursOf } from "./graph.ts";

/** How wide things are, in the units of the drawing: characters or pixels. */
export type Sizes = {
  readonly width: (node: number) => number;
  /** Between two nodes that stand side by side. */
  readonly gap: (left: number, right: number) => number;
};

const SWEEPS = 6;

/**
 * Places the nodes of each layer next to each other, every node as near as possible to the middle of
 * its neighbours above and below. Deterministic; whole numbers.
 *
 * @returns the left edge of each node, the smallest being 0
 */
export function spread(
  graph: Graph,
  layers: readonly (readonly number[])[],
  { width, gap }: Sizes,
): ReadonlyMap<number, number> {
  const left = new Map<number, number>();
  const middle = (node: number) => (left.get(node) ?? 0) + width(node) / 2;
  const layerOf = new Map(layers.flatMap((layer, index) => layer.map((node) => [node, index] as const)));

  /** Least squares with the order and the gaps kept: pool adjacent violators (isotonic regression). */
  const place = (layer: readonly number[], wanted: (node: number) => number) => {
    const offsets: number[] = [];
    const pools: { sum: number; count: number }[] = [];
    for (const [index, node] of layer.entries()) {
      const before = layer[index - 1];
      const offset = before === undefined ? 0 : (offsets[index - 1] ?? 0) + width(before) + gap(before, node);
      offsets.push(offset);
      let pool = { sum: wanted(node) - width(node) / 2 - offset, count: 1 };
      for (
        let last = pools.at(-1);
        last !== undefined && last.sum / last.count > pool.sum / pool.count;
        last = pools.at(-1)
      ) {
        pool = { sum: pool.sum + last.sum, count: pool.count + last.count };
        pools.pop();
      }
      pools.push(pool);
    }
    let index = 0;
    for (const { sum, count } of pools) {
      for (const end = index + count; index < end; index++) {
        left.set(layer[index] as number, Math.round(sum / count) + (offsets[index] as number));
      }
    }
  };

  for (const layer of layers) place(layer, () => 0);
  for (let sweep = 0; sweep < SWEEPS && layers.length > 1; sweep++) {
    const down = sweep % 2 === 0;
    for (let step = 1; step < layers.length; step++) {
      const index = down ? step : layers.length - 1 - step;
      const reference = down ? index - 1 : index + 1;
      place(layers[index] ?? [], (node) => {
        const seen = neighboursOf(graph, node).filter((other) => layerOf.get(other) === reference);
        return seen.length === 0 ? middle(node) : seen.reduce((sum, other) => sum + middle(other), 0) / seen.length;
      });
    }
  }

  const start = Math.min(...[...left.values()]);
  for (const [node, at] of left) left.set(node, at - start);
  return left;
}
