import type { MessageWriter } from "./codec.ts";
import * as il from "./headers/if-link.ts";
import { AF_BRIDGE } from "./headers/rtnetlink.ts";

/** The VLANs of a bridge's port (bridge-vlan(8)): numbers from 1 to 4094. */
export type BridgePortVlans = {
  /** Of the port; it must be in a bridge already. */
  readonly ifindex: number;
  /** First and last of each run of VLANs that the port carries. */
  readonly ranges: readonly (readonly [first: number, last: number])[];
  /** What comes untagged belongs to it; among the ranges. */
  readonly pvid?: number;
  /** That one is sent untagged. */
  readonly untagged?: number;
};

/** linux/if_bridge.h. */
const IFLA_BRIDGE_VLAN_INFO = 2;
const BRIDGE_VLAN_INFO_PVID = 2;
const BRIDGE_VLAN_INFO_UNTAGGED = 4;
const BRIDGE_VLAN_INFO_RANGE_BEGIN = 8;
const BRIDGE_VLAN_INFO_RANGE_END = 16;
const lastVlan = 4094;

/** What takes every VLAN from a port (RTM_DELLINK). */
export function encodeNoVlans(writer: MessageWriter, ifindex: number): void {
  encodeInfos(writer, ifindex, runOf(1, lastVlan, 0));
}

/** What gives a port VLANs beside those it has (RTM_SETLINK). */
export function encodeVlans(writer: MessageWriter, { ifindex, ranges, pvid, untagged }: BridgePortVlans): void {
  const special = new Set([pvid, untagged].filter((vlan) => vlan !== undefined));
  const infos = ranges.flatMap(([first, last]) => {
    const own = [...special].filter((vlan) => vlan >= first && vlan <= last).sort((a, b) => a - b);
    // A run has the same flags throughout, and those of a PVID are its own.
    let next = first;
    const parts: Info[] = [];
    for (const vlan of own) {
      parts.push(...runOf(next, vlan - 1, 0));
      const flags = (vlan === pvid ? BRIDGE_VLAN_INFO_PVID : 0) | (vlan === untagged ? BRIDGE_VLAN_INFO_UNTAGGED : 0);
      parts.push({ flags, vlan });
      next = vlan + 1;
    }
    return [...parts, ...runOf(next, last, 0)];
  });
  encodeInfos(writer, ifindex, infos);
}

type Info = { readonly flags: number; readonly vlan: number };

function runOf(first: number, last: number, flags: number): readonly Info[] {
  if (first > last) return [];
  if (first === last) return [{ flags, vlan: first }];
  return [
    { flags: flags | BRIDGE_VLAN_INFO_RANGE_BEGIN, vlan: first },
    { flags: flags | BRIDGE_VLAN_INFO_RANGE_END, vlan: last },
  ];
}

function encodeInfos(writer: MessageWriter, ifindex: number, infos: readonly Info[]): void {
  // struct ifinfomsg, of the bridge's family; struct bridge_vlan_info: flags u16, vid u16.
  writer.u32(AF_BRIDGE).u32(ifindex).u32(0).u32(0);
  writer.nested(il.IFLA_AF_SPEC, () => {
    for (const { flags, vlan } of infos) writer.attributeU32(IFLA_BRIDGE_VLAN_INFO, flags | (vlan << 16));
  });
}
