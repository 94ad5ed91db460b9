import { broadcastOf, parsePrefix, printAddress } from "./address-bytes.ts";
import { Attributes, type Message, type MessageWriter } from "./codec.ts";
import * as ia from "./headers/if-addr.ts";
import { AF_INET6 } from "./headers/rtnetlink.ts";

/** An address of a link, e.g. `10.0.0.1/24` or `2001:db8::1/64`. */
export type AddressOfLink = { readonly ifindex: number; readonly address: string };

export type AddressInfo = AddressOfLink & {
  readonly family: "ipv4" | "ipv6";
  /** Not usable yet: duplicate address detection (RFC 4862) is still going on. */
  readonly tentative: boolean;
  /** Detection found another owner. */
  readonly duplicate: boolean;
  readonly broadcast?: string;
};

/** struct ifaddrmsg: family u8, prefix length u8, flags u8, scope u8, index u32. */
const ifaddrmsgBytes = 8;

export function encodeAddress(writer: MessageWriter, { ifindex, address }: AddressOfLink): void {
  const prefix = parsePrefix(address);
  writer.u8(prefix.family).u8(prefix.prefixLength).u8(0).u8(0).u32(ifindex);
  writer.attributeBytes(ia.IFA_LOCAL, prefix.bytes);
  writer.attributeBytes(ia.IFA_ADDRESS, prefix.bytes);
  const broadcast = broadcastOf(prefix);
  if (broadcast !== undefined) writer.attributeBytes(ia.IFA_BROADCAST, broadcast);
  // An IPv6 address is then usable at once. In a lab the file says who has which address.
  if (prefix.family === AF_INET6) writer.attributeU32(ia.IFA_FLAGS, ia.IFA_F_NODAD);
}

export function encodeAddressDump(writer: MessageWriter, ifindex: number): void {
  writer.u32(0).u32(ifindex);
}

export function decodeAddress({ payload }: Message): AddressInfo | undefined {
  const attributes = Attributes.read(payload, ifaddrmsgBytes);
  // With a peer, IFA_ADDRESS is the peer's and IFA_LOCAL ours; IPv6 without one has IFA_ADDRESS alone.
  const bytes = attributes.bytes(ia.IFA_LOCAL) ?? attributes.bytes(ia.IFA_ADDRESS);
  if (bytes === undefined) return undefined;
  const flags = attributes.u32(ia.IFA_FLAGS) ?? payload.readUInt8(2);
  const broadcast = attributes.bytes(ia.IFA_BROADCAST);
  return {
    ifindex: payload.readUInt32LE(4),
    address: `${printAddress(bytes)}/${payload.readUInt8(1)}`,
    family: payload.readUInt8(0) === AF_INET6 ? "ipv6" : "ipv4",
    tentative: (flags & ia.IFA_F_TENTATIVE) !== 0,
    duplicate: (flags & ia.IFA_F_DADFAILED) !== 0,
    ...(broadcast === undefined ? {} : { broadcast: printAddress(broadcast) }),
  };
}
