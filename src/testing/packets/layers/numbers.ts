import type { LayerName } from "./layer.ts";
import { type IpContext, type Next, payloadOf } from "./step.ts";

/** EtherTypes (IEEE 802 Numbers, IANA) of the layers that are decoded. */
const etherTypes: ReadonlyMap<number, LayerName> = new Map([
  [0x0800, "ipv4"],
  [0x0806, "arp"],
  [0x86dd, "ipv6"],
  [0x8100, "vlan"],
  [0x88a8, "vlan"],
  // QinQ before 802.1ad.
  [0x9100, "vlan"],
  [0x888e, "eapol"],
  [0x88cc, "lldp"],
]);

/** Slow protocols, of which LACP is subtype 1 (IEEE 802.3, annex 57A). */
const slowProtocols = 0x8809;

export function afterEtherType(type: number, bytes: Uint8Array): Next | undefined {
  const as = type === slowProtocols && bytes[0] === 1 ? "lacp" : etherTypes.get(type);
  return as === undefined ? payloadOf(bytes) : { as, bytes };
}

/** Protocol numbers (IANA) of the layers that are decoded. */
const protocols: ReadonlyMap<number, LayerName> = new Map([
  [1, "icmp"],
  [4, "ipv4"],
  [6, "tcp"],
  [17, "udp"],
  [41, "ipv6"],
  [58, "icmpv6"],
  [89, "ospf"],
  [112, "vrrp"],
]);

export function afterProtocol(protocol: number, bytes: Uint8Array, ip: IpContext): Next | undefined {
  const as = protocols.get(protocol);
  return as === undefined ? payloadOf(bytes) : { as, bytes, ip };
}
