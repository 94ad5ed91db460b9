import { useMemo, useRef, useState } from "react";
import type { Layout } from "../../../src/api/index.ts";
import type { Selection } from "../graph/drawn.ts";
import { lookOf } from "../graph/kinds.tsx";
import { layOutAside, usePlaces } from "../graph/useLayout.ts";
import { addGroup, addNote, annotationsIn, placesIn, setPlaces } from "./annotations.ts";
import { type Alignment, align, distribute } from "./arrangement.ts";
import { type LabDocument, printDocument, readDocument } from "./document.ts";
import { drawingOf } from "./drawing.ts";
import { addLink, addNode, remove, renameNode } from "./edits.ts";
import { type FileGraph, freeName, graphIn } from "./file-graph.ts";
import { fragmentOf, isFragment, paste } from "./fragment.ts";
import type { useHistory } from "./history.ts";
import { pairLinks } from "./pairing.ts";
import { addressAll, freePlace, placeBelow, withoutUnfinished } from "./suggestions.ts";
import { read, useReading } from "./useReading.ts";

export const nothing: Selection = { nodes: [], links: [] };
const blank: FileGraph = { nodes: [], links: [] };
const longestLayoutMs = 60_000;
/** Of what is pasted, from what was copied. */
const pasteShift = { x: 40, y: 80 };

/** A note or a group of the drawing, by its place in the file. */
export type Mark = { readonly of: "note" | "group"; readonly index: number };

