import type { Layout } from "../../../src/api/index.ts";

export type Alignment = "left" | "centre" | "right" | "top" | "middle" | "bottom";

/** Nodes on one line, by their corners: all are of one size. */
export function align(places: Layout, names: readonly string[], to: Alignment): Layout {
  const at = placesOf(places, names);
  if (at.length < 2) return {};
  const xs = at.map(([, { x }]) => x);
  const ys = at.map(([, { y }]) => y);
  const middle = (all: readonly number[]) => Math.round((Math.min(...all) + Math.max(...all)) / 2);
  const move = ((): ((place: Layout[string]) => Layout[string]) => {
    switch (to) {
      case "left":
        return ({ y }) => ({ x: Math.min(...xs), y });
      case "centre":
        return ({ y }) => ({ x: middle(xs), y });
      case "right":
        return ({ y }) => ({ x: Math.max(...xs), y });
      case "top":
        return ({ x }) => ({ x, y: Math.min(...ys) });
      case "middle":
        return ({ x }) => ({ x, y: middle(ys) });
      case "bottom":
        return ({ x }) => ({ x, y: Math.max(...ys) });
      default:
        return to satisfies never;
    }
  })();
  return Object.fromEntries(at.map(([name, place]) => [name, move(place)]));
}

/** Nodes at equal distances between the two that are furthest from each other, in the order in which they are. */
export function distribute(places: Layout, names: readonly string[], along: "x" | "y"): Layout {
  const at = placesOf(places, names).toSorted(([, one], [, other]) => one[along] - other[along]);
  const first = at[0]?.[1][along];
  const last = at.at(-1)?.[1][along];
  if (at.length < 3 || first === undefined || last === undefined) return {};
  const step = (last - first) / (at.length - 1);
  return Object.fromEntries(
    at.map(([name, place], index) => [name, { ...place, [along]: Math.round(first + step * index) }]),
  );
}

const placesOf = (places: Layout, names: readonly string[]) =>
  names.flatMap((name) => {
    const place = places[name];
    return place === undefined ? [] : [[name, place] as const];
  });

/** Whether the same nodes have the same places. */
export const samePlaces = (one: Layout, other: Layout): boolean =>
  Object.keys({ ...one, ...other }).every((name) => one[name]?.x === other[name]?.x && one[name]?.y === other[name]?.y);
