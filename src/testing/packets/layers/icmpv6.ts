import { type Checksum, transportChecksum } from "./checksum.ts";
import { decodeName } from "./domain-name.ts";
import type { Decoded } from "./layer.ts";
import { colonHex, groups, ipText, must, Octets } from "./octets.ts";
import { type Context, payloadOf, type Step } from "./step.ts";

export type Icmpv6 = {
  readonly layer: "icmpv6";
  readonly type: number;
  readonly code: number;
  /** Of the type, e.g. `echo-request`, `neighbor-solicitation`. */
  readonly name: string;
  readonly checksum: Checksum;
  readonly checksumValue: number;
  /** Of echo messages. */
  readonly identifier?: number;
  /** Of echo messages. */
  readonly sequence?: number;
  /** Of `packet-too-big`. */
  readonly mtu?: number;
  /** Of `parameter-problem`. */
  readonly pointer?: number;
  /** The packet that an error message is about, as far as it is quoted. */
  readonly quoted?: Decoded;
  /** Of neighbour solicitations and advertisements, and redirects. */
  readonly target?: string;
  /** Of `redirect`: whom the better next hop is for. */
  readonly destination?: string;
  /** Of `neighbor-advertisement`. */
  readonly flags?: { readonly router: boolean; readonly solicited: boolean; readonly override: boolean };
  readonly router?: RouterAdvertisement;
  /** Of neighbour discovery. */
  readonly options?: NeighborOptions;
  /** Of multicast listener discovery: the groups that are asked for or reported. */
  readonly groups?: readonly string[];
};

export type RouterAdvertisement = {
  /** That hosts should use; 0: not specified. */
  readonly hopLimit: number;
  /** Addresses come by DHCPv6. */
  readonly managed: boolean;
  /** Other configuration comes by DHCPv6. */
  readonly other: boolean;
  /** 0: it is no default router. */
  readonly lifetimeSeconds: number;
  readonly reachableMs: number;
  readonly retransmitMs: number;
};

export type NeighborOptions = {
  readonly sourceMac?: string;
  readonly targetMac?: string;
  readonly mtu?: number;
  readonly prefixes?: readonly AdvertisedPrefix[];
  /** RFC 8106. */
  readonly dnsServers?: readonly string[];
  /** RFC 8106. */
  readonly domainSearch?: readonly string[];
  /** Numbers of all options, in order. */
  readonly types: readonly number[];
};

export type AdvertisedPrefix = {
  /** `2001:db8::/64`. */
  readonly prefix: string;
  readonly onLink: boolean;
  /** Hosts may make addresses of it (SLAAC). */
  readonly autonomous: boolean;
  readonly validSeconds: number;
  readonly preferredSeconds: number;
};

/** ICMPv6 Parameters (IANA). */
const names: Readonly<Record<number, string>> = {
  1: "destination-unreachable",
  2: "packet-too-big",
  3: "time-exceeded",
  4: "parameter-problem",
  128: "echo-request",
  129: "echo-reply",
  130: "multicast-listener-query",
  131: "multicast-listener-report",
  132: "multicast-listener-done",
  133: "router-solicitation",
  134: "router-advertisement",
  135: "neighbor-solicitation",
  136: "neighbor-advertisement",
  137: "redirect",
  143: "multicast-listener-report-v2",
};

const protocolNumber = 58;

