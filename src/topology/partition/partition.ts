import type { NodeName } from "../model.ts";

/**
 * Which machines of a lab hear which: one state of the whole lab, which takes the place of the one
 * before. It is about neighbours: two machines exchange frames over a link or through switches, and a
 * partition says which of them may. Therefore:
 *
 * - A switch is on no side. It cannot be named, and it keeps apart what enters at one of its ports from
 *   the ports of those who may not hear it. So does a chain of switches.
 * - A router is a machine like any other, on the side of its groups and alone without one. What goes
 *   further than a neighbour goes through routers, so two hosts behind a router talk when each of them
 *   shares a group with it. A router in two groups carries packets from one to the other (a host in two
 *   groups does not: it talks to both).
 * - Multicast and broadcast are frames like any other: routing protocols and LLDP are cut too.
 * - A cut is silent. Interfaces keep their carrier, and what is sent is lost on the way.
 */
export type Partition =
  /** Everyone hears everyone. */
  | { readonly kind: "healed" }
  /** Neighbours that share a group hear each other. A node may be in several; in none it is alone. */
  | { readonly kind: "groups"; readonly groups: readonly (readonly NodeName[])[] }
  /**
   * Neighbours of `to` among `from` are heard and do not hear: what `to` sends does not reach `from`. All else as when healed.
   */
  | { readonly kind: "one-way"; readonly from: readonly NodeName[]; readonly to: readonly NodeName[] };

export const healed: Partition = { kind: "healed" };

/** A partition that is asked about many pairs. */
export class Audience {
  /** A bit for each group: whether two nodes share one is asked for every pair of a lab. */
  readonly #groupsOf = new Map<NodeName, bigint>();
  readonly #deaf: ReadonlySet<NodeName>;
  readonly #mute: ReadonlySet<NodeName>;
  readonly #isGrouped: boolean;

  constructor(partition: Partition) {
    this.#isGrouped = partition.kind === "groups";
    this.#deaf = new Set(partition.kind === "one-way" ? partition.from : []);
    this.#mute = new Set(partition.kind === "one-way" ? partition.to : []);
    if (partition.kind !== "groups") return;
    for (const [index, group] of partition.groups.entries()) {
      const bit = 1n << BigInt(index);
      for (const node of group) this.#groupsOf.set(node, (this.#groupsOf.get(node) ?? 0n) | bit);
    }
  }

  /** Whether frames of `from` reach its neighbour `to`. A machine always hears itself. */
  hears(to: NodeName, from: NodeName): boolean {
    if (from === to) return true;
    if (!this.#isGrouped) return !(this.#mute.has(from) && this.#deaf.has(to));
    return ((this.#groupsOf.get(to) ?? 0n) & (this.#groupsOf.get(from) ?? 0n)) !== 0n;
  }

  /** The same text for machines that hear, and are heard by, the same others. */
  roleOf(node: NodeName): string {
    if (this.#isGrouped) return (this.#groupsOf.get(node) ?? 0n).toString(36);
    return this.#deaf.has(node) ? "from" : this.#mute.has(node) ? "to" : "-";
  }
}
