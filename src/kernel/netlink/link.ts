import type { Namespace } from "../namespaces.ts";
import { parseMac, printMac } from "./address-bytes.ts";
import { Attributes, type Message, type MessageWriter, readAttributes } from "./codec.ts";
import * as il from "./headers/if-link.ts";
import { type LinkStatistics, readStatistics } from "./link-statistics.ts";

/** One end of a veth pair. */
export type VethEnd = {
  readonly name: string;
  /** Chosen here, nothing needs to be looked up later; absent: the kernel chooses. */
  readonly ifindex?: number;
  /** Absent: random. */
  readonly mac?: string;
  readonly mtu?: number;
  /** Where this end goes; absent: the handle's namespace. */
  readonly netns?: Namespace;
};

/** A veth pair, created with both ends down: the kernel cannot create it otherwise (ENOTCONN). */
export type VethPair = VethEnd & {
  readonly peer: VethEnd;
  /** ifindex of a bridge that this end becomes a port of. */
  readonly master?: number;
};

/** Changes of a link; what is absent stays as it is. */
export type LinkChange = {
  readonly ifindex: number;
  readonly up?: boolean;
  readonly mtu?: number;
  readonly mac?: string;
  /** ifindex of a bridge; 0: leaves the one it is in. */
  readonly master?: number;
  readonly name?: string;
  /** Moves it there; it comes down on the way. */
  readonly netns?: Namespace;
};

export type OperState = "unknown" | "notpresent" | "down" | "lowerlayerdown" | "testing" | "dormant" | "up";

/** A link as the kernel describes it. */
export type LinkInfo = {
  readonly ifindex: number;
  readonly name: string;
  /** IFF_* of linux/if.h. */
  readonly flags: number;
  /** Administratively up (IFF_UP). */
  readonly up: boolean;
  readonly carrier: boolean;
  readonly operState: OperState;
  readonly mtu: number;
  /** Absent for links without a six-byte address. */
  readonly mac?: string;
  readonly master?: number;
  /** ifindex of the link below or of a veth's peer; in another namespace when `peerNetnsId` is there. */
  readonly peer?: number;
  /** The id by which this namespace knows the peer's. */
  readonly peerNetnsId?: number;
  /** E.g. `veth`, `bridge`; absent for loopback and hardware. */
  readonly kind?: string;
  readonly statistics?: LinkStatistics;
};

/** Whether a link carries frames, and nothing else about it. */
export type LinkState = Pick<LinkInfo, "ifindex" | "operState">;

/** RFC 2863, in the order of IF_OPER_* (linux/if.h). */
const operStates: readonly OperState[] = [
  "unknown",
  "notpresent",
  "down",
  "lowerlayerdown",
  "testing",
  "dormant",
  "up",
];

/** struct ifinfomsg: family u8, pad, type u16, index u32, flags u32, change u32. */
export const ifinfomsgBytes = 16;

export function encodeIfinfo(writer: MessageWriter, ifindex: number, flags = 0, change = 0): void {
  writer.u32(0).u32(ifindex).u32(flags).u32(change);
}

export function encodeVethPair(writer: MessageWriter, pair: VethPair): void {
  encodeVethEnd(writer, pair);
  if (pair.master !== undefined) writer.attributeU32(il.IFLA_MASTER, pair.master);
  writer.nested(il.IFLA_LINKINFO, () => {
    writer.attributeString(il.IFLA_INFO_KIND, "veth");
    writer.nested(il.IFLA_INFO_DATA, () => {
      writer.nested(il.VETH_INFO_PEER, () => encodeVethEnd(writer, pair.peer));
    });
  });
}

function encodeVethEnd(writer: MessageWriter, end: VethEnd): void {
  encodeIfinfo(writer, end.ifindex ?? 0);
  encodeName(writer, end.name);
  // Left to itself the kernel makes a queue per processor and then uses one; giving the others up waits
  // for an RCU grace period at each end (veth_init_queues, drivers/net/veth.c).
  writer.attributeU32(il.IFLA_NUM_TX_QUEUES, 1).attributeU32(il.IFLA_NUM_RX_QUEUES, 1);
  if (end.mac !== undefined) writer.attributeBytes(il.IFLA_ADDRESS, parseMac(end.mac));
  if (end.mtu !== undefined) writer.attributeU32(il.IFLA_MTU, end.mtu);
  if (end.netns !== undefined) writer.attributeU32(il.IFLA_NET_NS_FD, end.netns.fd);
}

export function encodeLinkChange(writer: MessageWriter, change: LinkChange): void {
  encodeIfinfo(writer, change.ifindex, change.up === true ? il.IFF_UP : 0, change.up === undefined ? 0 : il.IFF_UP);
  if (change.name !== undefined) encodeName(writer, change.name);
  if (change.mac !== undefined) writer.attributeBytes(il.IFLA_ADDRESS, parseMac(change.mac));
  if (change.mtu !== undefined) writer.attributeU32(il.IFLA_MTU, change.mtu);
  if (change.master !== undefined) writer.attributeU32(il.IFLA_MASTER, change.master);
  if (change.netns !== undefined) writer.attributeU32(il.IFLA_NET_NS_FD, change.netns.fd);
}

/** Asks for all links without their counters. */
export function encodeLinkStateDump(writer: MessageWriter): void {
  encodeIfinfo(writer, 0);
  writer.attributeU32(il.IFLA_EXT_MASK, il.RTEXT_FILTER_SKIP_STATS);
}

export function decodeLinkState({ payload }: Message): LinkState {
  for (const [type, value] of readAttributes(payload, ifinfomsgBytes)) {
    if (type === il.IFLA_OPERSTATE)
      return { ifindex: payload.readInt32LE(4), operState: operStates[value.readUInt8(0)] ?? "unknown" };
  }
  return { ifindex: payload.readInt32LE(4), operState: "unknown" };
}

export function encodeName(writer: MessageWriter, name: string): void {
  writer.attributeString(il.IFLA_IFNAME, name);
}

export function decodeLink({ payload }: Message): LinkInfo {
  const attributes = Attributes.read(payload, ifinfomsgBytes);
  const flags = payload.readUInt32LE(8);
  const address = attributes.bytes(il.IFLA_ADDRESS);
  const master = attributes.u32(il.IFLA_MASTER);
  const ifindex = payload.readInt32LE(4);
  const peer = attributes.u32(il.IFLA_LINK);
  const peerNetnsId = attributes.i32(il.IFLA_LINK_NETNSID);
  const kind = attributes.nested(il.IFLA_LINKINFO)?.string(il.IFLA_INFO_KIND);
  const statistics = attributes.bytes(il.IFLA_STATS64);
  return {
    ifindex,
    name: attributes.string(il.IFLA_IFNAME) ?? "",
    flags,
    up: (flags & il.IFF_UP) !== 0,
    carrier: attributes.u8(il.IFLA_CARRIER) === 1,
    operState: operStates[attributes.u8(il.IFLA_OPERSTATE) ?? 0] ?? "unknown",
    mtu: attributes.u32(il.IFLA_MTU) ?? 0,
    ...(address?.length === 6 ? { mac: printMac(address) } : {}),
    ...(master === undefined ? {} : { master }),
    ...(peer === undefined || peer === 0 ? {} : { peer }),
    ...(peerNetnsId === undefined || peerNetnsId < 0 ? {} : { peerNetnsId }),
    ...(kind === undefined ? {} : { kind }),
    ...(statistics === undefined ? {} : { statistics: readStatistics(statistics) }),
  };
}
