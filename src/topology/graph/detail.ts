import { type Endpoint, isMachine, type LabNode } from "../model.ts";

/**
 * How much a drawing says beside names and links: nothing (shapes alone tell kinds), kinds and the
 * interfaces at the ends of links, or the addresses as well.
 */
export type Detail = "names" | "interfaces" | "addresses";

export const DETAILS = ["addresses", "interfaces", "names"] as const satisfies readonly Detail[];

/** A name, and the kind unless it is the plain one. */
export const title = (node: LabNode): string =>
  printable(node.kind === "host" ? node.name : `${node.name} ${node.kind}`);

/** Lines for a node's box. */
export function boxLines(node: LabNode, detail: Detail): readonly string[] {
  if (detail === "names") return [printable(node.name)];
  const lines = [title(node)];
  if (detail === "interfaces" || !isMachine(node)) return lines;
  for (const { name, addresses } of node.interfaces) {
    for (const [index, address] of addresses.entries()) {
      const label = printable(name);
      lines.push(`${index === 0 ? label : " ".repeat(label.length)} ${address}`);
    }
  }
  return lines;
}

/**
 * A line for a node that hangs below its only neighbour by the interface of `own`; `parent` is the
 * other end, where that is worth telling.
 */
export function leafLine(node: LabNode, own: Endpoint, parent: Endpoint | undefined, detail: Detail): string {
  if (detail === "names") return printable(node.name);
  const addresses = node.interfaces.find((one) => one.name === own.interface)?.addresses ?? [];
  return [
    ...(parent === undefined ? [] : [printable(parent.interface), "──"]),
    title(node),
    printable(own.interface),
    ...(detail === "addresses" ? addresses : []),
  ].join(" ");
}

/** Text in which every character is printable ASCII, so that it is safe on a terminal and as wide as it is long. */
export const printable = (text: string): string => text.replace(/[^\x20-\x7e]/gu, "?");
