import type { Reading } from "../../../src/api/index.ts";
import type { DrawnLink } from "../graph/drawn.ts";
import type { NodeLook } from "../graph/NodeBox.tsx";
import type { FileGraph, FileLink, FileNode } from "./file-graph.ts";
import type { Pairing } from "./pairing.ts";

/** How paths of findings begin that are of a node or a link. */
const placeOf = (of: FileNode | FileLink): string =>
  "kind" in of
    ? `${of.isNetwork ? "networks" : "nodes"}.${of.name}`
    : "link" in of.at
      ? `links[${of.at.link}]`
      : `networks.${of.at.network}.members[${of.at.member}]`;

/** What is wrong with a node or a link of the file, and what is in it. */
export function findingsOf(reading: Reading | undefined, of: FileNode | FileLink | undefined): Reading["findings"] {
  if (of === undefined) return [];
  const place = placeOf(of);
  const [inMap, inList] = [`${place}.`, `${place}[`];
  return (reading?.findings ?? []).filter(({ at }) => {
    const path = at?.path ?? "";
    return path === place || path.startsWith(inMap) || path.startsWith(inList);
  });
}

/** The places of all that has a mistake in it. */
function wrongIn(reading: Reading | undefined): ReadonlySet<string> {
  const paths = (reading?.findings ?? []).flatMap(({ at, severity }) => (severity === "error" ? (at?.path ?? []) : []));
  const starts = [/^(?:nodes|networks)\.[^.[]+/, /^links\[\d+\]/, /^networks\.[^.[]+\.members\[\d+\]/];
  return new Set(paths.flatMap((path) => starts.flatMap((start) => start.exec(path)?.[0] ?? [])));
}

/** What is drawn of a lab file: what is written in it, and what reading it made of that. */
export type Drawing = { readonly nodes: readonly NodeLook[]; readonly links: readonly DrawnLink[] };

export function drawingOf(graph: FileGraph, pairing: Pairing, reading: Reading | undefined): Drawing {
  const inFile = new Set(graph.nodes.map((node) => node.name));
  const wrong = wrongIn(reading);
  const isWrong = (of: FileNode | FileLink) => wrong.has(placeOf(of));
  const names = new Set([...inFile, ...(reading?.lab?.nodes ?? []).map((node) => node.name)]);
  return {
    nodes: [
      ...graph.nodes.map((node) => ({ name: node.name, kind: node.kind, hasProblem: isWrong(node) })),
      // Made by `generate`: shown, and changed in the file.
      ...(reading?.lab?.nodes ?? [])
        .filter((node) => !inFile.has(node.name))
        .map(({ name, kind }) => ({ name, kind, isFaint: true })),
    ],
    links: [
      ...graph.links
        .filter(({ a, b }) => names.has(a.node) && names.has(b.node))
        .map((link) => {
          const { id, a, b, settings } = link;
          const read = pairing.of.get(id);
          const had = (node: string) => [read?.a, read?.b].find((end) => end?.node === node)?.interface ?? "";
          return {
            id,
            a: a.node,
            b: b.node,
            aInterface: a.interface ?? had(a.node),
            bInterface: b.interface ?? had(b.node),
            isImpaired: settings["impairment"] !== undefined,
            words: isWrong(link) ? "⚠ mistake" : "",
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

/** An interface as the file and its reading know it. */
export type PanelInterface = { readonly name: string; readonly to: string | undefined };

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