/** RFC 4443; neighbour discovery: RFC 4861; multicast listeners: RFC 2710 and RFC 3810. */
export function decodeIcmpv6(bytes: Uint8Array, context: Context): Step<Icmpv6> {
  const octets = new Octets(bytes);
  const [type, code, checksumValue] = [octets.u8(0), octets.u8(1), octets.u16(2)];
  const layer: Icmpv6 = {
    layer: "icmpv6",
    type,
    code,
    name: names[type] ?? `type-${type}`,
    checksum: transportChecksum(bytes, checksumValue, protocolNumber, context.ip),
    checksumValue,
  };
  switch (type) {
    case 1:
    case 2:
    case 3:
    case 4: {
      const value = octets.u32(4);
      const quoted = context.quote("ipv6", octets.from(8));
      return {
        layer: {
          ...layer,
          ...(type === 2 ? { mtu: value } : {}),
          ...(type === 4 ? { pointer: value } : {}),
          ...(quoted === undefined ? {} : { quoted }),
        },
      };
    }
    case 128:
    case 129:
      return {
        layer: { ...layer, identifier: octets.u16(4), sequence: octets.u16(6) },
        next: payloadOf(octets.from(8)),
      };
    case 130:
    case 131:
    case 132:
      return { layer: { ...layer, groups: [octets.ipv6(8)] } };
    case 143:
      return { layer: { ...layer, groups: reportedGroups(octets) } };
    case 133:
      return { layer: { ...layer, options: neighborOptions(octets, 8) } };
    case 134:
      return { layer: { ...layer, router: routerAdvertisement(octets), options: neighborOptions(octets, 16) } };
    case 135:
      return { layer: { ...layer, target: octets.ipv6(8), options: neighborOptions(octets, 24) } };
    case 136: {
      const bits = octets.u8(4);
      const flags = { router: (bits & 0x80) !== 0, solicited: (bits & 0x40) !== 0, override: (bits & 0x20) !== 0 };
      return { layer: { ...layer, target: octets.ipv6(8), flags, options: neighborOptions(octets, 24) } };
    }
    case 137: {
      const target = octets.ipv6(8);
      return { layer: { ...layer, target, destination: octets.ipv6(24), options: neighborOptions(octets, 40) } };
    }
    default:
      return { layer, next: payloadOf(octets.from(4)) };
  }
}

const routerAdvertisement = (octets: Octets): RouterAdvertisement => ({
  hopLimit: octets.u8(4),
  managed: (octets.u8(5) & 0x80) !== 0,
  other: (octets.u8(5) & 0x40) !== 0,
  lifetimeSeconds: octets.u16(6),
  reachableMs: octets.u32(8),
  retransmitMs: octets.u32(12),
});

/** RFC 4861, section 4.6. */
function neighborOptions(octets: Octets, start: number): NeighborOptions {
  const types: number[] = [];
  const prefixes: AdvertisedPrefix[] = [];
  const dnsServers: string[] = [];
  const domainSearch: string[] = [];
  const found: { sourceMac?: string; targetMac?: string; mtu?: number } = {};
  for (let at = start; at < octets.length; ) {
    const type = octets.u8(at);
    const length = octets.u8(at + 1) * 8;
    must(length > 0, `option ${type} has no length`);
    const option = new Octets(octets.take(at, length));
    types.push(type);
    if (type === 1) found.sourceMac = colonHex(option.from(2));
    else if (type === 2) found.targetMac = colonHex(option.from(2));
    else if (type === 3) prefixes.push(advertisedPrefix(option));
    else if (type === 5) found.mtu = option.u32(4);
    else if (type === 25) dnsServers.push(...groups(option.from(8), 16).map(ipText));
    else if (type === 31) domainSearch.push(...searchList(option.from(8)));
    at += length;
  }
  return {
    ...found,
    ...(prefixes.length === 0 ? {} : { prefixes }),
    ...(dnsServers.length === 0 ? {} : { dnsServers }),
    ...(domainSearch.length === 0 ? {} : { domainSearch }),
    types,
  };
}

const advertisedPrefix = (option: Octets): AdvertisedPrefix => ({
  prefix: `${option.ipv6(16)}/${option.u8(2)}`,
  onLink: (option.u8(3) & 0x80) !== 0,
  autonomous: (option.u8(3) & 0x40) !== 0,
  validSeconds: option.u32(4),
  preferredSeconds: option.u32(8),
});

/** Names one after another, padded with zeros (RFC 8106, section 5.2). */
function searchList(bytes: Uint8Array): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const { name, end } = decodeName(bytes, at);
    found.push(name);
    at = end;
  }
  return found;
}

/** RFC 3810, section 5.2. */
function reportedGroups(octets: Octets): readonly string[] {
  const found: string[] = [];
  let at = 8;
  for (let left = octets.u16(6); left > 0; left--) {
    found.push(octets.ipv6(at + 4));
    at += 20 + octets.u16(at + 2) * 16 + octets.u8(at + 1) * 4;
  }
  return found;
}
