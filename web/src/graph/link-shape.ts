import { nodeSize } from "./node-size.ts";

export type Point = { readonly x: number; readonly y: number };

/** Where a link lies in the picture: its ends are in the middle of its nodes. */
export type LinkShape = {
  readonly a: Point;
  readonly b: Point;
  readonly middle: Point;
  /** From `a` to `b`, of length 1. */
  readonly unit: Point;
  readonly length: number;
  /** From an end to the middle of its interface's name. */
  readonly nameAt: number;
};

const laneWidth = 14;
/** From a node's border to the middle of an interface's name. */
const nameDistance = 16;

/**
 * @param a where the node of one end is (its upper left corner)
 * @param shift to the side, in lanes, for links of the same two nodes
 */
export function shapeOf(a: Point, b: Point, shift: number): LinkShape {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const unit = { x: (b.x - a.x) / length, y: (b.y - a.y) / length };
  const aside = shift * laneWidth;
  const end = ({ x, y }: Point): Point => ({
    x: x + nodeSize.width / 2 - unit.y * aside,
    y: y + nodeSize.height / 2 + unit.x * aside,
  });
  const [from, to] = [end(a), end(b)];
  // How far it is from the middle of a node to its border, in the direction of the line.
  const border = Math.min(
    nodeSize.width / 2 / Math.max(Math.abs(unit.x), 0.01),
    nodeSize.height / 2 / Math.max(Math.abs(unit.y), 0.01),
  );
  return {
    a: from,
    b: to,
    middle: { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 },
    unit,
    length,
    nameAt: border + nameDistance + Math.abs(unit.x) * 8,
  };
}

/** Lanes do not change sides when a link is written the other way round. */
export const shiftOf = (a: string, b: string, lane: number): number => lane * (a < b ? 1 : -1);

/** Whether there is room for the names of its interfaces. */
export const hasRoomForNames = ({ length, nameAt }: LinkShape): boolean => length > nameAt * 2 + 36;

export const along = ({ a, b, unit }: LinkShape, end: "a" | "b", by: number): Point =>
  end === "a" ? { x: a.x + unit.x * by, y: a.y + unit.y * by } : { x: b.x - unit.x * by, y: b.y - unit.y * by };
