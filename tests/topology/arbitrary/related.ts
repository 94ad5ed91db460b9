import fc from "fast-check";
import type { Interface, Lab, LinkConditions } from "../../../src/topology/model.ts";
import type { RawLink } from "./link.ts";
import { type RawLab, rawLab } from "./raw.ts";
import { repair } from "./repair.ts";

/** Two valid labs, each drawn part by part from the same two, so that they have much in common. */
export const relatedLabs = (): fc.Arbitrary<readonly [Lab, Lab]> =>
  fc
    .tuple(rawLab(true), rawLab(true), fc.infiniteStream(fc.integer({ min: 0, max: 9 })))
    .map(([first, second, dice]) => {
      const draw = () => dice.next().value as number;
      return [repair(mix(first, second, draw)), repair(mix(first, second, draw))] as const;
    });

/** For each part: mostly that of `first`, at times that of `second`, or half of each, or none. */
function mix(first: RawLab, second: RawLab, draw: () => number): RawLab {
  const pick = <T>(ours: readonly T[], theirs: readonly T[], key: (item: T) => string, blend: (a: T, b: T) => T) => {
    const others = new Map(theirs.map((item) => [key(item), item]));
    const result: T[] = [];
    for (const name of new Set([...ours, ...theirs].map(key))) {
      const mine = ours.find((item) => key(item) === name);
      const other = others.get(name);
      const roll = draw();
      if (mine === undefined || other === undefined) {
        const only = mine ?? other;
        if (only !== undefined && roll < 7) result.push(only);
      } else if (roll < 5) result.push(mine);
      else if (roll < 6) result.push(other);
      else if (roll < 9) result.push(blend(mine, other));
    }
    return result;
  };
  return {
    mode: draw() < 7 ? first.mode : second.mode,
    nodes: pick(
      first.nodes,
      second.nodes,
      (node) => node.name,
      (a, b) => blendRecords(a, b, draw, ["kind", "interfaces"]),
    ),
    links: pick(
      first.links,
      second.links,
      (one) => one.id,
      (a) => a,
    )
      .map((one) => (draw() < 2 ? { ...one, variant: draw() % 3 } : one))
      .map((one) => (draw() < 3 ? withConditions(one, OTHER_CONDITIONS[draw() % OTHER_CONDITIONS.length]) : one)),
    processes: pick(
      first.processes,
      second.processes,
      (one) => one.name,
      (a, b) => blendRecords(a, b, draw, []),
    ),
    captures: pick(
      first.captures,
      second.captures,
      (one) => one.file,
      (a, b) => (draw() < 7 ? a : b),
    ),
  };
}

const OTHER_CONDITIONS: readonly LinkConditions[] = [
  {},
  { medium: "wire" },
  { impairments: { ab: { delayMs: 20 } } },
  { impairments: { ab: { delayMs: 20 }, ba: { loss: { uniform: 0.1 } } }, medium: "kernel" },
];

function withConditions(link: RawLink, conditions: LinkConditions = {}): RawLink {
  const { impairments: _, medium: __, ...bare } = link;
  return { ...bare, ...conditions };
}

/** `a` with some fields of `b`, and of `interfaces` some of each; `a` itself when they are of two kinds. */
function blendRecords<T extends object>(a: T, b: T, draw: () => number, whole: readonly string[]): T {
  const ours = a as Record<string, unknown>;
  const theirs = b as Record<string, unknown>;
  if (ours["kind"] !== theirs["kind"]) return draw() < 5 ? a : b;
  const result: Record<string, unknown> = { ...ours };
  for (const key of Object.keys(theirs)) if (!whole.includes(key) && draw() < 2) result[key] = theirs[key];
  if (Array.isArray(ours["interfaces"])) {
    const other = new Map((theirs["interfaces"] as Interface[]).map((one) => [one.name, one]));
    const mine = (ours["interfaces"] as Interface[]).map((one) => {
      const their = other.get(one.name);
      return their !== undefined && draw() < 3 ? { ...one, addresses: their.addresses } : one;
    });
    const extra = [...other.values()].filter((one) => !mine.some(({ name }) => name === one.name) && draw() < 2);
    result["interfaces"] = [...mine, ...extra].filter(() => draw() < 9);
  }
  return result as T;
}
