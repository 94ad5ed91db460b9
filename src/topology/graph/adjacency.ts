import { endpointText, type Lab } from "../model.ts";
import { printable, title } from "./detail.ts";

/** A lab as a list: every node with its links, each seen from that node. */
export function adjacencyList(lab: Pick<Lab, "nodes" | "links">): readonly string[] {
  const links = new Map<string, string[]>(lab.nodes.map((node) => [node.name, []]));
  for (const { a, b } of lab.links) {
    links.get(a.node)?.push(`${printable(a.interface)} ── ${printable(endpointText(b))}`);
    links.get(b.node)?.push(`${printable(b.interface)} ── ${printable(endpointText(a))}`);
  }
  return lab.nodes.flatMap((node) => {
    const own = links.get(node.name) ?? [];
    return [title(node), ...own.map((text, index) => `${index === own.length - 1 ? "└" : "├"}─ ${text}`)];
  });
}
