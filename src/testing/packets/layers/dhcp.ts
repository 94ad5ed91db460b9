import { decodeName } from "./domain-name.ts";
import { joined } from "./joined.ts";
import { colonHex, groups, ipText, Octets, textOf } from "./octets.ts";
import type { Step } from "./step.ts";

export type Dhcp = {
  readonly layer: "dhcp";
  readonly operation: "request" | "reply" | "other";
  /** Absent in BOOTP. */
  readonly messageType?: string;
  readonly transactionId: number;
  readonly hops: number;
  /** Since the client began. */
  readonly elapsedSeconds: number;
  /** The client wants answers by broadcast. */
  readonly broadcast: boolean;
  /** ciaddr: of a client that has one already. */
  readonly clientIp: string;
  /** yiaddr: what the client is given. */
  readonly yourIp: string;
  /** siaddr: where the client goes on booting from. */
  readonly serverIp: string;
  /** giaddr. */
  readonly relayIp: string;
  readonly clientMac: string;
  readonly serverName: string;
  readonly bootFile: string;
  readonly options: DhcpOptions;
};

/** Options by name as far as they are read here, and all by number in `raw`. */
export type DhcpOptions = {
  readonly subnetMask?: string;
  readonly routers?: readonly string[];
  readonly dnsServers?: readonly string[];
  readonly ntpServers?: readonly string[];
  readonly hostName?: string;
  readonly domainName?: string;
  readonly domainSearch?: readonly string[];
  readonly interfaceMtu?: number;
  readonly broadcastAddress?: string;
  readonly classlessRoutes?: readonly { readonly destination: string; readonly router: string }[];
  readonly requestedIp?: string;
  readonly leaseSeconds?: number;
  readonly renewalSeconds?: number;
  readonly rebindingSeconds?: number;
  /** Which server it is, and which one is chosen. */
  readonly serverId?: string;
  /** As bytes, `01:02:00:00:00:00:0a`. */
  readonly clientId?: string;
  /** Numbers of the options that the client asks for. */
  readonly requested?: readonly number[];
  readonly maxMessageSize?: number;
  readonly vendorClass?: string;
  /** Why it was refused. */
  readonly message?: string;
  readonly tftpServer?: string;
  readonly bootFileName?: string;
  /** Of a relay (RFC 3046), as bytes. */
  readonly relayAgent?: { readonly circuitId?: string; readonly remoteId?: string };
  readonly raw: Readonly<Record<number, Uint8Array>>;
};

/** Of option 53 (RFC 2132, section 9.6; RFC 3203; RFC 4388). */
const messageTypes: readonly string[] = [
  ...["", "discover", "offer", "request", "decline", "ack", "nak", "release", "inform"],
  ...["force-renew", "lease-query", "lease-unassigned", "lease-unknown", "lease-active"],
];

const cookie = 0x63825363;
const overload = 52;

/** RFC 2131, section 2; options: RFC 2132. Long ones are put together (RFC 3396). */
export function decodeDhcp(bytes: Uint8Array): Step<Dhcp> {
  const octets = new Octets(bytes);
  const [serverName, bootFile] = [octets.take(44, 64), octets.take(108, 128)];
  const operation = octets.u8(0);
  const hasOptions = bytes.length >= 240 && octets.u32(236) === cookie;
  const raw = hasOptions ? allOptions(octets.from(240), serverName, bootFile) : {};
  const used = raw[overload]?.[0] ?? 0;
  const messageType = raw[53]?.[0];
  return {
    layer: {
      layer: "dhcp",
      operation: operation === 1 ? "request" : operation === 2 ? "reply" : "other",
      ...(messageType === undefined ? {} : { messageType: messageTypes[messageType] ?? `type-${messageType}` }),
      transactionId: octets.u32(4),
      hops: octets.u8(3),
      elapsedSeconds: octets.u16(8),
      broadcast: (octets.u16(10) & 0x8000) !== 0,
      clientIp: octets.ipv4(12),
      yourIp: octets.ipv4(16),
      serverIp: octets.ipv4(20),
      relayIp: octets.ipv4(24),
      clientMac: colonHex(octets.take(28, Math.min(octets.u8(2), 16))),
      serverName: (used & 2) === 0 ? firstText(serverName) : "",
      bootFile: (used & 1) === 0 ? firstText(bootFile) : "",
      options: decodeOptions(raw),
    },
  };
}

type RawOptions = Record<number, Uint8Array>;

