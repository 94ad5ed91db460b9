import type { EdgeChange, NodeChange } from "@xyflow/react";
import { useRef } from "react";
import type { Selection } from "./drawn.ts";
import type { GraphLink } from "./LinkLine.tsx";
import type { GraphNode } from "./NodeBox.tsx";

/** Puts what the picture says of nodes and of links, one after the other before either is drawn, into one selection. */
export function useSelect(selection: Selection, onSelect: (selection: Selection) => void) {
  const latest = useRef(selection);
  latest.current = selection;
  const select = (of: "nodes" | "links", changes: readonly (NodeChange<GraphNode> | EdgeChange<GraphLink>)[]) => {
    const chosen = new Set(latest.current[of]);
    for (const change of changes) {
      if (change.type !== "select") continue;
      if (change.selected) chosen.add(change.id);
      else chosen.delete(change.id);
    }
    const next = { ...latest.current, [of]: [...chosen] };
    if (sameSelection(next, latest.current)) return;
    latest.current = next;
    onSelect(next);
  };
  return { latest, select };
}

const sameSelection = (one: Selection, other: Selection): boolean =>
  sameNames(one.nodes, other.nodes) && sameNames(one.links, other.links);

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  const known = new Set(others);
  return some.length === others.length && some.every((name) => known.has(name));
}
