import type { Layout } from "../../../src/api/index.ts";

/** The first of 10.0.1.0/24, 10.0.2.0/24, … that the file does not speak of. */
export function freeSubnet(text: string): string {
  for (let number = 1; number < 255; number += 1) if (!text.includes(`10.0.${number}.`)) return `10.0.${number}.0/24`;
  return "10.1.0.0/24";
}

/** Below what is there. */
export function freePlace(places: Layout): Layout[string] {
  const all = Object.values(places);
  if (all.length === 0) return { x: 0, y: 0 };
  const row = Math.max(...all.map(({ y }) => y));
  const inRow = all.filter(({ y }) => y > row - 60);
  const right = Math.max(...inRow.map(({ x }) => x));
  return inRow.length < 5 ? { x: right + 150, y: row } : { x: Math.min(...all.map(({ x }) => x)), y: row + 120 };
}
