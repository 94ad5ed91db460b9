import { type Endpoint, isSwitch, type Lab, type Link, type LinkId, type NodeName } from "../model.ts";
import { Groups } from "../resolve/groups.ts";

/** Where a machine is plugged into a segment: its end of a link whose other end is at a switch. */
export type Port = { readonly link: LinkId; readonly end: "a" | "b"; readonly endpoint: Endpoint };

/** Switches that are joined by links, and the machines' ports at them. */
export type SwitchedSegment = { readonly switches: readonly NodeName[]; readonly ports: readonly Port[] };

/** How the machines of a lab meet: by a link of their own, or through switches. */
export function segmentsOf(lab: Pick<Lab, "nodes" | "links">): {
  readonly direct: readonly Link[];
  readonly switched: readonly SwitchedSegment[];
} {
  const switches = lab.nodes.filter(isSwitch).map(({ name }) => name);
  const isSwitchName = new Set(switches);
  const joined = new Groups<NodeName>();
  for (const { a, b } of lab.links) {
    if (isSwitchName.has(a.node) && isSwitchName.has(b.node)) joined.join(a.node, b.node);
  }
  const segments = new Map<NodeName, { switches: NodeName[]; ports: Port[] }>();
  const segmentOf = (name: NodeName) => {
    const root = joined.rootOf(name);
    const segment = segments.get(root) ?? { switches: [], ports: [] };
    segments.set(root, segment);
    return segment;
  };
  for (const name of switches) segmentOf(name).switches.push(name);

  const direct: Link[] = [];
  for (const link of lab.links) {
    const { id, a, b } = link;
    if (isSwitchName.has(a.node)) {
      if (!isSwitchName.has(b.node)) segmentOf(a.node).ports.push({ link: id, end: "b", endpoint: b });
    } else if (isSwitchName.has(b.node)) segmentOf(b.node).ports.push({ link: id, end: "a", endpoint: a });
    else direct.push(link);
  }
  return { direct, switched: [...segments.values()] };
}
