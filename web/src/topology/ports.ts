import type { LabDocument } from "./document.ts";
import { setEnds } from "./edits.ts";
import { type FileGraph, type FileNode, graphIn } from "./file-graph.ts";
import type { Pairing } from "./pairing.ts";

/**
 * A setting of a switch's port names the port: the link that made it has to name it too, or it would be
 * another port.
 */
export function namePorts(
  document: LabDocument,
  node: FileNode,
  graph: FileGraph,
  pairing: Pairing,
  path: readonly string[],
): void {
  const [key, port] = path;
  if (key !== "interfaces" || port === undefined) return;
  for (const link of graph.links) {
    const read = pairing.of.get(link.id);
    const isIt = (end: typeof link.a) =>
      end.node === node.name &&
      end.interface === undefined &&
      [read?.a, read?.b].some((one) => one?.node === node.name && one.interface === port);
    if (!isIt(link.a) && !isIt(link.b)) continue;
    // Its other end may have been named since the graph was made.
    const { a, b } = graphIn(document)?.links.find(({ id }) => id === link.id) ?? link;
    if (isIt(link.a)) setEnds(document, link, { ...a, interface: port }, b);
    else setEnds(document, link, a, { ...b, interface: port });
  }
}
