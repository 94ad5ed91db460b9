import { readDocument } from "./document.ts";
import { endText, type FileGraph, graphIn } from "./file-graph.ts";

/** What differs between two lab files, as people speak of it. */
export type Changes = {
  readonly nodes: Sets;
  readonly links: Sets;
};
type Sets = {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
};

/** Undefined when one of the texts is no YAML. */
export function changesBetween(before: string, after: string): Changes | undefined {
  const [one, other] = [graphIn(readDocument(before)), graphIn(readDocument(after))];
  if (one === undefined || other === undefined) return undefined;
  return { nodes: compared(nodesOf(one), nodesOf(other)), links: compared(linksOf(one), linksOf(other)) };
}

const nodesOf = ({ nodes }: FileGraph) => new Map(nodes.map((node) => [node.name, JSON.stringify(node.settings)]));

/** Links have no names: the same ends a second time are another link. */
function linksOf({ links }: FileGraph): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const { a, b, settings } of links) {
    const ends = `${endText(a)} — ${endText(b)}`;
    let name = ends;
    for (let count = 2; all.has(name); count += 1) name = `${ends} (${count})`;
    all.set(name, JSON.stringify(settings));
  }
  return all;
}

const compared = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Sets => ({
  added: [...after.keys()].filter((name) => !before.has(name)),
  removed: [...before.keys()].filter((name) => !after.has(name)),
  changed: [...after].filter(([name, is]) => before.has(name) && before.get(name) !== is).map(([name]) => name),
});
