import { isMap, isScalar, isSeq, visit, type YAMLMap, type YAMLSeq } from "yaml";
import { followNode } from "./annotations.ts";
import { isEmpty, type LabDocument, mapAt, setAt } from "./document.ts";
import { endText, type FileLink, graphIn, type LinkEnd } from "./file-graph.ts";

/* What is drawn, as changes of the lab file. */

/** A flow map that gets longer than a line is written in lines. */
function unfold(map: YAMLMap | YAMLSeq): void {
  if (map.items.length === 0) map.flow = false;
}

export function addNode(document: LabDocument, name: string, kind: string): void {
  const nodes = mapAt(document, ["nodes"]);
  unfold(nodes);
  nodes.set(document.createNode(name), document.createNode(kind === "host" ? null : { kind }));
}

/** @param settings beside its ends, which are in the long form then */
export function addLink(document: LabDocument, a: LinkEnd, b: LinkEnd, settings: object = {}): void {
  const endpoints = [endText(a), endText(b)];
  const link = document.createNode(Object.keys(settings).length === 0 ? endpoints : { endpoints, ...settings });
  visit(link, {
    Collection: (_, part) => {
      part.flow = true;
    },
  });
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
