export type Point = { readonly x: number; readonly y: number };

/** By counting how often a line from the point to the right crosses the outline. */
export function isInside({ x, y }: Point, outline: readonly Point[]): boolean {
  let isIn = false;
  for (const [index, one] of outline.entries()) {
    const other = outline[(index + 1) % outline.length] ?? one;
    if (one.y > y === other.y > y) continue;
    if (x < ((other.x - one.x) * (y - one.y)) / (other.y - one.y) + one.x) isIn = !isIn;
  }
  return isIn;
}

/** Between what is to be in sight and the edge of the picture, in pixels. */
const margin = 24;

/** How far something is moved along one side of the picture to be in it; what is longer has its middle there. */
export function shiftInto(from: number, length: number, side: number): number {
  if (length > side - 2 * margin) return Math.round(side / 2 - (from + length / 2));
  if (from < margin) return Math.round(margin - from);
  return Math.min(0, Math.round(side - margin - length - from));
}
