import { type Checksum, ownChecksum, transportChecksum } from "./checksum.ts";
import { groups, ipText, must, Octets } from "./octets.ts";
import type { Context, Step } from "./step.ts";

/** An advertisement. */
export type Vrrp = {
  readonly layer: "vrrp";
  readonly version: number;
  /** 1: advertisement, the only one there is. */
  readonly type: number;
  readonly routerId: number;
  /** 255: it owns the addresses; 0: it gives up. */
  readonly priority: number;
  readonly intervalMs: number;
  readonly addresses: readonly string[];
  readonly checksum: Checksum;
  readonly checksumValue: number;
  /** Of version 2: 0 none. */
  readonly authentication?: number;
};

const protocolNumber = 112;

/** VRRPv2: RFC 3768, section 5; VRRPv3: RFC 5798 and RFC 9568, section 5. */
export function decodeVrrp(bytes: Uint8Array, context: Context): Step<Vrrp> {
  const octets = new Octets(bytes);
  const version = octets.u8(0) >> 4;
  must(version === 2 || version === 3, `version ${version} is not known`);
  const addressBytes = version === 3 && context.ip?.source.length === 16 ? 16 : 4;
  return {
    layer: {
      layer: "vrrp",
      version,
      type: octets.u8(0) & 15,
      routerId: octets.u8(1),
      priority: octets.u8(2),
      intervalMs: version === 2 ? octets.u8(5) * 1000 : (octets.u16(4) & 0xfff) * 10,
      addresses: groups(octets.take(8, octets.u8(3) * addressBytes), addressBytes).map(ipText),
      checksum: checksumOf(bytes, octets.u16(6), version, context),
      checksumValue: octets.u16(6),
      ...(version === 2 ? { authentication: octets.u8(4) } : {}),
    },
  };
}

function checksumOf(bytes: Uint8Array, value: number, version: number, { ip }: Context): Checksum {
  if (ip === undefined || !ip.canCheck || ip.isFragment) return "unchecked";
  if (version === 2) return ownChecksum(bytes);
  const withPseudo = transportChecksum(bytes, value, protocolNumber, ip);
  // Over IPv4, RFC 5798 was read as with a pseudo header by most (keepalived, FRR), and RFC 9568
  // (section 5.2.8) says without one: both are in use.
  return ip.source.length === 4 && ownChecksum(bytes) === "valid" ? "valid" : withPseudo;
}
