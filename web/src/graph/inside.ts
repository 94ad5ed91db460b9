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
