import type { Endpoint, Lab, LinkId, NodeName } from "../model.ts";
import { Audience, type Partition } from "./partition.ts";
import { type Port, segmentsOf } from "./segments.ts";

/** What a partition takes from the links of a lab. Where nothing is cut, nothing is listed. */
export type Cuts = {
  /** Links between two machines, each with the directions that carry nothing. */
  readonly links: readonly LinkCut[];
  /** Segments with switches where some ports do not hear some others. */
  readonly segments: readonly SegmentCut[];
};

export type LinkCut = { readonly link: LinkId; readonly directions: readonly ("ab" | "ba")[] };

/**
 * Frames that came into the segment at a port of one class and must not leave it at a port of
 * another. In classes and not in pairs, since halves of a thousand ports would be half a million of these.
 */
export type SegmentCut = {
  /** All its switches, in the order of the lab; the first can stand for the segment. */
  readonly switches: readonly NodeName[];
  /** Every machine port of the segment is in one class. */
  readonly classes: readonly (readonly Port[])[];
  /** Indices of classes. With the same index twice, the ports of the class do not hear each other. */
  readonly blocked: readonly { readonly from: number; readonly to: number }[];
};

/**
 * What must be cut so that frames pass only where all the partitions let them.
 *
 * @param partitions one, or both ends of a transition
 */
export function cutsOf(lab: Pick<Lab, "nodes" | "links">, ...partitions: readonly Partition[]): Cuts {
  const audiences = partitions.map((partition) => new Audience(partition));
  const hears = (to: Endpoint, from: Endpoint) => audiences.every((audience) => audience.hears(to.node, from.node));
  const { direct, switched } = segmentsOf(lab);
  return {
    links: direct.flatMap(({ id, a, b }): LinkCut[] => {
      const directions = [hears(b, a) ? [] : ["ab" as const], hears(a, b) ? [] : ["ba" as const]].flat();
      return directions.length === 0 ? [] : [{ link: id, directions }];
    }),
    segments: switched.flatMap(({ switches, ports }): SegmentCut[] => {
      const classes = classesOf(ports, audiences);
      const blocked = classes.flatMap((senders, from) =>
        classes.flatMap((receivers, to) => {
          // Two ports stand for their classes; within a class, two different ones.
          const [sender, receiver] = [senders[0], from === to ? receivers[1] : receivers[0]];
          if (sender === undefined || receiver === undefined) return [];
          return hears(receiver.endpoint, sender.endpoint) ? [] : [{ from, to }];
        }),
      );
      return blocked.length === 0 ? [] : [{ switches, classes, blocked }];
    }),
  };
}

/**
 * The states to apply, one after the other and each as a whole, to go from one partition to another.
 * First everything that either of them cuts, then what the new one cuts: no pair that is separated in
 * both talks in between, and none that talks in both is cut. With a whole lab before or after, one
 * state does that.
 */
export function transition(lab: Pick<Lab, "nodes" | "links">, from: Partition, to: Partition): readonly Cuts[] {
  const isOneStep = from.kind === "healed" || to.kind === "healed";
  return isOneStep ? [cutsOf(lab, to)] : [cutsOf(lab, from, to), cutsOf(lab, to)];
}

/** Ports of machines that all partitions treat alike. */
function classesOf(ports: readonly Port[], audiences: readonly Audience[]): readonly (readonly Port[])[] {
  const count = new Map<NodeName, number>();
  for (const { endpoint } of ports) count.set(endpoint.node, (count.get(endpoint.node) ?? 0) + 1);
  const classes = new Map<string, Port[]>();
  for (const port of ports) {
    const { node } = port.endpoint;
    // A machine with several ports here hears itself, which those who share its role may not.
    const own = (count.get(node) ?? 0) > 1 ? `${node} ` : "";
    const key = own + audiences.map((audience) => audience.roleOf(node)).join(" ");
    const members = classes.get(key);
    if (members === undefined) classes.set(key, [port]);
    else members.push(port);
  }
  return [...classes.values()];
}
