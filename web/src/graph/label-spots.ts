import type { Layout } from "../../../src/api/index.ts";
import { along, hasRoomForNames, type LinkShape, type Point, shapeOf, shiftOf } from "./link-shape.ts";
import { nodeSize } from "./node-size.ts";

/** What is said beside a link, which is told apart from what is said of others by where it stands. */
export type Labelled = {
  readonly id: string;
  readonly a: string;
  readonly b: string;
  readonly aInterface: string;
  readonly bInterface: string;
  readonly isImpaired: boolean;
  readonly words: string;
  readonly lane: number;
};

/** The middle of the words of a link, from the middle of the link; they begin, are centred or end there. */
export type Spot = { readonly x: number; readonly y: number; readonly anchor: "start" | "middle" | "end" };

export type Box = { readonly x: number; readonly y: number; readonly halfWidth: number; readonly halfHeight: number };

const letterWidth = 6.2;
export const lineHeight = 13;
/** Of a rate, an arrow before it; of one with what is lost. */
const rateWidth = 78;
const lossWidth = 150;
/** How far along the link, and how far beside where there would be room enough for it alone. */
const shares = [0.5, 0.4, 0.6, 0.3, 0.7];
const gaps = [3, 13, 24, 36];
/** Two looks at each: at the second, those that came later have their places. */
const rounds = 2;

/**
 * Finds where the words of each link stand so that they cover nothing and are nearer to their link than to another.
 *
 * @param links those that words are shown of, with what is shown of them
 */
export function spotsOf(links: readonly Labelled[], places: Layout): ReadonlyMap<string, Spot> {
  const drawn = links.flatMap((link) => {
    const [a, b] = [places[link.a], places[link.b]];
    return a === undefined || b === undefined
      ? []
      : [{ link, shape: shapeOf(a, b, shiftOf(link.a, link.b, link.lane)) }];
  });
  const nodes = Object.values(places).map(({ x, y }): Box => {
    const [halfWidth, halfHeight] = [nodeSize.width / 2, nodeSize.height / 2];
    return { x: x + halfWidth, y: y + halfHeight, halfWidth: halfWidth + 2, halfHeight: halfHeight + 2 };
  });
  const names = drawn.flatMap(({ link, shape }) => (hasRoomForNames(shape) ? nameBoxes(link, shape) : []));
  const spots = new Map<string, { readonly box: Box; readonly spot: Spot }>();
  for (let round = 0; round < rounds; round += 1)
    for (const { link, shape } of drawn) {
      const others = drawn.filter((other) => other.link !== link);
      const labels = others.flatMap(({ link: { id } }) => spots.get(id)?.box ?? []);
      let best: { readonly box: Box; readonly spot: Spot; readonly cost: number } | undefined;
      for (const candidate of candidatesOf(link, shape)) {
        if (best !== undefined && candidate.cost >= best.cost) continue;
        const { box } = candidate;
        const cost =
          candidate.cost +
          countOf(nodes, (node) => overlap(node, box)) * 500 +
          countOf(names, (name) => overlap(name, box)) * 400 +
          countOf(labels, (label) => overlap(label, box)) * 450 +
          countOf(others, (other) => isCrossed(box, other.shape)) * 200 +
          (isCrossed(box, shape) ? 150 : 0) +
          // Of two links, words are of the one that they are nearer to.
          countOf(others, (other) => distance(box, other.shape) < distance(box, shape) + 4) * 90;
        if (best === undefined || cost < best.cost) best = { ...candidate, cost };
      }
      if (best !== undefined) spots.set(link.id, best);
    }
  return new Map([...spots].map(([id, { spot }]) => [id, spot]));
}

function* candidatesOf(
  { isImpaired, words }: Labelled,
  shape: LinkShape,
): Generator<{ readonly box: Box; readonly spot: Spot; readonly cost: number }> {
  const { a, unit, length, middle } = shape;
  const halfWidth = Math.max(words.length * letterWidth, isImpaired ? lossWidth : rateWidth) / 2;
  const halfHeight = ((words === "" ? 2 : 3) * lineHeight) / 2;
  for (const gap of gaps)
    for (const share of shares)
      for (const side of [1, -1]) {
        // Below a flat link, right of a steep one.
        const lies = Math.abs(unit.x) > Math.abs(unit.y) ? Math.sign(unit.x) : -Math.sign(unit.y);
        const normal = { x: -unit.y * side * lies, y: unit.x * side * lies };
        const beside = Math.abs(normal.x) * halfWidth + Math.abs(normal.y) * halfHeight + gap;
        const at = {
          x: a.x + unit.x * length * share + normal.x * beside,
          y: a.y + unit.y * length * share + normal.y * beside,
        };
        const anchor = Math.abs(normal.x) < 0.3 ? "middle" : normal.x > 0 ? "start" : "end";
        const edge = anchor === "middle" ? 0 : anchor === "start" ? -halfWidth : halfWidth;
        yield {
          box: { ...at, halfWidth, halfHeight },
          spot: { x: at.x + edge - middle.x, y: at.y - middle.y, anchor },
          cost: gap + Math.abs(share - 0.5) * 60 + (side === 1 ? 0 : 2),
        };
      }
}

function nameBoxes({ aInterface, bInterface }: Labelled, shape: LinkShape): readonly Box[] {
  const box = (text: string, at: Point): Box => ({
    ...at,
    halfWidth: (text.length * letterWidth) / 2 + 3,
    halfHeight: lineHeight / 2 + 1,
  });
  return [box(aInterface, along(shape, "a", shape.nameAt)), box(bInterface, along(shape, "b", shape.nameAt))].filter(
    ({ halfWidth }) => halfWidth > 3,
  );
}

const countOf = <Item>(items: readonly Item[], is: (item: Item) => boolean): number =>
  items.reduce((count, item) => count + (is(item) ? 1 : 0), 0);

const overlap = (one: Box, other: Box): boolean =>
  Math.abs(one.x - other.x) < one.halfWidth + other.halfWidth &&
  Math.abs(one.y - other.y) < one.halfHeight + other.halfHeight;

/** Whether a line goes through a box (Liang and Barsky: what is left of it between the box's edges). */
export function isCrossed({ x, y, halfWidth, halfHeight }: Box, { a, b }: LinkShape): boolean {
  let [from, to] = [0, 1];
  for (const [start, way, middle, half] of [
    [a.x, b.x - a.x, x, halfWidth],
    [a.y, b.y - a.y, y, halfHeight],
  ] as const) {
    if (way === 0) {
      if (Math.abs(start - middle) >= half) return false;
      continue;
    }
    const [one, other] = [(middle - half - start) / way, (middle + half - start) / way];
    from = Math.max(from, Math.min(one, other));
    to = Math.min(to, Math.max(one, other));
  }
  return from < to;
}

/** From the middle of the box to the link. */
function distance({ x, y }: Box, { a, unit, length }: LinkShape): number {
  const share = Math.min(length, Math.max(0, (x - a.x) * unit.x + (y - a.y) * unit.y));
  return Math.hypot(a.x + unit.x * share - x, a.y + unit.y * share - y);
}
