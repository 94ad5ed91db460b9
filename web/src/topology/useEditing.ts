import { useMemo, useRef, useState } from "react";
import type { Layout } from "../../../src/api/index.ts";
import type { Selection } from "../graph/Graph.tsx";
import { lookOf } from "../graph/kinds.tsx";
import { layOutAside, usePlaces } from "../graph/useLayout.ts";
import {
  addLink,
  addNode,
  type FileGraph,
  freeName,
  graphIn,
  type LabDocument,
  printDocument,
  readDocument,
  remove,
  renameNode,
} from "./document.ts";
import { drawingOf } from "./drawing.ts";
import type { useHistory } from "./history.ts";
import { pairLinks } from "./pairing.ts";
import { freePlace } from "./suggestions.ts";
import { useReading } from "./useReading.ts";

export const nothing: Selection = { nodes: [], links: [] };
const blank: FileGraph = { nodes: [], links: [] };
const longestLayoutMs = 60_000;

/** What is being edited, as it is drawn, and what can be done to it. */
export function useEditing(project: string, history: ReturnType<typeof useHistory>, isReadOnly: boolean) {
  const { draft, change } = history;
  const { reading, error } = useReading(project, draft.text);
  const [selection, select] = useState<Selection>(nothing);
  const document = useMemo(() => readDocument(draft.text), [draft.text]);
  // While the text is no YAML, what was drawn last stays.
  const last = useRef<FileGraph>(blank);
  const graph = useMemo(() => graphIn(document) ?? last.current, [document]);
  last.current = graph;
  const isBroken = document.errors.length > 0;
  const mayDraw = !isReadOnly && !isBroken;
  const pairing = useMemo(() => pairLinks(graph, reading?.lab), [graph, reading?.lab]);
  const drawing = useMemo(() => drawingOf(graph, pairing, reading), [graph, pairing, reading]);
  const shape = {
    nodes: drawing.nodes.map((node) => node.name),
    links: drawing.links.map(({ a, b }) => [a, b] as const),
  };
  const places = usePlaces(shape.nodes, shape.links, draft.layout);

  /** Changes the document, and with it the text and the drawing; and places, where `move` finds others. */
  const edit = (make: (document: LabDocument) => void, mark = "", move = (layout: Layout): Layout => layout) => {
    if (!mayDraw) return;
    change((now) => {
      const changed = readDocument(now.text);
      if (changed.errors.length > 0) return now;
      make(changed);
      return { text: printDocument(changed), layout: move(now.layout) };
    }, mark);
  };
  const removeSelected = (chosen: Selection) => {
    if (chosen.nodes.length + chosen.links.length === 0) return;
    edit((changed) => remove(changed, chosen.nodes, chosen.links));
    select(nothing);
  };
  const place = (kind: string, at?: { readonly x: number; readonly y: number }) => {
    if (!mayDraw) return;
    const called = freeName(graph, lookOf(kind).prefix);
    const { x, y } = at ?? freePlace(places ?? {});
    edit(
      (changed) => addNode(changed, called, kind),
      "",
      (layout) => ({ ...layout, [called]: { x: Math.round(x), y: Math.round(y) } }),
    );
    select({ nodes: [called], links: [] });
  };
  const duplicate = () => {
    const originals = graph.nodes.filter((node) => selection.nodes.includes(node.name) && !node.isNetwork);
    if (originals.length === 0 || !mayDraw) return;
    change((now) => {
      const changed = readDocument(now.text);
      const layout = { ...now.layout };
      for (const node of originals) {
        const known = graphIn(changed) ?? graph;
        const called = freeName(known, node.name.replace(/\d+$/, "") || lookOf(node.kind).prefix);
        addNode(changed, called, node.kind);
        const copied = changed.getIn(["nodes", node.name], true);
        if (copied !== null && copied !== undefined && typeof copied === "object" && "clone" in copied)
          changed.setIn(["nodes", called], (copied as { clone: () => unknown }).clone());
        // Addresses are of one node only.
        changed.deleteIn(["nodes", called, "interfaces"]);
        const from = places?.[node.name] ?? { x: 0, y: 0 };
        layout[called] = { x: from.x + 40, y: from.y + 80 };
      }
      return { text: printDocument(changed), layout };
    });
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
  const move = (moved: Layout) => change((now) => ({ ...now, layout: { ...now.layout, ...moved } }), "move");
  const arrange = async () => {
    const layout = await layOutAside({ ...shape, fixed: {} }, AbortSignal.timeout(longestLayoutMs));
    change((now) => ({ ...now, layout }));
  };
  return {
    ...{ draft, document, reading, error, graph, pairing, drawing, places },
    ...{ selection, select, isBroken, mayDraw },
    ...{ edit, removeSelected, place, duplicate, link, rename, move, arrange },
  };
}

export type Editing = ReturnType<typeof useEditing>;
