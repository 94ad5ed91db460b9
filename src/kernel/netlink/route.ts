import { KernelError } from "../errno.ts";
import { type AddressBytes, parseAddress, parsePrefix, printAddress } from "./address-bytes.ts";
import { Attributes, type Message, type MessageWriter } from "./codec.ts";
import * as rt from "./headers/rtnetlink.ts";

/** RTN_*, linux/rtnetlink.h. */
const routeTypes = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
} as const;
export type RouteType = keyof typeof routeTypes;

/** A route to set or to delete. */
export type RouteSpec = {
  /** A prefix, e.g. `10.0.0.0/8`; the default routes are `0.0.0.0/0` and `::/0`. */
  readonly to: string;
  /** The gateway; an IPv6 one for an IPv4 prefix is allowed (RFC 5549). */
  readonly via?: string;
  readonly ifindex?: number;
  /** Lower is preferred; absent: 0 for IPv4, 1024 for IPv6. */
  readonly metric?: number;
  readonly table?: number;
  /** `blackhole`, `unreachable` and `prohibit` take neither gateway nor link. Absent: unicast. */
  readonly type?: "unicast" | "blackhole" | "unreachable" | "prohibit";
};

export type NextHop = { readonly via?: string; readonly ifindex?: number; readonly weight: number };

export type RouteInfo = {
  readonly to: string;
  readonly via?: string;
  readonly ifindex?: number;
  readonly metric?: number;
  readonly source?: string;
  readonly table: number;
  readonly type: RouteType | "other";
  /** RTPROT_*: who made it, e.g. 2 the kernel, 4 static, 186 BGP (linux/rtnetlink.h). */
  readonly protocol: number;
  /** More than one way to go; `via` and `ifindex` are then absent. */
  readonly nextHops?: readonly NextHop[];
};

/** struct rtmsg: family, destination and source lengths, tos, table, protocol, scope and type, u8 each; flags u32. */
const rtmsgBytes = 12;
/** struct rtnexthop: length u16, flags u8, hops u8, ifindex u32. */
const rtnexthopBytes = 8;

const EINVAL = 22;

/** @param forDeletion then whatever scope, protocol and type the route has, it matches */
export function encodeRoute(writer: MessageWriter, route: RouteSpec, forDeletion: boolean): void {
  const to = parsePrefix(route.to);
  const via = route.via === undefined ? undefined : parseAddress(route.via);
  const type = route.type ?? "unicast";
  const scope =
    to.family === rt.AF_INET && via === undefined && type === "unicast" ? rt.RT_SCOPE_LINK : rt.RT_SCOPE_UNIVERSE;
  const table = route.table ?? rt.RT_TABLE_MAIN;
  writer.u8(to.family).u8(to.prefixLength).u8(0).u8(0);
  writer.u8(table < 256 ? table : 0);
  if (forDeletion)
    writer
      .u8(0)
      .u8(rt.RT_SCOPE_NOWHERE)
      .u8(route.type === undefined ? 0 : routeTypes[type]);
  else writer.u8(rt.RTPROT_STATIC).u8(scope).u8(routeTypes[type]);
  writer.u32(0);
  writer.attributeU32(rt.RTA_TABLE, table);
  // A default route has no destination, rather than one of no bits.
  if (to.prefixLength > 0) writer.attributeBytes(rt.RTA_DST, networkOf(to.bytes, to.prefixLength));
  if (via !== undefined) encodeGateway(writer, to.family, via);
  if (route.ifindex !== undefined) writer.attributeU32(rt.RTA_OIF, route.ifindex);
  if (route.metric !== undefined) writer.attributeU32(rt.RTA_PRIORITY, route.metric);
}

function encodeGateway(writer: MessageWriter, family: number, via: AddressBytes): void {
  if (via.family === family) {
    writer.attributeBytes(rt.RTA_GATEWAY, via.bytes);
    return;
  }
  if (family !== rt.AF_INET) throw new KernelError("route", EINVAL, "an IPv6 route has no IPv4 gateway");
  // struct rtvia: family u16, address.
  const bytes = Buffer.alloc(2 + via.bytes.length);
  bytes.writeUInt16LE(via.family);
  bytes.set(via.bytes, 2);
  writer.attributeBytes(rt.RTA_VIA, bytes);
}

/** The kernel refuses a destination with bits set beyond its prefix length. */
function networkOf(address: Buffer, prefixLength: number): Buffer {
  return Buffer.from(
    address.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, prefixLength - index * 8)))),
  );
}

export function encodeRouteDump(writer: MessageWriter, family: number): void {
  writer.u32(family).u32(0).u32(0);
}

export function decodeRoute({ payload }: Message): RouteInfo {
  const attributes = Attributes.read(payload, rtmsgBytes);
  const family = payload.readUInt8(0);
  const destination = attributes.bytes(rt.RTA_DST) ?? Buffer.alloc(family === rt.AF_INET6 ? 16 : 4);
  const metric = attributes.u32(rt.RTA_PRIORITY);
  const source = attributes.bytes(rt.RTA_PREFSRC);
  const multipath = attributes.bytes(rt.RTA_MULTIPATH);
  const type = payload.readUInt8(7);
  return {
    to: `${printAddress(destination)}/${payload.readUInt8(1)}`,
    ...nextHopOf(attributes, attributes.u32(rt.RTA_OIF)),
    ...(metric === undefined ? {} : { metric }),
    ...(source === undefined ? {} : { source: printAddress(source) }),
    table: attributes.u32(rt.RTA_TABLE) ?? payload.readUInt8(4),
    type: (Object.keys(routeTypes) as RouteType[]).find((name) => routeTypes[name] === type) ?? "other",
    protocol: payload.readUInt8(5),
    ...(multipath === undefined ? {} : { nextHops: readNextHops(multipath) }),
  };
}

function nextHopOf(attributes: Attributes, ifindex: number | undefined): { via?: string; ifindex?: number } {
  const gateway = attributes.bytes(rt.RTA_GATEWAY) ?? attributes.bytes(rt.RTA_VIA)?.subarray(2);
  return {
    ...(gateway === undefined ? {} : { via: printAddress(gateway) }),
    ...(ifindex === undefined ? {} : { ifindex }),
  };
}

function readNextHops(multipath: Buffer): readonly NextHop[] {
  const hops: NextHop[] = [];
  for (let at = 0; at + rtnexthopBytes <= multipath.length; ) {
    const length = Math.max(multipath.readUInt16LE(at), rtnexthopBytes);
    const attributes = Attributes.read(multipath.subarray(at, at + length), rtnexthopBytes);
    hops.push({ ...nextHopOf(attributes, multipath.readUInt32LE(at + 4)), weight: multipath.readUInt8(at + 3) + 1 });
    at += (length + 3) & ~3;
  }
  return hops;
}
