import { isMap, isScalar, isSeq, type Pair, type YAMLMap, type YAMLSeq } from "yaml";
import type { Layout } from "../../../src/api/index.ts";
import type { LabDocument } from "./document.ts";
import { record } from "./record.ts";

/*
 * What the drawing of a lab file has beside nodes and links: notes, groups, and places of nodes. They
 * stand in the file (`drawing`), and so are versions, copies and exports of it.
 */

export type Note = { readonly text: string; readonly x: number; readonly y: number };
export type NodeGroup = { readonly title: string; readonly nodes: readonly string[] };
export type Annotations = { readonly notes: readonly Note[]; readonly groups: readonly NodeGroup[] };

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const placeOf = (value: unknown): Layout[string] | undefined => {
  const [x, y] = list(value);
  return typeof x === "number" && typeof y === "number" ? { x, y } : undefined;
};

/** Only of this part: a lab file may be long. */
function drawingIn(document: LabDocument): Readonly<Record<string, unknown>> {
  if (document.errors.length > 0 || !isMap(document.contents)) return {};
  const drawing = document.contents.get("drawing", true) as unknown;
  return isMap(drawing) ? record(drawing.toJS(document, { maxAliasCount: 1000 })) : {};
}

/** In the order of the file; what is not as it should be has an empty text, and its place in the order. */
export function annotationsIn(document: LabDocument): Annotations {
  const { notes, groups } = drawingIn(document);
  return {
    notes: list(notes).map((one): Note => {
      const { text, at } = record(one);
      return { text: typeof text === "string" ? text : "", ...(placeOf(at) ?? { x: 0, y: 0 }) };
    }),
    groups: list(groups).map((one): NodeGroup => {
      const { title, nodes } = record(one);
      return {
        title: typeof title === "string" ? title : "",
        nodes: list(nodes).filter((name) => typeof name === "string"),
      };
    }),
  };
}

/** Where the file itself says that nodes are drawn. */
export function placesIn(document: LabDocument): Layout {
  const { places } = drawingIn(document);
  return Object.fromEntries(
    Object.entries(record(places)).flatMap(([name, at]) => {
      const place = placeOf(at);
      return place === undefined ? [] : [[name, place] as const];
    }),
  );
}

const inLine = <Collection extends YAMLMap | YAMLSeq>(collection: unknown): Collection => {
  const made = collection as Collection;
  made.flow = true;
  return made;
};

/** A list of the drawing, made where there is none. */
function listAt(document: LabDocument, key: "notes" | "groups"): YAMLSeq {
  const there = document.getIn(["drawing", key], true);
  if (isSeq(there)) {
    if (there.items.length === 0) there.flow = false;
    return there;
  }
  if (!isMap(document.get("drawing", true))) {
    const drawing = document.createNode({}) as YAMLMap;
    drawing.flow = false;
    if (isMap(document.contents)) {
      const name = document.createNode("drawing");
      name.spaceBefore = document.contents.items.length > 0;
      document.contents.add({ key: name, value: drawing } as unknown as Pair<never, never>);
    } else document.set("drawing", drawing);
  }
  const made = document.createNode([]) as YAMLSeq;
  made.flow = false;
  document.setIn(["drawing", key], made);
  return made;
}

/** What is empty goes, and with the last of it the drawing. */
function tidy(document: LabDocument, key: "notes" | "groups" | "places"): void {
  const empty = (path: readonly string[]) => {
    const there = document.getIn(path, true);
    return (isSeq(there) || isMap(there)) && there.items.length === 0;
  };
  if (empty(["drawing", key])) document.deleteIn(["drawing", key]);
  if (empty(["drawing"])) document.delete("drawing");
}

const noteNode = (document: LabDocument, { text, x, y }: Note) => {
  const words = document.createNode(text);
  const note = document.createNode({ text: words }) as YAMLMap;
  if (text.includes("\n")) words.type = "BLOCK_LITERAL";
  else inLine(note);
  note.set("at", inLine(document.createNode([Math.round(x), Math.round(y)])));
  return note;
};

export function addNote(document: LabDocument, note: Note): void {
  listAt(document, "notes").add(noteNode(document, note));
}

export function setNote(document: LabDocument, index: number, note: Note): void {
  document.setIn(["drawing", "notes", index], noteNode(document, note));
}

export function removeNote(document: LabDocument, index: number): void {
  document.deleteIn(["drawing", "notes", index]);
  tidy(document, "notes");
}

const groupNode = (document: LabDocument, { title, nodes }: NodeGroup) => {
  const group = inLine<YAMLMap>(document.createNode({ title }));
  group.set("nodes", inLine(document.createNode([...nodes])));
  return group;
};

export function addGroup(document: LabDocument, group: NodeGroup): void {
  listAt(document, "groups").add(groupNode(document, group));
}

export function setGroup(document: LabDocument, index: number, group: NodeGroup): void {
  document.setIn(["drawing", "groups", index], groupNode(document, group));
}

export function removeGroup(document: LabDocument, index: number): void {
  document.deleteIn(["drawing", "groups", index]);
  tidy(document, "groups");
}

/** Places go into the file, or, undefined, out of it. */
export function setPlaces(document: LabDocument, layout: Layout | undefined): void {
  if (layout === undefined || Object.keys(layout).length === 0) {
    if (document.hasIn(["drawing", "places"])) document.deleteIn(["drawing", "places"]);
    tidy(document, "places");
    return;
  }
  if (!isMap(document.get("drawing", true))) {
    listAt(document, "notes");
    document.deleteIn(["drawing", "notes"]);
  }
  const places = document.createNode({}) as YAMLMap;
  places.flow = false;
  for (const [name, { x, y }] of Object.entries(layout))
    places.set(document.createNode(name), inLine(document.createNode([Math.round(x), Math.round(y)])));
  document.setIn(["drawing", "places"], places);
}

/** In groups and places, a node has another name, or, undefined, is no more. */
export function followNode(document: LabDocument, from: string, to: string | undefined): void {
  const groups = document.getIn(["drawing", "groups"], true);
  for (const group of isSeq(groups) ? groups.items : []) {
    const nodes = isMap(group) ? group.get("nodes", true) : undefined;
    if (!isSeq(nodes)) continue;
    if (to === undefined) nodes.items = nodes.items.filter((one) => !(isScalar(one) && one.value === from));
    else for (const one of nodes.items) if (isScalar(one) && one.value === from) one.value = to;
  }
  if (isSeq(groups)) {
    const left = groups.items.filter((group) => {
      const nodes = isMap(group) ? group.get("nodes", true) : undefined;
      return to !== undefined || !isSeq(nodes) || nodes.items.length > 0;
    });
    groups.items = left;
    tidy(document, "groups");
  }
  const places = document.getIn(["drawing", "places"], true);
  if (!isMap(places)) return;
  if (to === undefined) {
    places.delete(from);
    tidy(document, "places");
  } else for (const { key } of places.items) if (isScalar(key) && key.value === from) key.value = to;
}
