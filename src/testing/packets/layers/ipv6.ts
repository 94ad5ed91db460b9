import { afterProtocol } from "./numbers.ts";
import { LayerFault, must, Octets } from "./octets.ts";
import { type Context, payloadOf, type Step } from "./step.ts";

export type Ipv6 = {
  readonly layer: "ipv6";
  readonly source: string;
  readonly destination: string;
  /** Of what follows the extension headers: 6 TCP, 17 UDP, 58 ICMPv6. */
  readonly protocol: number;
  readonly hopLimit: number;
  readonly dscp: number;
  readonly ecn: number;
  readonly flowLabel: number;
  /** In bytes, extension headers included. 0 in packets that the kernel has not cut up yet, and in jumbograms. */
  readonly payloadLength: number;
  readonly extensions: readonly Ipv6Extension[];
  readonly fragment?: Ipv6Fragment;
};

export type Ipv6Extension = {
  /** Its number as a protocol. */
  readonly type: number;
  readonly name: string;
  /** Options of `hop-by-hop` and `destination-options`, without padding. */
  readonly options?: readonly { readonly type: number; readonly bytes: Uint8Array }[];
  /** Of `routing`. */
  readonly routingType?: number;
  /** Of `routing`. */
  readonly segmentsLeft?: number;
  readonly bytes: Uint8Array;
};

export type Ipv6Fragment = {
  /** In bytes. */
  readonly offset: number;
  readonly moreFragments: boolean;
  readonly identification: number;
};

const hopByHop = 0;
const routing = 43;
const fragmentHeader = 44;
const authentication = 51;
const destinationOptions = 60;

/** IPv6 Extension Header Types (IANA). ESP is none of these: what is behind it cannot be read. */
const extensionNames: Readonly<Record<number, string>> = {
  [hopByHop]: "hop-by-hop",
  [routing]: "routing",
  [fragmentHeader]: "fragment",
  [authentication]: "authentication",
  [destinationOptions]: "destination-options",
  135: "mobility",
  139: "host-identity",
  140: "shim6",
};

/** RFC 8200, sections 3 and 4. */
export function decodeIpv6(bytes: Uint8Array, context: Context): Step<Ipv6> {
  const octets = new Octets(bytes);
  const first = octets.u32(0);
  must(first >>> 28 === 6, `its version is ${first >>> 28}, not 6`);
  const payloadLength = octets.u16(4);
  const [source, destination] = [octets.take(8, 16), octets.take(24, 16)];
  const end = payloadLength === 0 ? bytes.length : 40 + payloadLength;
  const isShort = end > bytes.length;
  const chain = walkExtensions(octets.u8(6), bytes.subarray(40, end));
  const { protocol, extensions, fragment, rest } = chain;
  const isFragment = fragment !== undefined && (fragment.offset > 0 || fragment.moreFragments);
  const ip = {
    source,
    destination,
    isFragment,
    // The pseudo header has the last address of a route.
    canCheck: !isShort && !extensions.some(({ segmentsLeft }) => (segmentsLeft ?? 0) > 0),
  };
  const isReadable = chain.fault === undefined && (fragment?.offset ?? 0) === 0;
  return {
    layer: {
      layer: "ipv6",
      source: octets.ipv6(8),
      destination: octets.ipv6(24),
      protocol,
      hopLimit: octets.u8(7),
      dscp: (first >>> 22) & 0x3f,
      ecn: (first >>> 20) & 3,
      flowLabel: first & 0xf_ffff,
      payloadLength,
      extensions,
      ...(fragment === undefined ? {} : { fragment }),
    },
    next: isReadable && protocol !== noNextHeader ? afterProtocol(protocol, rest, ip) : payloadOf(rest),
    faults: [
      ...(chain.fault === undefined ? [] : [{ kind: chain.fault.kind, message: chain.fault.message }]),
      ...(isShort && !context.isCut && chain.fault === undefined
        ? [{ kind: "truncated" as const, message: `it has ${bytes.length} of the ${end} bytes it speaks of` }]
        : []),
    ],
  };
}

const noNextHeader = 59;

type Chain = {
  readonly protocol: number;
  readonly extensions: readonly Ipv6Extension[];
  readonly fragment?: Ipv6Fragment | undefined;
  readonly rest: Uint8Array;
  readonly fault?: LayerFault;
};

function walkExtensions(nextHeader: number, bytes: Uint8Array): Chain {
  const extensions: Ipv6Extension[] = [];
  let fragment: Ipv6Fragment | undefined;
  let protocol = nextHeader;
  let at = 0;
  try {
    for (let name = extensionNames[protocol]; name !== undefined; name = extensionNames[protocol]) {
      const octets = new Octets(bytes.subarray(at));
      // RFC 4302, section 2.2: this one counts in words of four bytes.
      const length = protocol === authentication ? (octets.u8(1) + 2) * 4 : (octets.u8(1) + 1) * 8;
      const isFragmentHeader = protocol === fragmentHeader;
      const header = octets.take(0, isFragmentHeader ? 8 : length);
      extensions.push({ type: protocol, name, ...extensionDetails(protocol, header), bytes: header });
      if (isFragmentHeader) {
        const offset = octets.u16(2);
        fragment = { offset: offset & 0xfff8, moreFragments: (offset & 1) !== 0, identification: octets.u32(4) };
      }
      protocol = octets.u8(0);
      at += header.length;
      // What follows in a later fragment is no header.
      if (fragment !== undefined && fragment.offset > 0) break;
    }
  } catch (error) {
    if (!(error instanceof LayerFault)) throw error;
    return { protocol, extensions, fragment, rest: bytes.subarray(at), fault: error };
  }
  return { protocol, extensions, fragment, rest: bytes.subarray(at) };
}

function extensionDetails(type: number, header: Uint8Array): Partial<Ipv6Extension> {
  if (type === routing) return { routingType: header[2] as number, segmentsLeft: header[3] as number };
  if (type !== hopByHop && type !== destinationOptions) return {};
  const octets = new Octets(header);
  const options: { readonly type: number; readonly bytes: Uint8Array }[] = [];
  for (let at = 2; at < header.length; ) {
    const option = octets.u8(at);
    // Pad1 has no length, and PadN says nothing (RFC 8200, section 4.2).
    if (option === 0) at++;
    else {
      const value = octets.take(at + 2, octets.u8(at + 1));
      if (option !== 1) options.push({ type: option, bytes: value });
      at += 2 + value.length;
    }
  }
  return { options };
}
