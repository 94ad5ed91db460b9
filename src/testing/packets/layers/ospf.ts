import { type Checksum, onesSum, transportChecksum } from "./checksum.ts";
import { groups, ipText, must, Octets } from "./octets.ts";
import { type Context, payloadOf, type Step } from "./step.ts";

/** The header of a message, and the whole of a hello. */
export type Ospf = {
  readonly layer: "ospf";
  /** 2: for IPv4; 3: for IPv6. */
  readonly version: number;
  /** `hello`, `database-description`, `link-state-request`, `link-state-update`, `link-state-acknowledgement`. */
  readonly type: string;
  readonly length: number;
  readonly routerId: string;
  /** `0.0.0.0`: the backbone. */
  readonly area: string;
  readonly checksum: Checksum;
  readonly checksumValue: number;
  /** Of version 2: 0 none, 1 password, 2 cryptographic. */
  readonly authentication?: number;
  /** Of version 3. */
  readonly instanceId?: number;
  readonly hello?: OspfHello;
};

export type OspfHello = {
  /** Of version 2. */
  readonly networkMask?: string;
  /** Of version 3. */
  readonly interfaceId?: number;
  readonly helloSeconds: number;
  readonly deadSeconds: number;
  readonly priority: number;
  /** As bits. */
  readonly options: number;
  /** `0.0.0.0`: none. */
  readonly designatedRouter: string;
  readonly backupDesignatedRouter: string;
  /** Router ids of those heard lately. */
  readonly neighbors: readonly string[];
};

const types: readonly string[] = [
  ...["", "hello", "database-description", "link-state-request", "link-state-update", "link-state-acknowledgement"],
];
const protocolNumber = 89;
const cryptographic = 2;

/** OSPFv2: RFC 2328, appendix A.3; OSPFv3: RFC 5340, appendix A.3. */
export function decodeOspf(bytes: Uint8Array, context: Context): Step<Ospf> {
  const octets = new Octets(bytes);
  const version = octets.u8(0);
  must(version === 2 || version === 3, `version ${version} is not known`);
  const type = octets.u8(1);
  const length = octets.u16(2);
  const headerLength = version === 2 ? 24 : 16;
  must(length >= headerLength, `its length of ${length} bytes is less than its header`);
  const isWhole = length <= bytes.length;
  // A digest that follows the message is not of its length (RFC 2328, D.4.3).
  const message = new Octets(isWhole ? bytes.subarray(0, length) : bytes);
  message.take(0, headerLength);
  const layer: Ospf = {
    layer: "ospf",
    version,
    type: types[type] || `type-${type}`,
    length,
    routerId: octets.ipv4(4),
    area: octets.ipv4(8),
    checksum: isWhole ? checksumOf(message, version, context) : "unchecked",
    checksumValue: octets.u16(12),
    ...(version === 2 ? { authentication: octets.u16(14) } : { instanceId: octets.u8(14) }),
  };
  const isShort = !isWhole && !context.isCut && context.ip?.isFragment !== true;
  const faults = isShort
    ? [{ kind: "truncated" as const, message: `it has ${bytes.length} of the ${length} bytes it speaks of` }]
    : [];
  if (type !== 1) return { layer, next: payloadOf(message.from(headerLength)), faults };
  const hello = version === 2 ? helloV2(message) : helloV3(message);
  return { layer: { ...layer, hello }, faults };
}

function checksumOf(message: Octets, version: number, { ip }: Context): Checksum {
  if (version === 3) return transportChecksum(message.bytes, message.u16(12), protocolNumber, ip);
  if (ip === undefined || !ip.canCheck || ip.isFragment) return "unchecked";
  if (message.u16(14) === cryptographic) return "absent";
  // Without the password (RFC 2328, A.3.1).
  return onesSum(message.from(24), onesSum(message.take(0, 16))) === 0xffff ? "valid" : "invalid";
}

const helloV2 = (octets: Octets): OspfHello => ({
  networkMask: octets.ipv4(24),
  helloSeconds: octets.u16(28),
  options: octets.u8(30),
  priority: octets.u8(31),
  deadSeconds: octets.u32(32),
  designatedRouter: octets.ipv4(36),
  backupDesignatedRouter: octets.ipv4(40),
  neighbors: groups(octets.from(44), 4).map(ipText),
});

const helloV3 = (octets: Octets): OspfHello => ({
  interfaceId: octets.u32(16),
  priority: octets.u8(20),
  options: octets.u24(21),
  helloSeconds: octets.u16(24),
  deadSeconds: octets.u16(26),
  designatedRouter: octets.ipv4(28),
  backupDesignatedRouter: octets.ipv4(32),
  neighbors: groups(octets.from(36), 4).map(ipText),
});
