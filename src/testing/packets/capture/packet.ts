import type { Decoded } from "../layers/layer.ts";

/** As seen from the interface it was captured on: `inbound` came to the node. `unknown`: the capture does not say. */
export type PacketDirection = "inbound" | "outbound" | "unknown";

/** One captured frame: when and where it passed, its bytes, and its layers by name (`packet.tcp?.flags`). */
export type Packet = Decoded & {
  /** From 1, in its capture. */
  readonly number: number;
  /** Since 1970, in nanoseconds. */
  readonly timeNs: bigint;
  /** `h1:eth0`. */
  readonly interface: string;
  readonly direction: PacketDirection;
  /** As far as they were captured. */
  readonly bytes: Uint8Array;
  /** On the wire, in bytes. */
  readonly length: number;
  /** Netwright writes faults and changes of links at the packet that follows them. */
  readonly comments: readonly string[];
};

export type CaptureInterface = {
  readonly name: string;
  readonly description?: string;
  /** LINKTYPE_ number; 1: Ethernet. */
  readonly linkType: number;
  /** Of each frame at most so many bytes were kept; 0: all. */
  readonly snapLength: number;
  /** What was asked for, in the words of pcap-filter(7). */
  readonly filter?: string;
};

export type InterfaceStatistics = {
  /** Name of the interface. */
  readonly interface: string;
  readonly received?: number;
  /** Lost by the interface and by the system together. */
  readonly dropped?: number;
  readonly comments: readonly string[];
};
