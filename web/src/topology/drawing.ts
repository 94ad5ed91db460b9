import type { Reading } from "../../../src/api/index.ts";
import type { DrawnLink } from "../graph/Graph.tsx";
import type { NodeLook } from "../graph/NodeBox.tsx";
import { type FileGraph, type FileNode, type LabDocument, setEnds } from "./document.ts";
import type { PanelInterface } from "./NodePanel.tsx";
import type { Pairing } from "./pairing.ts";

/** What is drawn of a lab file: what is written in it, and what reading it made of that. */
export type Drawing = { readonly nodes: readonly NodeLook[]; readonly links: readonly DrawnLink[] };

export function drawingOf(graph: FileGraph, pairing: Pairing, reading: Reading | undefined): Drawing {
  const inFile = new Set(graph.nodes.map((node) => node.name));
  const wrong = new Set(
    (reading?.findings ?? []).flatMap(({ at, severity }) => {
      const [key, name] = at?.path?.split(".") ?? [];
      return severity === "error" && (key === "nodes" || key === "networks") && name !== undefined ? [name] : [];
    }),
  );
  const names = new Set([...inFile, ...(reading?.lab?.nodes ?? []).map((node) => node.name)]);
  return {
    nodes: [
      ...graph.nodes.map(({ name, kind }) => ({ name, kind, mayLink: true, hasProblem: wrong.has(name) })),
      // Made by `generate`: shown, and changed in the file.
      ...(reading?.lab?.nodes ?? [])
        .filter((node) => !inFile.has(node.name))
        .map(({ name, kind }) => ({ name, kind, mayLink: true, isFaint: true })),
    ],
    links: [
      ...graph.links
        .filter(({ a, b }) => names.has(a.node) && names.has(b.node))
        .map(({ id, a, b, settings }) => {
          const read = pairing.of.get(id);
          const had = (node: string) => [read?.a, read?.b].find((end) => end?.node === node)?.interface ?? "";
          return {
            id,
            a: a.node,
            b: b.node,
            aInterface: a.interface ?? had(a.node),
            bInterface: b.interface ?? had(b.node),
            isImpaired: settings["impairment"] !== undefined,
            words: "",
          };
        }),
      ...pairing.others
        .filter(({ a, b }) => !(inFile.has(a.node) && inFile.has(b.node)))
        .map(({ id, a, b }) => ({
          id: `made ${id}`,
          a: a.node,
          b: b.node,
          aInterface: a.interface,
          bInterface: b.interface,
          isImpaired: false,
          words: "",
        })),
    ],
  };
}

/** Of the file, and those that links make. */
export function interfacesOf(node: FileNode, graph: FileGraph, pairing: Pairing): readonly PanelInterface[] {
  const linked = graph.links.flatMap(({ id, a, b }): PanelInterface[] => {
    const read = pairing.of.get(id);
    const [own, other] = a.node === node.name ? [a, b] : b.node === node.name ? [b, a] : [];
    if (own === undefined || other === undefined) return [];
    const name = own.interface ?? [read?.a, read?.b].find((end) => end?.node === node.name)?.interface;
    return name === undefined ? [] : [{ name, to: other.node }];
  });
  const known = new Set(linked.map(({ name }) => name));
  const written = Object.keys((node.settings["interfaces"] ?? {}) as object).filter((name) => !known.has(name));
  return [...linked, ...written.map((name) => ({ name, to: undefined }))];
}

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
    if (isIt(link.a)) setEnds(document, link, { ...link.a, interface: port }, link.b);
    else if (isIt(link.b)) setEnds(document, link, link.a, { ...link.b, interface: port });
  }
}
