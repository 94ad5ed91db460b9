import type { Impairment, WireLink } from "../../../src/dataplane/contract.ts";
import { createNetns, Namespace, PacketSocket, RtnetlinkHandle } from "../../../src/kernel/index.ts";
import { awaitUp, silence } from "../../kernel/programs/scenario.ts";

/** A node with one interface, whose jack is in this namespace. */
export type Node = { readonly netns: Namespace; readonly jack: number; readonly mac: string };

/** The index of the nodes' interface. */
export const eth0 = 2;

/** Nodes with an interface each, all up; their jacks have the indexes 11, 12, … Nothing but what a test sends passes them. */
export function makeNodes(count: number, mtu = 1500): readonly Node[] {
  silence(Namespace.current("net"));
  const panel = RtnetlinkHandle.open();
  const nodes = Array.from({ length: count }, (_, index) => {
    const netns = createNetns();
    silence(netns);
    const digits = index.toString(16).padStart(4, "0");
    return { netns, jack: 11 + index, mac: `02:00:00:00:${digits.slice(0, 2)}:${digits.slice(2)}` };
  });
  panel.batch((batch) => {
    for (const { netns, jack, mac } of nodes)
      batch.linkAdd({ name: `j${jack}`, ifindex: jack, mtu, peer: { name: "eth0", ifindex: eth0, mtu, mac, netns } });
    for (const { jack } of nodes) batch.linkSet({ ifindex: jack, up: true });
  });
  for (const { netns } of nodes) {
    using inside = RtnetlinkHandle.openIn(netns);
    inside.linkSet({ ifindex: 1, up: true });
    inside.linkSet({ ifindex: eth0, up: true });
    awaitUp(inside, eth0);
  }
  awaitUp(panel, ...nodes.map(({ jack }) => jack));
  return nodes;
}

/** Of the node by its number: 10.0.0.1, 10.0.0.2, … in a network of 16 bits. */
export const addressOf = (index: number): string => `10.0.${(index + 1) >> 8}.${(index + 1) & 0xff}`;

export function giveAddresses(nodes: readonly Node[]): void {
  for (const [index, { netns }] of nodes.entries()) {
    using inside = RtnetlinkHandle.openIn(netns);
    inside.addressReplace({ ifindex: eth0, address: `${addressOf(index)}/16` });
  }
}

export const open = (node: Node): PacketSocket =>
  PacketSocket.openIn(node.netns, { ifindex: eth0, ignoreOutgoing: true, receiveBufferBytes: 8 << 20 });

export const linkOf = (
  id: string,
  a: Node,
  b: Node,
  { ab = {}, ba = {}, seed = 1 }: { ab?: Impairment; ba?: Impairment; seed?: number } = {},
): WireLink => ({ id, a: { ifindex: a.jack }, b: { ifindex: b.jack }, ab, ba, seed });
