import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  visit,
  YAMLMap,
  YAMLSeq,
} from "yaml";
import { followNode } from "./annotations.ts";

/*
 * A lab file as it is edited: a YAML document, whose comments and order stay. What is drawn is read from
 * it, every edit changes it, and the text is its print.
 */

export type LinkEnd = { readonly node: string; readonly interface: string | undefined };

export type FileLink = {
  /** Among the file's links, or of a network its name and the member's place. */
  readonly id: string;
  readonly a: LinkEnd;
  readonly b: LinkEnd;
  readonly at: { readonly link: number } | { readonly network: string; readonly member: number };
  /** Its settings beside its ends. */
  readonly settings: Readonly<Record<string, unknown>>;
};

export type FileNode = {
  readonly name: string;
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** A segment that the file writes as a network. */
  readonly isNetwork: boolean;
};

/** What can be drawn of a lab file; generated parts are not in it. */
export type FileGraph = { readonly nodes: readonly FileNode[]; readonly links: readonly FileLink[] };

export type LabDocument = Document.Parsed;

export const readDocument = (text: string): LabDocument => parseDocument(text);

/** The text of a document, with lines as they are, however long. */
export function printDocument(document: LabDocument): string {
  // As Netwright's own files are written: { a: 1 }, and [a, b].
  visit(document, {
    Seq: (_, list) => {
      if (list.flow !== true) return;
      const print = YAMLSeq.prototype.toString;
      list.toString = (context, ...rest) =>
        context === undefined ? print.call(list) : print.call(list, { ...context, flowCollectionPadding: "" }, ...rest);
    },
    Map: (_, map) => {
      if (map.flow !== true) return;
      const print = YAMLMap.prototype.toString;
      map.toString = (context, ...rest) =>
        context === undefined ? print.call(map) : print.call(map, { ...context, flowCollectionPadding: " " }, ...rest);
    },
  });
  const text = document.toString({ lineWidth: 0, nullStr: "" });
  // What stood before something that is gone, at the end; but not where a text keeps its empty lines (|+).
  return text.endsWith("\n\n") && !/[|>]\d?\+/.test(text) ? `${text.trimEnd()}\n` : text;
}

export const endOf = (text: string): LinkEnd => {
  const at = text.indexOf(":");
  return at < 0 ? { node: text, interface: undefined } : { node: text.slice(0, at), interface: text.slice(at + 1) };
};

export const endText = ({ node, interface: name }: LinkEnd): string => (name === undefined ? node : `${node}:${name}`);

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** Undefined for a text that is no YAML. */
export function graphIn(document: LabDocument): FileGraph | undefined {
  if (document.errors.length > 0) return undefined;
  const data = record(document.toJS({ maxAliasCount: 1000 }));
  const nodes = Object.entries(record(data["nodes"])).map(([name, value]): FileNode => {
    const settings = record(value);
    const { kind } = settings;
    return { name, kind: typeof kind === "string" ? kind : "host", settings, isNetwork: false };
  });
  const links = (Array.isArray(data["links"]) ? data["links"] : []).flatMap((value: unknown, index): FileLink[] => {
    const ends = endsOf(value);
    if (ends === undefined) return [];
    const { endpoints: _, ...settings } = Array.isArray(value) ? { endpoints: [] } : record(value);
    return [{ id: `link ${index}`, a: ends[0], b: ends[1], at: { link: index }, settings }];
  });
  const known = new Set(nodes.map(({ name }) => name));
  const networks = Object.entries(record(data["networks"])).flatMap(([network, value]) => {
    const { members } = record(value);
    const settings = record(value);
    return (Array.isArray(members) ? members : []).flatMap((member: unknown, index): FileLink[] =>
      typeof member === "string"
        ? [
            {
              id: `${network} ${index}`,
              a: endOf(member),
              b: { node: network, interface: undefined },
              at: { network, member: index },
              settings,
            },
          ]
        : [],
    );
  });
  const segments = Object.entries(record(data["networks"]))
    .filter(([name]) => !known.has(name))
    .map(([name, value]): FileNode => ({ name, kind: "switch", settings: record(value), isNetwork: true }));
  return { nodes: [...nodes, ...segments], links: [...links, ...networks] };
}

