import { labError } from "../errors/error.ts";
import { findNode } from "../find-node.ts";
import { isSwitch, type Lab, type NodeName } from "../model.ts";
import { nearest } from "../nearest.ts";
import { healed, type Partition } from "./partition.ts";
import { segmentsOf } from "./segments.ts";

/** How each verb is written. `--` sets groups apart. */
export const partitionUsage = {
  isolate: "isolate NODE…",
  split: "split NODE… -- NODE… [-- NODE…]",
  disjoint: "disjoint NODE… -- NODE… [-- NODE…]",
  halves: "halves",
  "majority-ring": "majority-ring",
  "one-way": "one-way NODE… '->' NODE…",
  heal: "heal",
} as const;

export type PartitionVerb = keyof typeof partitionUsage;
export const partitionVerbs = Object.keys(partitionUsage) as readonly PartitionVerb[];

type Topology = Pick<Lab, "name" | "nodes" | "links">;

/**
 * The partition that a person asks for.
 *
 * - `isolate A B`: each of them alone, the others together.
 * - `split A B -- B C`: these groups; a node may be in several, and those in none are alone.
 * - `disjoint A -- B C`: these groups, with every machine in exactly one.
 * - `halves`: the first half of the machines in the order of the lab, the larger one, and the second.
 * - `majority-ring`: the machines in a ring, in the order of the lab. Each hears those nearest to it on
 *   both sides, as few as make a majority with itself, and no two hear the same ones. Of at least four.
 * - `one-way A -> B`: A is heard by B and hears nothing of it. Neighbours only.
 * - `heal`: everyone hears everyone.
 *
 * @param words the verb and what follows it
 * @throws PARTITION_UNKNOWN, PARTITION_FORM, NODE_NOT_FOUND, PARTITION_OF_SWITCH, PARTITION_NODE_TWICE,
 * PARTITION_INCOMPLETE, PARTITION_TOO_FEW, ONE_WAY_NOT_NEIGHBOURS
 */
export function makePartition(lab: Topology, words: readonly string[]): Partition {
  const [word = "", ...rest] = words;
  const verb = partitionVerbs.find((known) => known === word);
  if (verb === undefined) {
    const suggestion = nearest(word, partitionVerbs);
    const details = { verb: word, known: partitionVerbs };
    throw labError("PARTITION_UNKNOWN", suggestion === undefined ? details : { ...details, nearest: suggestion });
  }
  const machines = lab.nodes.filter((node) => !isSwitch(node)).map(({ name }) => name);
  const groups = groupsIn(rest, verb === "one-way" ? "->" : "--");
  const expected = verb === "isolate" ? 1 : verb === "one-way" || verb === "disjoint" ? 2 : verb === "split" ? 1 : 0;
  const most = verb === "isolate" ? 1 : verb === "one-way" ? 2 : expected === 0 ? 0 : Number.POSITIVE_INFINITY;
  const isEmpty = rest.length > 0 && groups.some((group) => group.length === 0);
  const count = rest.length === 0 ? 0 : groups.length;
  if (isEmpty || count < expected || count > most)
    throw labError("PARTITION_FORM", { verb, usage: partitionUsage[verb] });
  expectMachines(lab, machines, groups.flat());
  for (const group of groups) expectOnce(group);

  switch (verb) {
    case "isolate": {
      const alone = new Set(rest);
      return { kind: "groups", groups: [machines.filter((name) => !alone.has(name))] };
    }
    case "split":
      return { kind: "groups", groups };
    case "disjoint":
      expectOnce(groups.flat());
      expectAll(machines, groups.flat());
      return { kind: "groups", groups };
    case "halves": {
      if (machines.length < 2) throw labError("PARTITION_TOO_FEW", { verb, least: 2, count: machines.length });
      const half = Math.ceil(machines.length / 2);
      return { kind: "groups", groups: [machines.slice(0, half), machines.slice(half)] };
    }
    case "majority-ring":
      return majorityRing(machines);
    case "one-way": {
      const [from = [], to = []] = groups;
      expectOnce(groups.flat());
      expectNeighbours(lab, from, to);
      return { kind: "one-way", from, to };
    }
    case "heal":
      return healed;
    default:
      return verb satisfies never;
  }
}

/** Machines at most `reach` apart in the ring share one of these groups, and others share none. */
function majorityRing(machines: readonly NodeName[]): Partition {
  const count = machines.length;
  // With three, both neighbours are everyone.
  if (count < 4) throw labError("PARTITION_TOO_FEW", { verb: "majority-ring", least: 4, count });
  const others = Math.floor(count / 2);
  const reach = Math.ceil(others / 2);
  const ring = [...machines, ...machines];
  return { kind: "groups", groups: machines.map((_, index) => ring.slice(index, index + reach + 1)) };
}

function groupsIn(words: readonly string[], separator: string): readonly (readonly string[])[] {
  const groups: string[][] = [[]];
  for (const word of words) {
    if (word === separator) groups.push([]);
    else groups.at(-1)?.push(word);
  }
  return groups;
}

function expectMachines({ name: lab, nodes }: Topology, machines: readonly NodeName[], names: readonly string[]): void {
  const known = machines.map((name) => ({ name }));
  const switches = new Set(nodes.filter(isSwitch).map(({ name }) => name));
  for (const node of names) {
    if (switches.has(node)) throw labError("PARTITION_OF_SWITCH", { node });
    findNode(lab, known, node);
  }
}

function expectOnce(names: readonly NodeName[]): void {
  const seen = new Set<NodeName>();
  for (const node of names) {
    if (seen.has(node)) throw labError("PARTITION_NODE_TWICE", { node });
    seen.add(node);
  }
}

function expectAll(machines: readonly NodeName[], names: readonly NodeName[]): void {
  const named = new Set(names);
  const missing = machines.filter((name) => !named.has(name));
  if (missing.length > 0) throw labError("PARTITION_INCOMPLETE", { nodes: missing });
}

function expectNeighbours(lab: Topology, from: readonly NodeName[], to: readonly NodeName[]): void {
  const [some, others] = [new Set(from), new Set(to)];
  const meet = (nodes: readonly NodeName[]) =>
    nodes.some((name) => some.has(name)) && nodes.some((name) => others.has(name));
  const { direct, switched } = segmentsOf(lab);
  const isMet =
    direct.some(({ a, b }) => meet([a.node, b.node])) ||
    switched.some(({ ports }) => meet(ports.map(({ endpoint }) => endpoint.node)));
  if (!isMet) throw labError("ONE_WAY_NOT_NEIGHBOURS", { from, to });
}
