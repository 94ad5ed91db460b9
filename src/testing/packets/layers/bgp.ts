import { LayerFault, must, Octets } from "./octets.ts";
import { payloadOf, type Step } from "./step.ts";

/** One message; several of a segment are as many layers. */
export type Bgp = {
  readonly layer: "bgp";
  /** `open`, `update`, `notification`, `keepalive`, `route-refresh`, or `type-N`. */
  readonly type: string;
  /** In bytes, header included. */
  readonly length: number;
  /** False: the rest of the message is in later segments. */
  readonly isWhole: boolean;
  readonly open?: BgpOpen;
  readonly notification?: { readonly code: number; readonly subcode: number };
};

export type BgpOpen = {
  readonly version: number;
  /** Autonomous system, of four bytes where the capability says so (RFC 6793). */
  readonly asn: number;
  readonly holdSeconds: number;
  readonly routerId: string;
  readonly capabilities: readonly BgpCapability[];
};

export type BgpCapability = {
  readonly code: number;
  /** `multiprotocol`, `route-refresh`, …, or `capability-N`. */
  readonly name: string;
  /** Of `multiprotocol`: address family numbers (IANA). */
  readonly family?: { readonly afi: number; readonly safi: number };
  readonly bytes: Uint8Array;
};

const types: readonly string[] = ["", "open", "update", "notification", "keepalive", "route-refresh"];

/** Capability Codes (IANA). */
const capabilityNames: Readonly<Record<number, string>> = {
  1: "multiprotocol",
  2: "route-refresh",
  5: "extended-next-hop",
  6: "extended-message",
  9: "role",
  64: "graceful-restart",
  65: "four-octet-asn",
  69: "add-path",
  70: "enhanced-route-refresh",
  71: "long-lived-graceful-restart",
  73: "fqdn",
  75: "software-version",
};

const markerBytes = 16;
const headerBytes = 19;
const CAPABILITY = { multiprotocol: 1, fourOctetAsn: 65 } as const;

/** Whether a message may begin here (RFC 4271, section 4.1). */
export const startsWithMarker = (bytes: Uint8Array): boolean =>
  bytes.length >= headerBytes && bytes.subarray(0, markerBytes).every((byte) => byte === 0xff);

/** RFC 4271, section 4. */
export function decodeBgp(bytes: Uint8Array): Step<Bgp> {
  const octets = new Octets(bytes);
  must(startsWithMarker(bytes), "no message begins here");
  const length = octets.u16(16);
  must(length >= headerBytes, `its length of ${length} bytes is less than its header`);
  const type = octets.u8(18);
  const isWhole = length <= bytes.length;
  const layer: Bgp = { layer: "bgp", type: types[type] || `type-${type}`, length, isWhole };
  if (!isWhole) return { layer, next: payloadOf(octets.from(headerBytes)) };
  const rest = octets.from(length);
  const next = startsWithMarker(rest) ? ({ as: "bgp", bytes: rest } as const) : payloadOf(rest);
  const message = new Octets(bytes.subarray(0, length));
  try {
    if (layer.type === "open") return { layer: { ...layer, open: decodeOpen(message) }, next };
    if (layer.type === "notification") {
      return { layer: { ...layer, notification: { code: message.u8(19), subcode: message.u8(20) } }, next };
    }
    return { layer, next };
  } catch (error) {
    // The messages behind a wrong one can still be read.
    if (!(error instanceof LayerFault)) throw error;
    return { layer, next, faults: [{ kind: error.kind, message: `${layer.type}: ${error.message}` }] };
  }
}

/** RFC 4271, section 4.2; capabilities: RFC 5492. */
function decodeOpen(octets: Octets): BgpOpen {
  const shortAsn = octets.u16(20);
  const capabilities = parameters(octets)
    .filter(({ type }) => type === 2)
    .flatMap(({ value }) => capabilitiesOf(value));
  const long = capabilities.find(({ code, bytes }) => code === CAPABILITY.fourOctetAsn && bytes.length === 4);
  return {
    version: octets.u8(19),
    asn: long === undefined ? shortAsn : new Octets(long.bytes).u32(0),
    holdSeconds: octets.u16(22),
    routerId: octets.ipv4(24),
    capabilities,
  };
}

type Parameter = { readonly type: number; readonly value: Uint8Array };

function parameters(octets: Octets): readonly Parameter[] {
  // RFC 9072: when more than 255 bytes are needed, lengths have two bytes.
  const isExtended = octets.u8(28) === 255 && octets.length > 29 && octets.u8(29) === 255;
  const area = isExtended ? octets.take(32, octets.u16(30)) : octets.take(29, octets.u8(28));
  const inside = new Octets(area);
  const head = isExtended ? 3 : 2;
  const found: Parameter[] = [];
  for (let at = 0; at < area.length; ) {
    const value = inside.take(at + head, isExtended ? inside.u16(at + 1) : inside.u8(at + 1));
    found.push({ type: inside.u8(at), value });
    at += head + value.length;
  }
  return found;
}

function capabilitiesOf(value: Uint8Array): readonly BgpCapability[] {
  const octets = new Octets(value);
  const found: BgpCapability[] = [];
  for (let at = 0; at < value.length; ) {
    const code = octets.u8(at);
    const bytes = octets.take(at + 2, octets.u8(at + 1));
    const inside = new Octets(bytes);
    const family = code === CAPABILITY.multiprotocol ? { afi: inside.u16(0), safi: inside.u8(3) } : undefined;
    const name = capabilityNames[code] ?? `capability-${code}`;
    found.push({ code, name, ...(family === undefined ? {} : { family }), bytes });
    at += 2 + bytes.length;
  }
  return found;
}
