import type { Arp } from "./arp.ts";
import type { Bgp } from "./bgp.ts";
import type { Dhcp } from "./dhcp.ts";
import type { Dhcpv6 } from "./dhcpv6.ts";
import type { Dns } from "./dns.ts";
import type { Eapol } from "./eapol.ts";
import type { Ethernet } from "./ethernet.ts";
import type { Icmp } from "./icmp.ts";
import type { Icmpv6 } from "./icmpv6.ts";
import type { Ipv4 } from "./ipv4.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { Lacp } from "./lacp.ts";
import type { Llc } from "./llc.ts";
import type { Lldp } from "./lldp.ts";
import type { Ospf } from "./ospf.ts";
import type { Payload } from "./payload.ts";
import type { Stp } from "./stp.ts";
import type { Tcp } from "./tcp.ts";
import type { Udp } from "./udp.ts";
import type { Vlan } from "./vlan.ts";
import type { Vrrp } from "./vrrp.ts";

export type Layer =
  | Arp
  | Bgp
  | Dhcp
  | Dhcpv6
  | Dns
  | Eapol
  | Ethernet
  | Icmp
  | Icmpv6
  | Ipv4
  | Ipv6
  | Lacp
  | Llc
  | Lldp
  | Ospf
  | Payload
  | Stp
  | Tcp
  | Udp
  | Vlan
  | Vrrp;

export type LayerName = Layer["layer"];
export type LayerOf<Name extends LayerName> = Extract<Layer, { readonly layer: Name }>;

/** A layer that could not be read, or not in full. Its bytes are there as `payload`, or as far as it could be read. */
export type PacketProblem = {
  readonly layer: LayerName;
  /**
   * `cut`: the capture kept too little of the frame (its snap length). `truncated`: the packet ends
   * before the layer does. `malformed`: it is not as the standard says.
   */
  readonly kind: "cut" | "truncated" | "malformed";
  readonly message: string;
};

/**
 * What the bytes of a frame mean: its layers from the outermost, and by name the first of each. A name
 * that a packet has no layer of is not there.
 */
export type Decoded = {
  readonly layers: readonly Layer[];
  readonly problems: readonly PacketProblem[];
  /** The first of the layers `ipv4` and `ipv6`. */
  readonly ip?: Ipv4 | Ipv6;
} & { readonly [Name in LayerName]?: LayerOf<Name> };
