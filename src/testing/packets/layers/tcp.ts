import { startsWithMarker } from "./bgp.ts";
import { type Checksum, transportChecksum } from "./checksum.ts";
import { must, Octets } from "./octets.ts";
import { type Context, type Next, payloadOf, type Step } from "./step.ts";

export type Tcp = {
  readonly layer: "tcp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: TcpFlags;
  /** As it is in the header, not scaled. */
  readonly window: number;
  readonly urgentPointer: number;
  /** In bytes, options included. */
  readonly headerLength: number;
  /** Of the data that follows, in bytes. */
  readonly payloadLength: number;
  readonly options: TcpOptions;
  readonly checksum: Checksum;
  readonly checksumValue: number;
};

export type TcpFlags = {
  readonly fin: boolean;
  readonly syn: boolean;
  readonly rst: boolean;
  readonly psh: boolean;
  readonly ack: boolean;
  readonly urg: boolean;
  readonly ece: boolean;
  readonly cwr: boolean;
};

export type TcpOptions = {
  /** In bytes. */
  readonly maxSegmentSize?: number;
  /** By how many bits the window is shifted. */
  readonly windowScale?: number;
  readonly sackPermitted?: true;
  readonly sack?: readonly { readonly left: number; readonly right: number }[];
  readonly timestamps?: { readonly value: number; readonly echo: number };
  /** Numbers of all options, in order, without padding. */
  readonly kinds: readonly number[];
};

const protocolNumber = 6;

/** RFC 9293, section 3.1. */
export function decodeTcp(bytes: Uint8Array, context: Context): Step<Tcp> {
  const octets = new Octets(bytes);
  const headerLength = (octets.u8(12) >> 4) * 4;
  must(headerLength >= 20, `its header has ${headerLength} bytes, where 20 are the least`);
  const header = octets.take(0, headerLength);
  const [sourcePort, destinationPort, checksumValue] = [octets.u16(0), octets.u16(2), octets.u16(16)];
  const { options, fault } = decodeOptions(header);
  const data = octets.from(headerLength);
  return {
    layer: {
      layer: "tcp",
      sourcePort,
      destinationPort,
      sequence: octets.u32(4),
      acknowledgement: octets.u32(8),
      flags: flagsOf(octets.u8(13)),
      window: octets.u16(14),
      urgentPointer: octets.u16(18),
      headerLength,
      payloadLength: data.length,
      options,
      checksum: transportChecksum(bytes, checksumValue, protocolNumber, context.ip),
      checksumValue,
    },
    next: context.ip?.isFragment ? payloadOf(data) : application(sourcePort, destinationPort, data),
    faults: fault === undefined ? [] : [{ kind: "malformed", message: fault }],
  };
}

const flagsOf = (bits: number): TcpFlags => ({
  fin: (bits & 0x01) !== 0,
  syn: (bits & 0x02) !== 0,
  rst: (bits & 0x04) !== 0,
  psh: (bits & 0x08) !== 0,
  ack: (bits & 0x10) !== 0,
  urg: (bits & 0x20) !== 0,
  ece: (bits & 0x40) !== 0,
  cwr: (bits & 0x80) !== 0,
});

/** Option kinds (IANA) with the length that each must have, where it is read: RFC 9293, 7323, 2018. */
const optionLengths: Readonly<Record<number, number>> = { 2: 4, 3: 3, 4: 2, 8: 10 };

function decodeOptions(header: Uint8Array): { readonly options: TcpOptions; readonly fault?: string } {
  const octets = new Octets(header);
  const kinds: number[] = [];
  const found: { -readonly [Key in keyof Omit<TcpOptions, "kinds">]: TcpOptions[Key] } = {};
  for (let at = 20; at < header.length; ) {
    const kind = octets.u8(at);
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = header[at + 1] ?? 0;
    const isRight = length >= 2 && at + length <= header.length && (optionLengths[kind] ?? length) === length;
    if (!isRight || (kind === 5 && length % 8 !== 2)) {
      return { options: { ...found, kinds }, fault: `option ${kind} is ${length} bytes long` };
    }
    kinds.push(kind);
    if (kind === 2) found.maxSegmentSize = octets.u16(at + 2);
    else if (kind === 3) found.windowScale = octets.u8(at + 2);
    else if (kind === 4) found.sackPermitted = true;
    else if (kind === 5) {
      found.sack = Array.from({ length: (length - 2) / 8 }, (_, index) => ({
        left: octets.u32(at + 2 + index * 8),
        right: octets.u32(at + 6 + index * 8),
      }));
    } else if (kind === 8) found.timestamps = { value: octets.u32(at + 2), echo: octets.u32(at + 6) };
    at += length;
  }
  return { options: { ...found, kinds } };
}

/**
 * Messages over TCP may begin and end anywhere in a segment. Those that fill theirs are read, which the
 * short ones that tests ask for do; the rest is payload.
 */
function application(sourcePort: number, destinationPort: number, bytes: Uint8Array): Next | undefined {
  const isAt = (port: number): boolean => sourcePort === port || destinationPort === port;
  if (isAt(179) && startsWithMarker(bytes)) return { as: "bgp", bytes };
  // RFC 1035, section 4.2.2: two bytes of length first.
  const isWholeDns = bytes.length > 2 && new Octets(bytes).u16(0) === bytes.length - 2;
  return isAt(53) && isWholeDns ? { as: "dns", bytes: bytes.subarray(2) } : payloadOf(bytes);
}
