import type { Lab, LabNode, Link } from "../model.ts";

/** A lab as a graph, by index: what drawing works on. */
export type Graph = {
  readonly nodes: readonly LabNode[];
  readonly edges: readonly Edge[];
  /** Per node, the nodes it is linked to, each once, ascending. */
  readonly neighbours: readonly (readonly number[])[];
};

/** A link between the nodes with the indexes `a` and `b`. */
export type Edge = { readonly link: Link; readonly a: number; readonly b: number };

export function graphOf(lab: Pick<Lab, "nodes" | "links">): Graph {
  const indexes = new Map(lab.nodes.map((node, index) => [node.name, index]));
  const edges: Edge[] = [];
  const neighbours = lab.nodes.map(() => new Set<number>());
  for (const link of lab.links) {
    const a = indexes.get(link.a.node);
    const b = indexes.get(link.b.node);
    if (a === undefined || b === undefined) continue;
    edges.push({ link, a, b });
    neighbours[a]?.add(b);
    neighbours[b]?.add(a);
  }
  return { nodes: lab.nodes, edges, neighbours: neighbours.map((set) => [...set].sort((one, other) => one - other)) };
}

/** The nodes of each connected part, ascending; the parts in the order of their first node. */
export function components(graph: Graph): readonly (readonly number[])[] {
  const seen = new Set<number>();
  const parts: number[][] = [];
  for (const start of graph.nodes.keys()) {
    if (seen.has(start)) continue;
    seen.add(start);
    const part = [start];
    for (const node of part) {
      for (const next of neighboursOf(graph, node)) {
        if (seen.has(next)) continue;
        seen.add(next);
        part.push(next);
      }
    }
    parts.push(part.sort((one, other) => one - other));
  }
  return parts;
}

export const neighboursOf = (graph: Graph, node: number): readonly number[] => graph.neighbours[node] ?? [];
