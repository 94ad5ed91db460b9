import { parseMac } from "./address-bytes.ts";
import { Attributes, type Message, type MessageWriter } from "./codec.ts";
import * as il from "./headers/if-link.ts";
import { encodeIfinfo, encodeName, ifinfomsgBytes } from "./link.ts";

/** Settings of a bridge. What is absent is the kernel's default, or stays as it is. */
export type BridgeSettings = {
  /** Spanning tree (IEEE 802.1D), done by the kernel. */
  readonly stp?: boolean;
  /** How long it remembers where a MAC address is, in seconds; 0: not at all, it floods. */
  readonly ageingSeconds?: number;
  /** How long a port listens, and then learns, before it forwards, in seconds: 2 to 30 with spanning tree. */
  readonly forwardDelaySeconds?: number;
  readonly helloSeconds?: number;
  readonly maxAgeSeconds?: number;
  /** Of this bridge in the spanning tree; the lowest becomes root. */
  readonly priority?: number;
  /**
   * Bit n: frames to 01:80:c2:00:00:0n are forwarded. The kernel refuses bits 0 (STP), 1 (pause) and 2
   * (LACP) here (BR_GROUPFWD_RESTRICTED, net/bridge/br_private.h); bits 0 and 2 may be set port by port.
   */
  readonly groupForwardMask?: number;
  /** Multicast only where it was asked for (IGMP, MLD); otherwise it is flooded. */
  readonly multicastSnooping?: boolean;
  /**
   * Frames go by their VLAN (IEEE 802.1Q), and new ports carry none (`bridgeVlansSet`). A kernel without
   * CONFIG_BRIDGE_VLAN_FILTERING takes no notice: see `bridgeKnowsVlans`.
   */
  readonly vlanFiltering?: boolean;
  readonly mtu?: number;
};

export type Bridge = BridgeSettings & {
  readonly name: string;
  readonly ifindex?: number;
  /** Absent: the kernel takes the lowest of its ports' addresses, and changes it as ports come and go. */
  readonly mac?: string;
};

export type BridgeChange = BridgeSettings & { readonly ifindex: number };

/** Settings of one port of a bridge; what is absent stays as it is. */
export type BridgePortChange = {
  /** Of the port; it must be in a bridge already. */
  readonly ifindex: number;
  /** As for the bridge, for frames that arrive at this port; bits 0 and 2 are allowed, bit 1 (pause) is not. */
  readonly groupForwardMask?: number;
  /** Isolated ports exchange frames only with ports that are not. */
  readonly isolated?: boolean;
  /** Frames may leave through the port they came in by. */
  readonly hairpin?: boolean;
  readonly learning?: boolean;
  readonly unicastFlood?: boolean;
};

export function encodeBridge(writer: MessageWriter, bridge: Bridge): void {
  encodeIfinfo(writer, bridge.ifindex ?? 0);
  encodeName(writer, bridge.name);
  if (bridge.mac !== undefined) writer.attributeBytes(il.IFLA_ADDRESS, parseMac(bridge.mac));
  encodeSettings(writer, bridge);
}

export function encodeBridgeChange(writer: MessageWriter, change: BridgeChange): void {
  encodeIfinfo(writer, change.ifindex);
  encodeSettings(writer, change);
}

function encodeSettings(writer: MessageWriter, settings: BridgeSettings): void {
  if (settings.mtu !== undefined) writer.attributeU32(il.IFLA_MTU, settings.mtu);
  writer.nested(il.IFLA_LINKINFO, () => {
    writer.attributeString(il.IFLA_INFO_KIND, "bridge");
    writer.nested(il.IFLA_INFO_DATA, () => {
      const {
        stp,
        ageingSeconds,
        forwardDelaySeconds,
        helloSeconds,
        maxAgeSeconds,
        priority,
        groupForwardMask,
        multicastSnooping,
        vlanFiltering,
      } = settings;
      if (forwardDelaySeconds !== undefined)
        writer.attributeU32(il.IFLA_BR_FORWARD_DELAY, clockTicks(forwardDelaySeconds));
      if (helloSeconds !== undefined) writer.attributeU32(il.IFLA_BR_HELLO_TIME, clockTicks(helloSeconds));
      if (maxAgeSeconds !== undefined) writer.attributeU32(il.IFLA_BR_MAX_AGE, clockTicks(maxAgeSeconds));
      if (ageingSeconds !== undefined) writer.attributeU32(il.IFLA_BR_AGEING_TIME, clockTicks(ageingSeconds));
      // After the timers: the kernel checks them against each other when spanning tree is on.
      if (stp !== undefined) writer.attributeU32(il.IFLA_BR_STP_STATE, Number(stp));
      if (priority !== undefined) writer.attributeU16(il.IFLA_BR_PRIORITY, priority);
      if (groupForwardMask !== undefined) writer.attributeU16(il.IFLA_BR_GROUP_FWD_MASK, groupForwardMask);
      if (vlanFiltering !== undefined) {
        writer.attributeU8(il.IFLA_BR_VLAN_FILTERING, Number(vlanFiltering));
        writer.attributeU16(il.IFLA_BR_VLAN_DEFAULT_PVID, vlanFiltering ? 0 : 1);
      }
      if (multicastSnooping !== undefined) writer.attributeU8(il.IFLA_BR_MCAST_SNOOPING, Number(multicastSnooping));
    });
  });
}

export function encodeBridgePort(writer: MessageWriter, port: BridgePortChange): void {
  encodeIfinfo(writer, port.ifindex);
  writer.nested(il.IFLA_LINKINFO, () => {
    writer.attributeString(il.IFLA_INFO_SLAVE_KIND, "bridge");
    writer.nested(il.IFLA_INFO_SLAVE_DATA, () => {
      if (port.hairpin !== undefined) writer.attributeU8(il.IFLA_BRPORT_MODE, Number(port.hairpin));
      if (port.learning !== undefined) writer.attributeU8(il.IFLA_BRPORT_LEARNING, Number(port.learning));
      if (port.unicastFlood !== undefined) writer.attributeU8(il.IFLA_BRPORT_UNICAST_FLOOD, Number(port.unicastFlood));
      if (port.groupForwardMask !== undefined)
        writer.attributeU16(il.IFLA_BRPORT_GROUP_FWD_MASK, port.groupForwardMask);
      if (port.isolated !== undefined) writer.attributeU8(il.IFLA_BRPORT_ISOLATED, Number(port.isolated));
    });
  });
}

/** Whether the kernel has VLAN filtering, from its description of a bridge. */
export function decodeVlanFiltering({ payload }: Message): boolean {
  const information = Attributes.read(payload, ifinfomsgBytes).nested(il.IFLA_LINKINFO)?.nested(il.IFLA_INFO_DATA);
  // It says whether VLANs are filtered in any case, and what is about them only where it has them (br_fill_info).
  return information?.bytes(il.IFLA_BR_VLAN_DEFAULT_PVID) !== undefined;
}

/** clock_t: hundredths of a second, whatever the kernel's own clock (USER_HZ, times(2)). */
const clockTicks = (seconds: number): number => Math.round(seconds * 100);
