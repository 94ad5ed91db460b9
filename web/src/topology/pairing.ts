import type { Reading } from "../../../src/api/index.ts";
import type { FileGraph } from "./file-graph.ts";

type ReadLab = NonNullable<Reading["lab"]>;
export type ReadLink = ReadLab["links"][number];

/** What the links of a file became when it was read, by the ids that they have here; and those that are not in the file. */
export type Pairing = { readonly of: ReadonlyMap<string, ReadLink>; readonly others: readonly ReadLink[] };

const keyOf = (a: string, b: string): string => [a, b].toSorted().join("\n");

/** Links of the same two nodes are in the same order in the file and as read. */
export function pairLinks(graph: FileGraph, lab: ReadLab | undefined): Pairing {
  const groups = Map.groupBy(lab?.links ?? [], ({ a, b }) => keyOf(a.node, b.node));
  const next = new Map<string, number>();
  const of = new Map<string, ReadLink>();
  for (const { id, a, b } of graph.links) {
    const key = keyOf(a.node, b.node);
    const index = next.get(key) ?? 0;
    next.set(key, index + 1);
    const link = groups.get(key)?.[index];
    if (link !== undefined) of.set(id, link);
  }
  const others = [...groups].flatMap(([key, links]) => links.slice(next.get(key) ?? 0));
  return { of, others };
}
