import { type Checksum, ownChecksum } from "./checksum.ts";
import type { Decoded } from "./layer.ts";
import { Octets } from "./octets.ts";
import { type Context, payloadOf, type Step } from "./step.ts";

export type Icmp = {
  readonly layer: "icmp";
  readonly type: number;
  readonly code: number;
  /** Of the type, e.g. `echo-request`, `destination-unreachable`. */
  readonly name: string;
  readonly checksum: Checksum;
  readonly checksumValue: number;
  /** Of echo and timestamp messages. */
  readonly identifier?: number;
  /** Of echo and timestamp messages. */
  readonly sequence?: number;
  /** Of `redirect`. */
  readonly gateway?: string;
  /** Of `destination-unreachable` with code 4, fragmentation needed (RFC 1191). */
  readonly mtu?: number;
  /** Of `parameter-problem`: where in the packet it is. */
  readonly pointer?: number;
  /** The packet that an error message is about, as far as it is quoted. */
  readonly quoted?: Decoded;
};

/** ICMP Type Numbers (IANA). */
const names: Readonly<Record<number, string>> = {
  0: "echo-reply",
  3: "destination-unreachable",
  4: "source-quench",
  5: "redirect",
  8: "echo-request",
  9: "router-advertisement",
  10: "router-solicitation",
  11: "time-exceeded",
  12: "parameter-problem",
  13: "timestamp-request",
  14: "timestamp-reply",
  42: "extended-echo-request",
  43: "extended-echo-reply",
};

const errors: readonly number[] = [3, 4, 5, 11, 12];
const withSequence: readonly number[] = [0, 8, 13, 14, 42, 43];

/** RFC 792. */
export function decodeIcmp(bytes: Uint8Array, context: Context): Step<Icmp> {
  const octets = new Octets(bytes);
  const [type, code, checksumValue] = [octets.u8(0), octets.u8(1), octets.u16(2)];
  const canCheck = context.ip?.canCheck === true && !context.ip.isFragment;
  const layer: Icmp = {
    layer: "icmp",
    type,
    code,
    name: names[type] ?? `type-${type}`,
    checksum: canCheck ? ownChecksum(bytes) : "unchecked",
    checksumValue,
  };
  if (errors.includes(type)) {
    octets.u32(4);
    const quoted = context.quote("ipv4", octets.from(8));
    return {
      layer: {
        ...layer,
        ...(type === 5 ? { gateway: octets.ipv4(4) } : {}),
        ...(type === 3 && code === 4 ? { mtu: octets.u16(6) } : {}),
        ...(type === 12 ? { pointer: octets.u8(4) } : {}),
        ...(quoted === undefined ? {} : { quoted }),
      },
    };
  }
  if (!withSequence.includes(type)) return { layer, next: payloadOf(octets.from(4)) };
  return {
    layer: { ...layer, identifier: octets.u16(4), sequence: octets.u16(6) },
    next: payloadOf(octets.from(8)),
  };
}
