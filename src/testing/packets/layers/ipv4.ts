import { type Checksum, ownChecksum } from "./checksum.ts";
import { afterProtocol } from "./numbers.ts";
import { must, Octets } from "./octets.ts";
import { type Context, payloadOf, type Step } from "./step.ts";

export type Ipv4 = {
  readonly layer: "ipv4";
  readonly source: string;
  readonly destination: string;
  /** Number of the protocol inside (IANA): 1 ICMP, 6 TCP, 17 UDP. */
  readonly protocol: number;
  readonly ttl: number;
  /** Differentiated services code point (RFC 2474), 0 to 63. */
  readonly dscp: number;
  /** Explicit congestion notification (RFC 3168), 0 to 3. */
  readonly ecn: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** In bytes. */
  readonly fragmentOffset: number;
  /** In bytes, options included. */
  readonly headerLength: number;
  /** In bytes, as the header says. 0 in packets that the kernel has not cut up yet. */
  readonly totalLength: number;
  readonly options: readonly Ipv4Option[];
  readonly checksum: Checksum;
  readonly checksumValue: number;
};

export type Ipv4Option = {
  readonly type: number;
  readonly name: string;
  /** Without type and length. */
  readonly bytes: Uint8Array;
};

/** IP Option Numbers (IANA). */
const optionNames: Readonly<Record<number, string>> = {
  7: "record-route",
  68: "timestamp",
  130: "security",
  131: "loose-source-route",
  137: "strict-source-route",
  148: "router-alert",
};

/** RFC 791, section 3.1. */
export function decodeIpv4(bytes: Uint8Array, context: Context): Step<Ipv4> {
  const octets = new Octets(bytes);
  must(octets.u8(0) >> 4 === 4, `its version is ${octets.u8(0) >> 4}, not 4`);
  const headerLength = (octets.u8(0) & 15) * 4;
  must(headerLength >= 20, `its header has ${headerLength} bytes, where 20 are the least`);
  const header = octets.take(0, headerLength);
  const totalLength = octets.u16(2);
  must(totalLength === 0 || totalLength >= headerLength, `its length of ${totalLength} bytes is less than its header`);
  const fragment = octets.u16(6);
  const fragmentOffset = (fragment & 0x1fff) * 8;
  const moreFragments = (fragment & 0x2000) !== 0;
  const protocol = octets.u8(9);
  const { options, fault } = decodeOptions(header);
  const end = totalLength === 0 ? bytes.length : totalLength;
  const isShort = end > bytes.length;
  const rest = bytes.subarray(headerLength, end);
  const isFragment = moreFragments || fragmentOffset > 0;
  // With a source route, the pseudo header has the last address of it.
  const isSourceRouted = options.some(({ type }) => type === 131 || type === 137);
  const ip = {
    source: octets.take(12, 4),
    destination: octets.take(16, 4),
    isFragment,
    canCheck: !isShort && !isSourceRouted,
  };
  return {
    layer: {
      layer: "ipv4",
      source: octets.ipv4(12),
      destination: octets.ipv4(16),
      protocol,
      ttl: octets.u8(8),
      dscp: octets.u8(1) >> 2,
      ecn: octets.u8(1) & 3,
      identification: octets.u16(4),
      dontFragment: (fragment & 0x4000) !== 0,
      moreFragments,
      fragmentOffset,
      headerLength,
      totalLength,
      options,
      checksum: ownChecksum(header),
      checksumValue: octets.u16(10),
    },
    next: fragmentOffset > 0 ? payloadOf(rest) : afterProtocol(protocol, rest, ip),
    faults: [
      ...(fault === undefined ? [] : [{ kind: "malformed" as const, message: fault }]),
      ...(isShort && !context.isCut
        ? [{ kind: "truncated" as const, message: `it has ${bytes.length} of the ${totalLength} bytes it speaks of` }]
        : []),
    ],
  };
}

function decodeOptions(header: Uint8Array): { readonly options: readonly Ipv4Option[]; readonly fault?: string } {
  const options: Ipv4Option[] = [];
  for (let at = 20; at < header.length; ) {
    const type = header[at] as number;
    if (type === 0) break;
    if (type === 1) {
      at++;
      continue;
    }
    const length = header[at + 1] ?? 0;
    if (length < 2 || at + length > header.length) return { options, fault: `option ${type} is ${length} bytes long` };
    options.push({ type, name: optionNames[type] ?? `option-${type}`, bytes: header.subarray(at + 2, at + length) });
    at += length;
  }
  return { options };
}
