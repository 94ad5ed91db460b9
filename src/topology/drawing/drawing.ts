import type * as z from "zod";
import type { Findings } from "../findings.ts";
import { nearest } from "../nearest.ts";
import type { drawingForm } from "./form.ts";

/** How a lab is drawn, as its file has it. No part of a plan. Places are pixels to the right and down. */
export type Drawing = z.output<typeof drawingForm>;

/** The groups as clusters, of which a node is in one: the first that names it. Without the empty ones. */
export function clustersOf(
  drawing: Drawing | undefined,
): readonly { readonly title: string; readonly nodes: readonly string[] }[] {
  const taken = new Set<string>();
  return (drawing?.groups ?? [])
    .map(({ title, nodes }) => ({
      title,
      nodes: nodes.filter((node) => {
        const isFree = !taken.has(node);
        taken.add(node);
        return isFree;
      }),
    }))
    .filter(({ nodes }) => nodes.length > 0);
}

/**
 * A drawing as it is written. That it names a node that is not there is most likely a mistake, and none
 * that keeps a lab from running.
 */
export function readDrawing(form: Drawing, names: readonly string[], findings: Findings, isWhole: boolean): Drawing {
  const known = new Set(names);
  const check = (node: string, path: readonly (string | number)[], target: "key" | "value") => {
    if (!isWhole || known.has(node)) return;
    const suggestion = nearest(node, names);
    const details = { node, known: names, ...(suggestion === undefined ? {} : { nearest: suggestion }) };
    findings.warn("NODE_UNKNOWN", details, path, target);
  };
  for (const [index, { nodes }] of (form.groups ?? []).entries())
    for (const [place, node] of nodes.entries()) check(node, ["drawing", "groups", index, "nodes", place], "value");
  for (const node of Object.keys(form.places ?? {})) check(node, ["drawing", "places", node], "key");
  return form;
}
