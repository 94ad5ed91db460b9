import { colonHex, ipText, must, Octets, textOf } from "./octets.ts";
import type { Step } from "./step.ts";

export type Lldp = {
  readonly layer: "lldp";
  readonly chassisId: LldpId;
  readonly portId: LldpId;
  /** For how long it holds; 0: the sender is going. */
  readonly ttlSeconds: number;
  readonly portDescription?: string;
  readonly systemName?: string;
  readonly systemDescription?: string;
  readonly capabilities?: { readonly supported: readonly string[]; readonly enabled: readonly string[] };
  readonly managementAddresses: readonly string[];
  readonly organizational: readonly LldpOrganizational[];
};

export type LldpId = {
  /** `mac`, `interface-name`, `local`, …, or `subtype-N`. */
  readonly kind: string;
  /** A MAC or IP address, or text. */
  readonly value: string;
};

export type LldpOrganizational = {
  /** `00:80:c2`: IEEE 802.1. */
  readonly organization: string;
  readonly subtype: number;
  readonly bytes: Uint8Array;
};

const TLV = { end: 0, chassis: 1, port: 2, ttl: 3, organizational: 127 } as const;

const chassisKinds: readonly string[] = [
  ...[
    "",
    "chassis-component",
    "interface-alias",
    "port-component",
    "mac",
    "network-address",
    "interface-name",
    "local",
  ],
];
const portKinds: readonly string[] = [
  ...["", "interface-alias", "port-component", "mac", "network-address", "interface-name", "agent-circuit", "local"],
];

/** IEEE 802.1AB, table 8-4, from bit 0. */
const capabilityNames: readonly string[] = [
  ...["other", "repeater", "bridge", "access-point", "router", "telephone", "docsis", "station"],
  ...["c-vlan", "s-vlan", "two-port-relay"],
];

/** IEEE 802.1AB, clause 8. */
export function decodeLldp(bytes: Uint8Array): Step<Lldp> {
  const octets = new Octets(bytes);
  const mandatory: Uint8Array[] = [];
  const found: { -readonly [Key in keyof Lldp]?: Lldp[Key] } = {};
  const managementAddresses: string[] = [];
  const organizational: LldpOrganizational[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = octets.u16(at);
    const type = header >> 9;
    const value = octets.take(at + 2, header & 0x1ff);
    at += 2 + value.length;
    if (mandatory.length < 3) {
      // 8.2: these three are the first, in this order.
      must(type === mandatory.length + 1, `TLV ${type} stands where ${mandatory.length + 1} must`);
      mandatory.push(value);
      continue;
    }
    if (type === TLV.end) break;
    const inside = new Octets(value);
    if (type === 4) found.portDescription = textOf(value);
    else if (type === 5) found.systemName = textOf(value);
    else if (type === 6) found.systemDescription = textOf(value);
    else if (type === 7) {
      found.capabilities = { supported: capabilities(inside.u16(0)), enabled: capabilities(inside.u16(2)) };
    } else if (type === 8) managementAddresses.push(networkAddress(inside.take(2, inside.u8(0) - 1), inside.u8(1)));
    else if (type === TLV.organizational) {
      organizational.push({
        organization: colonHex(inside.take(0, 3)),
        subtype: inside.u8(3),
        bytes: inside.from(4),
      });
    }
  }
  const [chassis, port, ttl] = mandatory;
  must(
    chassis !== undefined && port !== undefined && ttl !== undefined,
    "it lacks a chassis, a port or a time to live",
  );
  return {
    layer: {
      ...found,
      layer: "lldp",
      chassisId: idOf(chassis, chassisKinds),
      portId: idOf(port, portKinds),
      ttlSeconds: new Octets(ttl).u16(0),
      managementAddresses,
      organizational,
    },
  };
}

function idOf(value: Uint8Array, kinds: readonly string[]): LldpId {
  const octets = new Octets(value);
  const subtype = octets.u8(0);
  const kind = kinds[subtype] || `subtype-${subtype}`;
  const bytes = octets.from(1);
  if (kind === "mac") return { kind, value: colonHex(bytes) };
  if (kind === "network-address") return { kind, value: networkAddress(octets.from(2), octets.u8(1)) };
  return { kind, value: textOf(bytes) };
}

/** By Address Family Number (IANA): 1 IPv4, 2 IPv6; others as bytes. */
const networkAddress = (bytes: Uint8Array, family: number): string =>
  family === 1 || family === 2 ? ipText(bytes) : colonHex(bytes);

const capabilities = (bits: number): readonly string[] =>
  capabilityNames.filter((_, index) => (bits & (1 << index)) !== 0);
