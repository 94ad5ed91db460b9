import { isMap, isScalar, isSeq, type Node, visit, type YAMLMap, type YAMLSeq } from "yaml";
import type { Layout } from "../../../src/api/index.ts";
import { addressesIn, freePrefix, holds, moved, overlap, type Prefix, prefixesIn } from "./addresses.ts";
import { addGroup, addNote, annotationsIn, placesIn, setPlaces } from "./annotations.ts";
import { type LabDocument, mapAt, printDocument, readDocument } from "./document.ts";
import { remove, renameNode } from "./edits.ts";
import { freeName, graphIn } from "./file-graph.ts";

/*
 * A part of a lab file, as it is copied and pasted: a lab file itself, that can be pasted from any text.
 */

/** Of what is edited, some nodes, the links among them, and the groups that they make up, with their places. */
export function fragmentOf(document: LabDocument, names: readonly string[], places: Layout): string {
  const part = readDocument(printDocument(document));
  const graph = graphIn(part);
  if (graph === undefined) return "";
  const kept = new Set(names);
  for (const key of topKeys(part)) if (!partKeys.includes(key)) part.delete(key);
  remove(
    part,
    graph.nodes.map(({ name }) => name).filter((name) => !kept.has(name)),
    [],
  );
  if (part.hasIn(["drawing", "notes"])) part.deleteIn(["drawing", "notes"]);
  setPlaces(part, Object.fromEntries(Object.entries(places).filter(([name]) => kept.has(name))));
  // What the file says of itself, above its first line, is not of its parts.
  part.commentBefore = null;
  if (isMap(part.contents)) {
    part.contents.commentBefore = null;
    const first = part.contents.items[0]?.key as Node | undefined;
    if (first !== undefined) {
      first.commentBefore = null;
      first.spaceBefore = false;
    }
  }
  return printDocument(part);
}

const partKeys: readonly string[] = ["nodes", "networks", "links", "drawing"];

const topKeys = (document: LabDocument): readonly string[] =>
  isMap(document.contents) ? document.contents.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];

/** Whether a text has something that could be pasted. */
export function isFragment(text: string): boolean {
  const graph = graphIn(readDocument(text));
  return graph !== undefined && graph.nodes.length > 0;
}

export type Pasted = { readonly names: readonly string[]; readonly layout: Layout };

/**
 * Puts the nodes and links of a fragment into a document, under names that are free there, and in
 * networks that are: where the fragment's are taken, others are found, and host parts stay.
 *
 * @param shift of places, so that what is pasted does not lie on what was copied
 */
export function paste(document: LabDocument, text: string, shift: Layout[string], known: Layout): Pasted {
  const part = readDocument(readdressed(text, printDocument(document)));
  const graph = graphIn(part);
  if (graph === undefined) return { names: [], layout: {} };
  const names: string[] = [];
  for (const { name } of graph.nodes) {
    const both = [...(graphIn(document)?.nodes ?? []), ...(graphIn(part)?.nodes ?? [])];
    const isFree = both.filter((node) => node.name === name).length === 1;
    const called = isFree ? name : freeName({ nodes: both, links: [] }, name.replace(/\d+$/, "") || name);
    if (!isFree) renameNode(part, name, called);
    names.push(called);
  }
  // An address of hardware is of one interface only.
  visit(part, {
    Pair: (_, { key }) => (isScalar(key) && key.value === "mac" ? visit.REMOVE : undefined),
  });
  const { groups, notes } = annotationsIn(part);
  const places = placesIn(part);
  for (const key of ["nodes", "networks", "links"] as const) merge(document, part, key);
  for (const group of groups) addGroup(document, group);
  for (const note of notes) addNote(document, { ...note, x: note.x + shift.x, y: note.y + shift.y });
  const layout = Object.fromEntries(
    names.flatMap((name) => {
      const at = places[name];
      return at === undefined ? [] : [[name, { x: at.x + shift.x, y: at.y + shift.y }] as const];
    }),
  );
  return { names, layout: { ...known, ...layout } };
}

/** What stands in a part, with its comments, goes to the end of what stands in the document. */
function merge(document: LabDocument, part: LabDocument, key: "nodes" | "networks" | "links"): void {
  const from = part.get(key, true);
  if (!(isMap(from) || isSeq(from)) || from.items.length === 0) return;
  const there = document.get(key, true);
  if (isMap(there) || isSeq(there)) {
    if (there.items.length === 0) there.flow = false;
    if (isMap(there) && isMap(from)) (there as YAMLMap).items.push(...from.items);
    else if (isSeq(there) && isSeq(from)) (there as YAMLSeq).items.push(...from.items);
    return;
  }
  const all = mapAt(document, []);
  const name = document.createNode(key);
  name.spaceBefore = all.items.length > 0;
  all.delete(key);
  all.set(name, from);
}

/** A text whose networks are not those that the other has. */
function readdressed(text: string, into: string): string {
  const taken = [...prefixesIn(into)];
  const own = prefixesIn(text);
  const lengths = new Set(addressesIn(text).map(({ address, length }) => `${address}/${length}`));
  // An address without a length is of a network that is written with one, or of somebody else: a server of names.
  const networks = own.filter(({ network, length }) => length < 32 || lengths.has(`${network}/32`));
  const found = new Map<Prefix, Prefix>();
  // Widest first: what lies within a network moves with it.
  for (const prefix of networks.toSorted((one, other) => one.length - other.length)) {
    if ([...found.keys()].some((one) => holds(one, prefix.network))) continue;
    if (!taken.some((one) => overlap(one, prefix))) continue;
    const free =
      prefix.length === 32 ? next(prefix, [...taken, ...own]) : freePrefix(prefix.length, [...taken, ...own]);
    taken.push(free);
    found.set(prefix, free);
  }
  return moved(text, found);
}

/** The next address that nobody has. */
function next({ network }: Prefix, taken: readonly Prefix[]): Prefix {
  for (let address = network + 1; ; address += 1) {
    const one = { network: address, length: 32 };
    if (!taken.some((other) => other.length === 32 && other.network === address)) return one;
  }
}