/** What is being edited, as it is drawn, and what can be done to it. */
export function useEditing(project: string, history: ReturnType<typeof useHistory>, isReadOnly: boolean) {
  const { draft, change } = history;
  const { reading, isCurrent, error } = useReading(project, draft.text);
  const [selection, setSelection] = useState<Selection>(nothing);
  const [mark, setMark] = useState<Mark>();
  const [notice, setNotice] = useState<string>();
  /** What came last, to be seen; another object for each time. */
  const [fresh, setFresh] = useState<{ readonly names: readonly string[] }>();
  const document = useMemo(() => readDocument(draft.text), [draft.text]);
  // While the text is no YAML, what was drawn last stays.
  const last = useRef<FileGraph>(blank);
  const graph = useMemo(() => graphIn(document) ?? last.current, [document]);
  last.current = graph;
  const annotations = useMemo(() => annotationsIn(document), [document]);
  const isBroken = document.errors.length > 0;
  const mayDraw = !isReadOnly && !isBroken;
  const pairing = useMemo(() => pairLinks(graph, reading?.lab), [graph, reading?.lab]);
  const drawing = useMemo(() => drawingOf(graph, pairing, reading), [graph, pairing, reading]);
  const given = useMemo(() => ({ ...placesIn(document), ...draft.layout }), [document, draft.layout]);
  const shape = {
    nodes: drawing.nodes.map((node) => node.name),
    links: drawing.links.map(({ a, b }) => [a, b] as const),
  };
  const places = usePlaces(shape.nodes, shape.links, given);

  const select = (chosen: Selection, marked?: Mark) => {
    setSelection(chosen);
    setMark(marked);
    setNotice(undefined);
  };
  /** Changes the document, and with it the text and the drawing; and places, where `move` finds others. */
  const edit = (make: (document: LabDocument) => void, how = "", move = (layout: Layout): Layout => layout) => {
    if (!mayDraw) return;
    change((now) => {
      const changed = readDocument(now.text);
      if (changed.errors.length > 0) return now;
      make(changed);
      return { text: printDocument(changed), layout: move(now.layout) };
    }, how);
  };
  const removeSelected = (chosen: Selection) => {
    if (chosen.nodes.length + chosen.links.length === 0) return;
    edit((changed) => remove(changed, chosen.nodes, chosen.links));
    select(nothing);
  };
  const place = (kind: string, at?: { readonly x: number; readonly y: number }) => {
    if (!mayDraw) return;
    const { x, y } =
      at ?? (kind === "note" ? placeBelow(places ?? {}) : freePlace(places ?? {}, shape.links, annotations.notes));
    if (kind === "note") {
      edit((changed) => addNote(changed, { text: "Note", x, y }));
      select(nothing, { of: "note", index: annotations.notes.length });
      return;
    }
    const called = freeName(graph, lookOf(kind).prefix);
    edit(
      (changed) => addNode(changed, called, kind),
      "",
      (layout) => ({ ...layout, [called]: { x: Math.round(x), y: Math.round(y) } }),
    );
    select({ nodes: [called], links: [] });
    if (at === undefined) setFresh({ names: [called] });
  };
  const group = () => {
    if (selection.nodes.length === 0) return;
    const nodes = graph.nodes.map(({ name }) => name).filter((name) => selection.nodes.includes(name));
    edit((changed) => addGroup(changed, { title: "Group", nodes }));
    select(selection, { of: "group", index: annotations.groups.length });
  };
  /** A part of a lab file is put in; what it becomes is selected. */
  const pasteText = (text: string, isOfOurs = false) => {
    if (!mayDraw) return;
    if (!isFragment(text)) {
      setNotice(
        isOfOurs
          ? undefined
          : "What is on the clipboard is no part of a lab file: a text with nodes, links or networks.",
      );
      return;
    }
    // Found out here, once: the change itself may be computed again.
    const names = paste(readDocument(draft.text), text, pasteShift, {}).names;
    change((now) => {
      const changed = readDocument(now.text);
      if (changed.errors.length > 0) return now;
      const { layout } = paste(changed, text, pasteShift, now.layout);
      return { text: printDocument(changed), layout };
    });
    select({ nodes: names, links: [] });
    setFresh({ names });
  };
  const copied = () =>
    selection.nodes.length === 0 || isBroken ? undefined : fragmentOf(document, selection.nodes, places ?? {});
  const duplicate = () => {
    const text = copied();
    if (text !== undefined) pasteText(text, true);
  };
  const link = (a: string, b: string) =>
    edit((changed) => addLink(changed, { node: a, interface: undefined }, { node: b, interface: undefined }));
  const rename = (from: string, to: string) => {
    edit(
      (changed) => renameNode(changed, from, to),
      "",
      ({ [from]: at, ...layout }) => (at === undefined ? layout : { ...layout, [to]: at }),
    );
    select({ nodes: [to], links: [] });
  };
  const move = (moved: Layout, how = "move") => {
    if (Object.keys(moved).length > 0) change((now) => ({ ...now, layout: { ...now.layout, ...moved } }), how);
  };
  const arrange = async () => {
    const layout = await layOutAside({ ...shape, fixed: {} }, AbortSignal.timeout(longestLayoutMs));
    change((now) => ({ ...now, layout }));
  };
  /** Addresses for what has none. What was read last may be of a text before, so it is read now. */
  const suggest = async () => {
    const { text } = draft;
    const labOf = (of: string) =>
      read(project, of).then(
        (found) => found.lab,
        () => undefined,
      );
    // An uplink without an address is a mistake, which this mends.
    const bare = withoutUnfinished(text);
    const lab = (await labOf(text)) ?? (bare === text ? undefined : await labOf(bare));
    if (lab === undefined) {
      setNotice("Addresses are suggested when nothing is wrong with the lab file.");
      return;
    }
    const pairs = pairLinks(graph, lab);
    const count = addressAll(readDocument(text), graph, pairs, lab);
    if (count > 0) edit((changed) => addressAll(changed, graph, pairs, lab));
    setNotice(
      count === 0
        ? "All that is linked has addresses."
        : `${count} ${count === 1 ? "network" : "networks"} got addresses.`,
    );
  };
  /** The lab file with where its nodes are drawn. */
  const exported = () => {
    if (isBroken) return draft.text;
    const whole = readDocument(draft.text);
    setPlaces(
      whole,
      Object.fromEntries(
        graph.nodes.flatMap(({ name }) => (places?.[name] === undefined ? [] : [[name, places[name]]])),
      ),
    );
    return printDocument(whole);
  };
  /** Another lab file in place of this one. */
  const replace = (text: string) => {
    const whole = readDocument(text);
    if (whole.errors.length > 0) {
      change((now) => ({ ...now, text }));
      return;
    }
    const layout = placesIn(whole);
    // As it was written, unless there are places in it, which are kept beside it from now on.
    if (Object.keys(layout).length > 0) setPlaces(whole, undefined);
    change(() => ({ text: Object.keys(layout).length > 0 ? printDocument(whole) : text, layout }));
    select(nothing);
  };
  return {
    ...{ draft, document, reading, isCurrent, error, graph, pairing, drawing, places, annotations },
    ...{ selection, mark, select, fresh, notice, setNotice, isBroken, isReadOnly, mayDraw },
    ...{ edit, removeSelected, place, group, duplicate, link, rename, move, arrange, suggest },
    ...{ copied, pasteText, exported, replace },
    align: (to: Alignment) => move(align(places ?? {}, selection.nodes, to), ""),
    distribute: (along: "x" | "y") => move(distribute(places ?? {}, selection.nodes, along), ""),
  };
}

export type Editing = ReturnType<typeof useEditing>;
