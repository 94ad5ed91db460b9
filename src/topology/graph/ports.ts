import type { Endpoint } from "../model.ts";
import { type Detail, printable } from "./detail.ts";
import type { Edge } from "./graph.ts";

/** One end of a line, at the top or the bottom border of a node's box. */
export type Port = { readonly edge: Edge; readonly node: number; readonly end: Endpoint; column: number };

/** Columns from `left` on, both borders included. */
export type Extent = { readonly left: number; readonly width: number };

/** What stands beside the line at this end. */
export const labelOf = (port: Port, detail: Detail): string =>
  detail === "names" ? "" : printable(port.end.interface);

/** How many columns the ports of one border need, the box's borders included. */
export const widthFor = (ports: readonly Port[], detail: Detail): number =>
  ports.reduce((sum, port) => sum + slot(port, detail), 0) + 3;

/** A port with its label and a space; even, so that columns keep their parity. */
const slot = (port: Port, detail: Detail): number => 2 * Math.ceil((labelOf(port, detail).length + 2) / 2);

/**
 * Gives the ports of one border columns as near as possible to where their lines lead, in that order,
 * all even (`parity` 0) or all odd (1), within the box.
 */
export function setColumns(
  ports: Port[],
  wanted: (port: Port) => number,
  { left, width }: Extent,
  detail: Detail,
  parity: 0 | 1,
): void {
  const goals = new Map(ports.map((port) => [port, wanted(port)]));
  const goal = (port: Port) => goals.get(port) as number;
  ports.sort((a, b) => goal(a) - goal(b));
  let free = 2 * Math.ceil((left + 1 - parity) / 2) + parity;
  for (const port of ports) {
    port.column = Math.max(2 * Math.round((goal(port) - parity) / 2) + parity, free);
    free = port.column + slot(port, detail);
  }
  let end = left + width - 1;
  for (const port of ports.toReversed()) {
    port.column = Math.min(port.column, 2 * Math.floor((end - slot(port, detail) - parity) / 2) + parity);
    end = port.column;
  }
}

/** Moves ports to the very column their line comes from, where that is next to theirs and free. */
export function straighten(
  ports: readonly Port[],
  from: (port: Port) => number | undefined,
  { left, width }: Extent,
  detail: Detail,
): void {
  for (const [index, port] of ports.entries()) {
    const column = from(port);
    if (column === undefined || Math.abs(column - port.column) !== 1) continue;
    const before = ports[index - 1];
    const start = before === undefined ? left + 1 : before.column + labelOf(before, detail).length + 2;
    const end = ports[index + 1]?.column ?? left + width;
    if (column >= start && column + labelOf(port, detail).length + 1 < end) port.column = column;
  }
}
