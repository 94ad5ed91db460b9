import type { Lab } from "../model.ts";
import { drawDot } from "./dot.ts";
import { drawJson } from "./json.ts";
import { drawMermaid } from "./mermaid.ts";
import { drawSvg } from "./svg.ts";
import { drawTerminal } from "./terminal.ts";

export { type GraphReport, graphReport } from "./json.ts";
export { drawDot, drawJson, drawMermaid, drawSvg, drawTerminal };

export type GraphFormat = "text" | "mermaid" | "dot" | "svg" | "json";

/** `columns`: of the terminal; other forms know no width. */
export type Draw = (lab: Pick<Lab, "name" | "nodes" | "links">, options: { readonly columns?: number }) => string;

/** Every form a lab can be drawn in, by the name that `netwright graph --format` takes. */
export const graphFormats: Readonly<Record<GraphFormat, Draw>> = {
  text: drawTerminal,
  mermaid: drawMermaid,
  dot: drawDot,
  svg: drawSvg,
  json: drawJson,
};
