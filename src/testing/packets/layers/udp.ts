import { type Checksum, transportChecksum } from "./checksum.ts";
import { must, Octets } from "./octets.ts";
import { type Context, type Next, payloadOf, type Step } from "./step.ts";

export type Udp = {
  readonly layer: "udp";
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** In bytes, header included, as the header says. */
  readonly length: number;
  readonly checksum: Checksum;
  readonly checksumValue: number;
};

const protocolNumber = 17;

/** RFC 768; over IPv6, a checksum of 0 is for tunnels (RFC 6935). */
export function decodeUdp(bytes: Uint8Array, context: Context): Step<Udp> {
  const octets = new Octets(bytes);
  const [sourcePort, destinationPort] = [octets.u16(0), octets.u16(2)];
  const [length, checksumValue] = [octets.u16(4), octets.u16(6)];
  // 0 in jumbograms (RFC 2675, section 4).
  must(length === 0 || length >= 8, `its length of ${length} bytes is less than its header`);
  const end = length === 0 ? bytes.length : length;
  const isFragment = context.ip?.isFragment ?? false;
  const isShort = end > bytes.length && context.ip?.canCheck !== false && !isFragment && !context.isCut;
  const data = bytes.subarray(8, end);
  return {
    layer: {
      layer: "udp",
      sourcePort,
      destinationPort,
      length,
      checksum:
        checksumValue === 0
          ? "absent"
          : end > bytes.length
            ? "unchecked"
            : transportChecksum(bytes.subarray(0, end), checksumValue, protocolNumber, context.ip),
      checksumValue,
    },
    next: isFragment ? payloadOf(data) : application(sourcePort, destinationPort, data),
    faults: isShort
      ? [{ kind: "truncated", message: `it has ${bytes.length} of the ${length} bytes it speaks of` }]
      : [],
  };
}

/** Service Name and Transport Protocol Port Number Registry (IANA); 5353 is multicast DNS (RFC 6762). */
const applications = new Map([
  [53, "dns"],
  [5353, "dns"],
  [67, "dhcp"],
  [68, "dhcp"],
  [546, "dhcpv6"],
  [547, "dhcpv6"],
] as const);

function application(sourcePort: number, destinationPort: number, bytes: Uint8Array): Next | undefined {
  const known = applications as ReadonlyMap<number, "dns" | "dhcp" | "dhcpv6">;
  const as = known.get(destinationPort) ?? known.get(sourcePort);
  return as === undefined || bytes.length === 0 ? payloadOf(bytes) : { as, bytes };
}