function endsOf(value: unknown): readonly [LinkEnd, LinkEnd] | undefined {
  const both =
    typeof value === "string"
      ? value.split(/\s+--\s+/)
      : Array.isArray(value)
        ? value
        : (record(value)["endpoints"] as unknown);
  if (!Array.isArray(both) || both.length !== 2) return undefined;
  const [a, b] = both as readonly unknown[];
  return typeof a === "string" && typeof b === "string" ? [endOf(a), endOf(b)] : undefined;
}

/** A name that is free: the prefix and the first number that nobody has. */
export function freeName(graph: FileGraph, prefix: string): string {
  const taken = new Set(graph.nodes.map(({ name }) => name));
  for (let number = 1; ; number += 1) {
    const name = `${prefix}${number}`;
    if (!taken.has(name)) return name;
  }
}

/** The map at `path`, made where there is none; what was nothing there becomes one. */
export function mapAt(document: LabDocument, path: readonly (string | number)[]): YAMLMap {
  const there = document.getIn(path, true);
  if (isMap(there)) return there;
  const made = document.createNode({}) as YAMLMap;
  // A map that was written in one line, as `{}`, is not a place to write more.
  made.flow = false;
  if (path.length === 0) {
    const comment = document.contents?.comment ?? null;
    document.contents = made as unknown as typeof document.contents;
    if (comment !== null) made.comment = comment;
    return made;
  }
  mapAt(document, path.slice(0, -1));
  // Said beside what was nothing.
  if (isScalar(there)) made.commentBefore = [there.commentBefore, there.comment].filter(Boolean).join("\n") || null;
  document.setIn(path, made);
  return made;
}

/** A flow map that gets longer than a line is written in lines. */
function unfold(map: YAMLMap | YAMLSeq): void {
  if (map.items.length === 0) map.flow = false;
}

export function addNode(document: LabDocument, name: string, kind: string): void {
  const nodes = mapAt(document, ["nodes"]);
  unfold(nodes);
  nodes.set(document.createNode(name), document.createNode(kind === "host" ? null : { kind }));
}

export function addLink(document: LabDocument, a: LinkEnd, b: LinkEnd): void {
  const link = document.createNode([endText(a), endText(b)]) as YAMLSeq;
  link.flow = true;
  const there = document.get("links", true);
  if (isSeq(there)) {
    unfold(there);
    there.add(link);
    return;
  }
  const links = document.createNode([]) as YAMLSeq;
  links.flow = false;
  links.add(link);
  const key = document.createNode("links");
  key.spaceBefore = true;
  mapAt(document, []).set(key, links);
}

export function removeLink(document: LabDocument, { at }: Pick<FileLink, "at">): void {
  if ("link" in at) {
    document.deleteIn(["links", at.link]);
    if (isEmpty(document.get("links", true))) document.delete("links");
  } else document.deleteIn(["networks", at.network, "members", at.member]);
}

const isEmpty = (node: unknown): boolean => (isSeq(node) || isMap(node)) && node.items.length === 0;

/** Nodes and links, and the links that end at the nodes. */
export function remove(document: LabDocument, names: readonly string[], ids: readonly string[]): void {
  const graph = graphIn(document);
  if (graph === undefined) return;
  const gone = new Set(names);
  const links = graph.links.filter(({ id, a, b }) => ids.includes(id) || gone.has(a.node) || gone.has(b.node));
  // From the last: places in a list move up.
  const places = links.map(({ at }) => at);
  for (const at of places.toSorted((one, other) => placeIn(other) - placeIn(one))) removeLink(document, { at });
  for (const { name, isNetwork } of graph.nodes) {
    if (!gone.has(name)) continue;
    document.deleteIn([isNetwork ? "networks" : "nodes", name]);
    followNode(document, name, undefined);
  }
  for (const key of ["nodes", "networks"]) {
    const there = document.get(key, true);
    if (key === "networks" && isEmpty(there)) document.delete(key);
  }
}

