import { KernelError } from "../errno.ts";
import { libc, pinned } from "../libc.ts";
import { AF_INET, AF_INET6 } from "./headers/rtnetlink.ts";

/** An address without prefix length: its family (AF_INET, AF_INET6) and its 4 or 16 bytes, as on the wire. */
export type AddressBytes = { readonly family: number; readonly bytes: Buffer };
/** An address or network with prefix length in bits. */
export type PrefixBytes = AddressBytes & { readonly prefixLength: number };

const EINVAL = 22;

/** Parses `10.0.0.1` or `2001:db8::1` (inet_pton(3)). @throws {KernelError} EINVAL */
export function parseAddress(text: string): AddressBytes {
  const family = text.includes(":") ? AF_INET6 : AF_INET;
  const bytes = pinned(family === AF_INET6 ? 16 : 4);
  if (libc.inetPton(family, text, bytes) !== 1)
    throw new KernelError("parse address", EINVAL, `"${text}" is not an IP address`);
  return { family, bytes };
}

/** Parses `10.0.0.1/24`; without a prefix length, all bits. @throws {KernelError} EINVAL */
export function parsePrefix(text: string): PrefixBytes {
  const [address = "", length] = text.split("/", 2);
  const parsed = parseAddress(address);
  const bits = parsed.bytes.length * 8;
  const prefixLength = length === undefined ? bits : /^\d+$/.test(length) ? Number(length) : Number.NaN;
  if (!(prefixLength <= bits))
    throw new KernelError("parse prefix", EINVAL, `"${text}" has no prefix length from 0 to ${bits}`);
  return { ...parsed, prefixLength };
}

/** Prints 4 or 16 bytes as an address, IPv6 in canonical form (inet_ntop(3), RFC 5952). */
export function printAddress(bytes: Buffer): string {
  const text = Buffer.alloc(46);
  if (libc.inetNtop(bytes.length === 16 ? AF_INET6 : AF_INET, bytes, text, text.length) === 0) {
    throw new KernelError("print address", EINVAL, `${bytes.length} bytes`);
  }
  return text.toString("latin1", 0, text.indexOf(0));
}

/** The highest address of an IPv4 network, which its hosts broadcast to; undefined for networks that have none (RFC 3021). */
export function broadcastOf({ family, bytes, prefixLength }: PrefixBytes): Buffer | undefined {
  if (family !== AF_INET || prefixLength > 30) return undefined;
  const broadcast = Buffer.alloc(4);
  const hostBits = prefixLength === 0 ? 0xffff_ffff : 0xffff_ffff >>> prefixLength;
  broadcast.writeUInt32BE((bytes.readUInt32BE(0) | hostBits) >>> 0);
  return broadcast;
}

/** Parses `02:00:00:00:00:01`. @throws {KernelError} EINVAL */
export function parseMac(text: string): Buffer {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new KernelError("parse MAC address", EINVAL, `"${text}"`);
  return Buffer.from(text.replaceAll(":", ""), "hex");
}

/** Lower case with colons. */
export const printMac = (bytes: Buffer): string => bytes.toString("hex").replace(/(..)(?=.)/g, "$1:");
