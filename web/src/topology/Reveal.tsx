import { useReactFlow, useStoreApi } from "@xyflow/react";
import { useEffect, useEffectEvent } from "react";
import { nodeSize } from "../graph/NodeBox.tsx";
import type { Editing } from "./useEditing.ts";

const margin = 24;

/** Brings what was just placed or pasted into sight, no further than needed. */
export function Reveal({ editing }: { readonly editing: Editing }) {
  const flow = useReactFlow();
  const store = useStoreApi();
  const { fresh, places } = editing;
  const show = useEffectEvent((names: readonly string[]) => {
    const { width, height } = store.getState();
    const { x: left, y: top, zoom } = flow.getViewport();
    const at = names.flatMap((name) => places?.[name] ?? []);
    if (at.length === 0) return;
    const low = (of: "x" | "y") => Math.min(...at.map((place) => place[of])) * zoom;
    const high = (of: "x" | "y") =>
      (Math.max(...at.map((place) => place[of])) + (of === "x" ? nodeSize.width : nodeSize.height)) * zoom;
    const shift = (least: number, most: number, from: number, to: number): number =>
      to > most ? Math.max(most - to, least - from) : from < least ? least - from : 0;
    const dx = shift(margin, width - margin, left + low("x"), left + high("x"));
    const dy = shift(margin, height - margin, top + low("y"), top + high("y"));
    if (dx !== 0 || dy !== 0) void flow.setViewport({ x: left + dx, y: top + dy, zoom });
  });
  useEffect(() => {
    if (fresh !== undefined) show(fresh.names);
  }, [fresh]);
  return null;
}