/** The options of the message, then those in the fields for the file and the server (RFC 2132, section 9.3). */
function allOptions(bytes: Uint8Array, serverName: Uint8Array, bootFile: Uint8Array): Readonly<RawOptions> {
  const parts = new Map<number, Uint8Array[]>();
  readOptions(bytes, parts);
  const used = parts.get(overload)?.[0]?.[0] ?? 0;
  if ((used & 1) !== 0) readOptions(bootFile, parts);
  if ((used & 2) !== 0) readOptions(serverName, parts);
  return Object.fromEntries([...parts].map(([code, values]) => [code, joined(values)]));
}

function readOptions(bytes: Uint8Array, into: Map<number, Uint8Array[]>): void {
  const octets = new Octets(bytes);
  for (let at = 0; at < bytes.length; ) {
    const code = octets.u8(at);
    if (code === 255) return;
    if (code === 0) {
      at++;
      continue;
    }
    const value = octets.take(at + 2, octets.u8(at + 1));
    const values = into.get(code);
    if (values === undefined) into.set(code, [value]);
    else values.push(value);
    at += 2 + value.length;
  }
}

const number = (value: Uint8Array): number => value.reduce((sum, byte) => sum * 256 + byte, 0);
const addresses = (value: Uint8Array): readonly string[] => groups(value, 4).map(ipText);

/** By number: the name, and how the value reads. */
const readers = {
  1: ["subnetMask", ipText],
  3: ["routers", addresses],
  6: ["dnsServers", addresses],
  12: ["hostName", textOf],
  15: ["domainName", textOf],
  26: ["interfaceMtu", number],
  28: ["broadcastAddress", ipText],
  42: ["ntpServers", addresses],
  50: ["requestedIp", ipText],
  51: ["leaseSeconds", number],
  54: ["serverId", ipText],
  55: ["requested", (value: Uint8Array) => [...value]],
  56: ["message", textOf],
  57: ["maxMessageSize", number],
  58: ["renewalSeconds", number],
  59: ["rebindingSeconds", number],
  60: ["vendorClass", textOf],
  61: ["clientId", colonHex],
  66: ["tftpServer", textOf],
  67: ["bootFileName", textOf],
  82: ["relayAgent", relayAgent],
  119: ["domainSearch", domainSearch],
  121: ["classlessRoutes", classlessRoutes],
} as const satisfies Record<number, readonly [keyof DhcpOptions, (value: Uint8Array) => unknown]>;

function decodeOptions(raw: Readonly<RawOptions>): DhcpOptions {
  const found: Record<string, unknown> = {};
  for (const [code, [name, read]] of Object.entries(readers)) {
    const value = raw[Number(code)];
    if (value !== undefined) found[name] = read(value);
  }
  return { ...(found as Omit<DhcpOptions, "raw">), raw };
}

/** RFC 3442: of each destination only the bytes that its prefix needs. */
function classlessRoutes(value: Uint8Array): NonNullable<DhcpOptions["classlessRoutes"]> {
  const octets = new Octets(value);
  const routes: { destination: string; router: string }[] = [];
  for (let at = 0; at < value.length; ) {
    const length = octets.u8(at);
    const bytes = Math.ceil(length / 8);
    const network = Uint8Array.of(0, 0, 0, 0);
    network.set(octets.take(at + 1, Math.min(bytes, 4)));
    routes.push({ destination: `${ipText(network)}/${length}`, router: octets.ipv4(at + 1 + bytes) });
    at += 5 + bytes;
  }
  return routes;
}

/** RFC 3397: names that may be compressed within the option. */
function domainSearch(value: Uint8Array): readonly string[] {
  const names: string[] = [];
  for (let at = 0; at < value.length; ) {
    const { name, end } = decodeName(value, at);
    names.push(name);
    at = end;
  }
  return names;
}

function relayAgent(value: Uint8Array): NonNullable<DhcpOptions["relayAgent"]> {
  const parts = new Map<number, Uint8Array[]>();
  const octets = new Octets(value);
  for (let at = 0; at < value.length; at += 2 + octets.u8(at + 1)) {
    parts.set(octets.u8(at), [octets.take(at + 2, octets.u8(at + 1))]);
  }
  const [circuit, remote] = [parts.get(1)?.[0], parts.get(2)?.[0]];
  return {
    ...(circuit === undefined ? {} : { circuitId: colonHex(circuit) }),
    ...(remote === undefined ? {} : { remoteId: colonHex(remote) }),
  };
}

/** A text in a field of a fixed length, ended by a zero. */
function firstText(field: Uint8Array): string {
  const end = field.indexOf(0);
  return textOf(end < 0 ? field : field.subarray(0, end));
}