const placeIn = (at: FileLink["at"]): number => ("link" in at ? at.link : at.member);

/** Under another name, also where links name it. */
export function renameNode(document: LabDocument, from: string, to: string): void {
  const graph = graphIn(document);
  if (graph === undefined) return;
  for (const key of ["nodes", "networks"]) {
    const map = document.get(key, true);
    if (!isMap(map)) continue;
    for (const pair of map.items) {
      if (isScalar(pair.key) && String(pair.key.value) === from) pair.key.value = to;
    }
  }
  for (const link of graph.links) {
    if (link.a.node !== from && link.b.node !== from) continue;
    const renamed = (end: LinkEnd) => (end.node === from ? { ...end, node: to } : end);
    setEnds(document, link, renamed(link.a), renamed(link.b));
  }
  followNode(document, from, to);
}

/** Gives a link other ends, in the form in which it is written. */
export function setEnds(document: LabDocument, { at }: Pick<FileLink, "at">, a: LinkEnd, b: LinkEnd): void {
  if ("network" in at) {
    document.setIn(["networks", at.network, "members", at.member], endText(a));
    return;
  }
  const path = ["links", at.link];
  const there = document.getIn(path, true);
  if (isScalar(there)) there.value = `${endText(a)} -- ${endText(b)}`;
  else {
    const ends = isSeq(there) ? path : [...path, "endpoints"];
    document.setIn([...ends, 0], endText(a));
    document.setIn([...ends, 1], endText(b));
  }
}

/** Sets what is at `path`, or takes it out, with maps that are empty then. */
export function setAt(document: LabDocument, path: readonly (string | number)[], value: unknown): void {
  if (value === undefined) {
    document.deleteIn(path);
    for (let depth = path.length - 1; depth > 2; depth -= 1) {
      const above = path.slice(0, depth);
      if (!isEmpty(document.getIn(above, true))) break;
      document.deleteIn(above);
    }
    const node = path.slice(0, 2);
    if (path[0] === "nodes" && isEmpty(document.getIn(node, true))) document.setIn(node, document.createNode(null));
    return;
  }
  mapAt(document, path.slice(0, -1));
  const there = document.getIn(path, true) as Node | undefined;
  if (isScalar(there) && !isAlias(there) && (typeof value !== "object" || value === null)) {
    there.value = value;
    delete there.source;
    return;
  }
  const made = document.createNode(value);
  if (isSeq(made)) made.flow = true;
  document.setIn(path, made);
}

/** A setting of a link, which is written in its long form from then on. */
export function setOfLink(
  document: LabDocument,
  link: FileLink,
  path: readonly (string | number)[],
  value: unknown,
): void {
  const { at } = link;
  if ("network" in at) {
    setAt(document, ["networks", at.network, ...path], value);
    return;
  }
  const there = document.getIn(["links", at.link], true);
  if (!isMap(there)) {
    if (value === undefined) return;
    const made = document.createNode({ endpoints: [endText(link.a), endText(link.b)] }) as YAMLMap;
    const ends = made.get("endpoints", true) as unknown as YAMLSeq;
    ends.flow = true;
    document.setIn(["links", at.link], made);
  }
  setAt(document, ["links", at.link, ...path], value);
  // Without settings, the short form says it all.
  const now = document.getIn(["links", at.link], true);
  if (value === undefined && isMap(now) && now.items.length === 1) {
    const short = now.get("endpoints", true) as unknown as YAMLSeq;
    short.flow = true;
    document.setIn(["links", at.link], short);
  }
}

/** The line on which something is written, from 1. */
export function lineOf(document: LabDocument, text: string, path: readonly (string | number)[]): number | undefined {
  const node = document.getIn(path, true) as Node | undefined;
  const parent = document.getIn(path.slice(0, -1), true);
  const key = isMap(parent)
    ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path.at(-1))?.key
    : undefined;
  const at = (key as Node | undefined)?.range?.[0] ?? node?.range?.[0];
  return at === undefined ? undefined : text.slice(0, at).split("\n").length;
}
