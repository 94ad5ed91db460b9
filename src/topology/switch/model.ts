import type { InterfaceName, NodeName } from "../model.ts";

/** What a switch does beyond forwarding: VLANs, and what only Open vSwitch can. Plain data, part of the resolved lab. */

/**
 * Which VLANs (IEEE 802.1Q) a port carries, and how. `access`: one, untagged. `trunk`: these, tagged;
 * what comes untagged belongs to `native`, or is dropped without one.
 */
export type PortVlans =
  | { readonly access: number }
  | { readonly trunk: "all" | readonly number[]; readonly native?: NativeVlan };

/** `tagged`: the switch sends it tagged too, and takes it either way. */
export type NativeVlan = { readonly vlan: number; readonly tagged: boolean };

export type OpenFlowVersion = "1.0" | "1.1" | "1.2" | "1.3" | "1.4" | "1.5";

/** What only Open vSwitch does. */
export type OvsSettings = {
  /** Takes part in the rapid spanning tree protocol (IEEE 802.1D-2004). */
  readonly rstp: boolean;
  /** Versions of OpenFlow that it speaks; every one that it knows when empty. */
  readonly openflow: readonly OpenFlowVersion[];
  /** While no controller is connected: `standalone` forwards as any switch does, `secure` only as its flows say. */
  readonly failMode: "standalone" | "secure";
  /** A flow a line, as ovs-ofctl(8) reads them. */
  readonly flows?: string;
  readonly controllers: readonly Controller[];
  readonly mirrors: readonly Mirror[];
  readonly bonds: readonly Bond[];
};

/** An OpenFlow controller: a TCP port at an address of a node, seen from that node; or a unix socket of this machine. */
export type Controller =
  | { readonly node: NodeName; readonly address: string; readonly port: number }
  | { readonly socket: string };

/** Copies frames to a port, which then carries nothing else. */
export type Mirror = {
  /** Ports and bonds whose frames are copied; of all when there are neither these nor VLANs. */
  readonly from: readonly string[];
  /** `in`: frames that come in there; `out`: that go out. */
  readonly direction: "both" | "in" | "out";
  /** Frames of these VLANs only; of all when empty. */
  readonly vlans: readonly number[];
  readonly to: InterfaceName;
};

/** Several ports as one (IEEE 802.1AX). */
export type Bond = {
  readonly name: string;
  readonly ports: readonly InterfaceName[];
  readonly lacp: "off" | "active" | "passive";
  readonly mode: "active-backup" | "balance-slb" | "balance-tcp";
};

export const allLinkLocal = ["lldp", "lacp", "802.1x", "stp"] as const;

/** What a port without a word about VLANs carries on a switch that knows them: all of them, 1 untagged, as most switches do. */
export const plainPort: PortVlans = { trunk: "all", native: { vlan: 1, tagged: false } };

/** `vlan 10`, `trunk 10,20 native 10`, … */
export function describeVlans(vlans: PortVlans): string {
  if ("access" in vlans) return `vlan ${vlans.access}`;
  const { trunk, native } = vlans;
  const list = trunk === "all" ? "all" : trunk.join(",");
  return `trunk ${list}${native === undefined ? "" : ` native ${native.vlan}${native.tagged ? " tagged" : ""}`}`;
}
