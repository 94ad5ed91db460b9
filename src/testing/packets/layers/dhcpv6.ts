import { decodeName } from "./domain-name.ts";
import { colonHex, groups, ipText, LayerFault, must, Octets, textOf } from "./octets.ts";
import type { Step } from "./step.ts";

export type Dhcpv6 = {
  readonly layer: "dhcpv6";
  /** `solicit`, `advertise`, `request`, …, or `type-N`. */
  readonly messageType: string;
  /** Absent between relays. */
  readonly transactionId?: number;
  /** Of messages between relays. */
  readonly relay?: {
    readonly hopCount: number;
    readonly linkIp: string;
    readonly peerIp: string;
    /** What is passed on. */
    readonly message?: Dhcpv6;
  };
  readonly options: Dhcpv6Options;
};

/** Options by name as far as they are read here, and the numbers of all in `codes`. */
export type Dhcpv6Options = {
  /** DUID, as bytes. */
  readonly clientId?: string;
  /** DUID, as bytes. */
  readonly serverId?: string;
  readonly addresses?: readonly Dhcpv6Association[];
  readonly prefixes?: readonly Dhcpv6Association[];
  readonly requested?: readonly number[];
  readonly preference?: number;
  readonly elapsedMs?: number;
  readonly rapidCommit?: true;
  /** `success`, `no-addresses-available`, …, or `status-N`. */
  readonly status?: string;
  readonly statusMessage?: string;
  readonly dnsServers?: readonly string[];
  readonly domainSearch?: readonly string[];
  /** As bytes. */
  readonly interfaceId?: string;
  readonly codes: readonly number[];
};

/** IA_NA or IA_PD. */
export type Dhcpv6Association = {
  readonly id: number;
  readonly renewSeconds: number;
  readonly rebindSeconds: number;
  /** An address, or a prefix as `2001:db8::/56`. */
  readonly leases: readonly {
    readonly value: string;
    readonly preferredSeconds: number;
    readonly validSeconds: number;
  }[];
  readonly status?: string;
};

const messageTypes: readonly string[] = [
  ...["", "solicit", "advertise", "request", "confirm", "renew", "rebind", "reply", "release", "decline"],
  ...["reconfigure", "information-request", "relay-forward", "relay-reply"],
];
const statuses: readonly string[] = [
  ...["success", "unspecified-failure", "no-addresses-available", "no-binding", "not-on-link", "use-multicast"],
  "no-prefix-available",
];

/** Relays pass on at most so many times (RFC 8415, section 7.6: 8; RFC 3315: 32). */
const mostRelays = 32;
const RELAY = { forward: 12, reply: 13 } as const;

/** RFC 8415, sections 8, 9 and 21; DNS: RFC 3646. */
export const decodeDhcpv6 = (bytes: Uint8Array): Step<Dhcpv6> => ({ layer: decodeMessage(bytes, 0) });

function decodeMessage(bytes: Uint8Array, relays: number): Dhcpv6 {
  const octets = new Octets(bytes);
  const type = octets.u8(0);
  const messageType = messageTypes[type] ?? `type-${type}`;
  if (type !== RELAY.forward && type !== RELAY.reply) {
    const { options } = decodeOptions(octets.from(4));
    return { layer: "dhcpv6", messageType, transactionId: octets.u24(1), options };
  }
  must(relays < mostRelays, `it was passed on by more than ${mostRelays} relays`);
  const { options, relayed } = decodeOptions(octets.from(34));
  return {
    layer: "dhcpv6",
    messageType,
    relay: {
      hopCount: octets.u8(1),
      linkIp: octets.ipv6(2),
      peerIp: octets.ipv6(18),
      ...(relayed === undefined ? {} : { message: decodeMessage(relayed, relays + 1) }),
    },
    options,
  };
}

type Option = { readonly code: number; readonly value: Uint8Array };

function splitOptions(bytes: Uint8Array): readonly Option[] {
  const octets = new Octets(bytes);
  const options: Option[] = [];
  for (let at = 0; at < bytes.length; ) {
    const value = octets.take(at + 4, octets.u16(at + 2));
    options.push({ code: octets.u16(at), value });
    at += 4 + value.length;
  }
  return options;
}

function decodeOptions(bytes: Uint8Array): { readonly options: Dhcpv6Options; readonly relayed?: Uint8Array } {
  const all = splitOptions(bytes);
  const found: { -readonly [Key in keyof Dhcpv6Options]?: Dhcpv6Options[Key] } = {};
  const addresses: Dhcpv6Association[] = [];
  const prefixes: Dhcpv6Association[] = [];
  let relayed: Uint8Array | undefined;
  for (const { code, value } of all) {
    const octets = new Octets(value);
    if (code === 1) found.clientId = colonHex(value);
    else if (code === 2) found.serverId = colonHex(value);
    else if (code === 3) addresses.push(association(octets));
    else if (code === 6) found.requested = groups(value, 2).map((group) => new Octets(group).u16(0));
    else if (code === 7) found.preference = octets.u8(0);
    else if (code === 8) found.elapsedMs = octets.u16(0) * 10;
    else if (code === 9) relayed = value;
    else if (code === 13) {
      found.status = statusName(octets.u16(0));
      found.statusMessage = textOf(octets.from(2));
    } else if (code === 14) found.rapidCommit = true;
    else if (code === 18) found.interfaceId = colonHex(value);
    else if (code === 23) found.dnsServers = groups(value, 16).map(ipText);
    else if (code === 24) found.domainSearch = names(value);
    else if (code === 25) prefixes.push(association(octets));
  }
  return {
    options: {
      ...found,
      ...(addresses.length === 0 ? {} : { addresses }),
      ...(prefixes.length === 0 ? {} : { prefixes }),
      codes: all.map(({ code }) => code),
    },
    ...(relayed === undefined ? {} : { relayed }),
  };
}

const statusName = (code: number): string => statuses[code] ?? `status-${code}`;

/** RFC 8415, sections 21.4, 21.6, 21.21 and 21.22. */
function association(octets: Octets): Dhcpv6Association {
  const inner = splitOptions(octets.from(12));
  const leases = inner.flatMap(({ code, value }) => {
    const lease = new Octets(value);
    if (code === 5) {
      return [{ value: lease.ipv6(0), preferredSeconds: lease.u32(16), validSeconds: lease.u32(20) }];
    }
    if (code !== 26) return [];
    const prefix = `${lease.ipv6(9)}/${lease.u8(8)}`;
    return [{ value: prefix, preferredSeconds: lease.u32(0), validSeconds: lease.u32(4) }];
  });
  const status = inner.find(({ code }) => code === 13);
  return {
    id: octets.u32(0),
    renewSeconds: octets.u32(4),
    rebindSeconds: octets.u32(8),
    leases,
    ...(status === undefined ? {} : { status: statusName(new Octets(status.value).u16(0)) }),
  };
}

/** Names one after another, never compressed (RFC 8415, section 10). */
function names(bytes: Uint8Array): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { name, end } = decodeName(bytes, at);
    if (end <= at) throw new LayerFault("malformed", "a name that does not end");
    found.push(name);
    at = end;
  }
  return found;
}
