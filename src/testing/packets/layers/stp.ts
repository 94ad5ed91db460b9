import { must, Octets } from "./octets.ts";
import type { Step } from "./step.ts";

/** A bridge protocol data unit. A notification of a topology change has nothing but its kind. */
export type Stp = {
  readonly layer: "stp";
  readonly kind: "configuration" | "topology-change" | "rapid";
  /** 0 STP, 2 RSTP, 3 MSTP. */
  readonly version: number;
  readonly flags?: StpFlags;
  readonly root?: BridgeId;
  readonly rootPathCost?: number;
  readonly bridge?: BridgeId;
  readonly portId?: number;
  readonly messageAgeMs?: number;
  readonly maxAgeMs?: number;
  readonly helloMs?: number;
  readonly forwardDelayMs?: number;
};

export type StpFlags = {
  readonly topologyChange: boolean;
  readonly topologyChangeAcknowledged: boolean;
  readonly proposal: boolean;
  readonly agreement: boolean;
  readonly learning: boolean;
  readonly forwarding: boolean;
  readonly portRole: "unknown" | "alternate-or-backup" | "root" | "designated";
};

export type BridgeId = {
  /** In steps of 4096. */
  readonly priority: number;
  /** The VLAN in spanning trees per VLAN. */
  readonly extension: number;
  readonly mac: string;
};

const kinds: Readonly<Record<number, Stp["kind"]>> = { 0x00: "configuration", 0x02: "rapid", 0x80: "topology-change" };
const portRoles = ["unknown", "alternate-or-backup", "root", "designated"] as const;

/** IEEE 802.1D-2004, clause 9. */
export function decodeStp(bytes: Uint8Array): Step<Stp> {
  const octets = new Octets(bytes);
  must(octets.u16(0) === 0, `its protocol is ${octets.u16(0)}, not 0`);
  const type = octets.u8(3);
  const kind = kinds[type];
  must(kind !== undefined, `a BPDU of type ${type} is not known`);
  const layer = { layer: "stp", kind, version: octets.u8(2) } as const;
  if (kind === "topology-change") return { layer };
  return {
    layer: {
      ...layer,
      flags: flagsOf(octets.u8(4)),
      root: bridgeId(octets, 5),
      rootPathCost: octets.u32(13),
      bridge: bridgeId(octets, 17),
      portId: octets.u16(25),
      messageAgeMs: milliseconds(octets.u16(27)),
      maxAgeMs: milliseconds(octets.u16(29)),
      helloMs: milliseconds(octets.u16(31)),
      forwardDelayMs: milliseconds(octets.u16(33)),
    },
  };
}

/** From 256ths of a second. */
const milliseconds = (value: number): number => (value * 1000) / 256;

const bridgeId = (octets: Octets, at: number): BridgeId => ({
  priority: octets.u16(at) & 0xf000,
  extension: octets.u16(at) & 0x0fff,
  mac: octets.mac(at + 2),
});

const flagsOf = (bits: number): StpFlags => ({
  topologyChange: (bits & 0x01) !== 0,
  proposal: (bits & 0x02) !== 0,
  portRole: portRoles[(bits >> 2) & 3] ?? "unknown",
  learning: (bits & 0x10) !== 0,
  forwarding: (bits & 0x20) !== 0,
  agreement: (bits & 0x40) !== 0,
  topologyChangeAcknowledged: (bits & 0x80) !== 0,
});
