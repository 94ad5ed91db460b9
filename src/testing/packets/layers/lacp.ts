import { must, Octets } from "./octets.ts";
import type { Step } from "./step.ts";

export type Lacp = {
  readonly layer: "lacp";
  readonly version: number;
  readonly actor: LacpPort;
  readonly partner: LacpPort;
  /** In tens of microseconds. */
  readonly collectorMaxDelay: number;
};

export type LacpPort = {
  readonly systemPriority: number;
  readonly system: string;
  readonly key: number;
  readonly portPriority: number;
  readonly port: number;
  readonly state: LacpState;
};

export type LacpState = {
  readonly active: boolean;
  /** The short timeout: a frame each second. */
  readonly fast: boolean;
  readonly aggregatable: boolean;
  readonly synchronized: boolean;
  readonly collecting: boolean;
  readonly distributing: boolean;
  readonly defaulted: boolean;
  readonly expired: boolean;
};

/** IEEE 802.1AX-2008, 5.4.2. */
export function decodeLacp(bytes: Uint8Array): Step<Lacp> {
  const octets = new Octets(bytes);
  for (const [at, type, length] of [
    [2, 1, 20],
    [22, 2, 20],
    [42, 3, 16],
  ] as const) {
    const isRight = octets.u8(at) === type && octets.u8(at + 1) === length;
    must(isRight, `TLV ${octets.u8(at)} of ${octets.u8(at + 1)} bytes stands where ${type} of ${length} must`);
  }
  return {
    layer: {
      layer: "lacp",
      version: octets.u8(1),
      actor: portAt(octets, 4),
      partner: portAt(octets, 24),
      collectorMaxDelay: octets.u16(44),
    },
  };
}

const portAt = (octets: Octets, at: number): LacpPort => ({
  systemPriority: octets.u16(at),
  system: octets.mac(at + 2),
  key: octets.u16(at + 8),
  portPriority: octets.u16(at + 10),
  port: octets.u16(at + 12),
  state: stateOf(octets.u8(at + 14)),
});

const stateOf = (bits: number): LacpState => ({
  active: (bits & 0x01) !== 0,
  fast: (bits & 0x02) !== 0,
  aggregatable: (bits & 0x04) !== 0,
  synchronized: (bits & 0x08) !== 0,
  collecting: (bits & 0x10) !== 0,
  distributing: (bits & 0x20) !== 0,
  defaulted: (bits & 0x40) !== 0,
  expired: (bits & 0x80) !== 0,
});
