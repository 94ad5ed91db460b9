import type { Reading } from "../../../src/api/index.ts";
import type { FileGraph } from "./file-graph.ts";

type ReadLab = NonNullable<Reading["lab"]>;
export type End = { readonly node: string; readonly interface: string };

/** What can exchange frames: the ends of machines, and the links between them. */
export type Segment = { readonly ends: readonly End[]; readonly links: readonly ReadLab["links"][number][] };

/** Who the others of a segment send to, and which of them take it as their gateway. */
export type GatewayOf = { readonly gateway: End; readonly takers: readonly End[] };

/** How near a kind is to the rest of the world: who is less near sends to who is more. */
const nearness: Readonly<Record<string, number>> = { uplink: 4, router: 3, firewall: 2, nat: 2 };
/** Of vendors' routers, and of other kinds that pass packets on, which mind their own routes but at an edge. */
const otherRouter = 1;
const guarded = 2;

/** Of a node by its name: 0 of what passes nothing on. */
export function nearnessIn(graph: FileGraph, lab: ReadLab): (node: string) => number {
  const kinds = new Map(graph.nodes.map(({ name, kind }) => [name, kind]));
  const routers = new Set(lab.nodes.filter(({ kind }) => kind === "router").map(({ name }) => name));
  return (node) => nearness[kinds.get(node) ?? ""] ?? (routers.has(node) ? otherRouter : 0);
}

/**
 * The gateways that segments suggest. One router among hosts is theirs; what lies between, a firewall or a vendor's
 * router, has one where a single segment offers it; an uplink is everybody's. Who has a default route keeps it, and
 * nobody gets two.
 */
export function gatewaysIn(
  segments: readonly Segment[],
  graph: FileGraph,
  lab: ReadLab,
): ReadonlyMap<Segment, GatewayOf> {
  const near = nearnessIn(graph, lab);
  const takes = new Set(lab.nodes.filter(({ defaultRoute }) => defaultRoute === "open").map(({ name }) => name));
  const offers = segments.flatMap((segment) => {
    const gateway = nearestOf(segment.ends, near);
    return gateway === undefined ? [] : [{ segment, gateway }];
  });
  const byNode = new Map<string, { readonly segment: Segment; readonly end: End }[]>();
  for (const { segment, gateway } of offers)
    for (const end of segment.ends)
      if (near(end.node) < near(gateway.node) && takes.has(end.node))
        byNode.set(end.node, [...(byNode.get(end.node) ?? []), { segment, end }]);
  const taken = [...byNode].flatMap(([node, offered]) => {
    const outside = graph.nodes.find(({ name }) => name === node)?.settings["outside"];
    const asked = offered.filter(({ end }) => outside === undefined || end.interface === outside);
    // Who passes packets on between two that could be asked has to be told by people which it is.
    return near(node) > 0 && asked.length > 1 ? [] : asked.slice(0, 1);
  });
  return new Map(
    offers.map(({ segment, gateway }) => [
      segment,
      { gateway, takers: taken.filter((one) => one.segment === segment).map(({ end }) => end) },
    ]),
  );
}

/** Among hosts, two that guard a network or route are two ways, of which nobody knows the right one. */
function nearestOf(ends: readonly End[], near: (node: string) => number): End | undefined {
  const most = Math.max(...ends.map(({ node }) => near(node)));
  const nearest = ends.filter(({ node }) => near(node) === most);
  const strong = ends.filter(({ node }) => near(node) >= guarded);
  if (most === 0 || nearest.length > 1 || (strong.length > 1 && strong.length < ends.length)) return undefined;
  return nearest[0];
}
