/**
 * IP addresses and prefixes as numbers, for the arithmetic that a lab file needs: canonical text,
 * containment, the n-th address of a prefix.
 */

export type Family = 4 | 6;
export type Address = { readonly family: Family; readonly value: bigint };
/** An address and the length of its network's prefix in bits; `10.0.0.1/24` keeps its host bits. */
export type Cidr = Address & { readonly length: number };

/** Why a text is no address; the sentence that the error message is made of. */
export type NotAnAddress = { readonly problem: string };

const bitsOf = { 4: 32, 6: 128 } as const;
export const addressBits = (family: Family): number => bitsOf[family];

/**
 * Reads `10.0.0.1` or `2001:db8::1`.
 *
 * IPv4 is four decimal numbers without leading zeros, which some programs read as octal (RFC 6943,
 * section 3.1.1). IPv6 is any form of RFC 4291, section 2.2; a zone (`%eth0`) is refused.
 */
export function parseAddress(text: string): Address | NotAnAddress {
  return text.includes(":") ? parseIPv6(text) : parseIPv4(text);
}

/** Reads `10.0.0.1/24` or `2001:db8::1/64`; the length must be there. */
export function parseCidr(text: string): Cidr | NotAnAddress {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if ("problem" in address) return address;
  if (slash < 0) return { problem: "it has no prefix length" };
  const digits = text.slice(slash + 1);
  const length = /^(0|[1-9]\d{0,2})$/.test(digits) ? Number(digits) : Number.NaN;
  const bits = bitsOf[address.family];
  if (!(length <= bits)) return { problem: `the prefix length of an IPv${address.family} address is 0 to ${bits}` };
  return { ...address, length };
}

function parseIPv4(text: string): Address | NotAnAddress {
  const parts = text.split(".");
  if (parts.length !== 4) return { problem: "an IPv4 address has four numbers" };
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,10}$/.test(part)) return { problem: `"${part}" is not a number` };
    if (part.length > 1 && part.startsWith("0")) return { problem: `"${part}" has a leading zero` };
    if (Number(part) > 255) return { problem: `${part} is more than 255` };
    value = value * 256 + Number(part);
  }
  return { family: 4, value: BigInt(value) };
}

function parseIPv6(text: string): Address | NotAnAddress {
  if (text.includes("%")) return { problem: "a zone is not part of an interface's address" };
  const gap = text.indexOf("::");
  if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) return { problem: '"::" may stand once' };
  const head = groupsOf(gap < 0 ? text : text.slice(0, gap), gap < 0);
  if ("problem" in head) return head;
  const tail = gap < 0 ? { groups: [] } : groupsOf(text.slice(gap + 2), true);
  if ("problem" in tail) return tail;
  const missing = 8 - head.groups.length - tail.groups.length;
  if (gap < 0 ? missing !== 0 : missing < 1) return { problem: "an IPv6 address has eight groups" };
  let hex = "";
  for (const group of head.groups) hex += group.toString(16).padStart(4, "0");
  hex += "0000".repeat(missing);
  for (const group of tail.groups) hex += group.toString(16).padStart(4, "0");
  return { family: 6, value: BigInt(`0x${hex}`) };
}

/** @param mayEndDotted the last two groups may be written as an IPv4 address (RFC 4291, section 2.2.3) */
function groupsOf(text: string, mayEndDotted: boolean): { readonly groups: readonly number[] } | NotAnAddress {
  if (text === "") return { groups: [] };
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (mayEndDotted && index === parts.length - 1 && part.includes(".")) {
      const dotted = parseIPv4(part);
      if ("problem" in dotted) return dotted;
      groups.push(Number(dotted.value >> 16n), Number(dotted.value & 0xffffn));
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return { problem: `"${part}" is not a group of one to four hexadecimal digits` };
    }
  }
  return { groups };
}

/** Canonical text: dotted decimal, or RFC 5952 for IPv6. */
export function formatAddress({ family, value }: Address): string {
  return family === 4 ? formatIPv4(Number(value)) : formatIPv6(value);
}

export const formatCidr = (cidr: Cidr): string => `${formatAddress(cidr)}/${cidr.length}`;

const formatIPv4 = (value: number): string =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;

function formatIPv6(value: bigint): string {
  // RFC 5952, section 5: IPv4-mapped addresses keep their dotted tail.
  if (value >> 32n === 0xffffn) return `::ffff:${formatIPv4(Number(value & 0xffffffffn))}`;
  const groups: string[] = [];
  for (let shift = 96n; shift >= 0n; shift -= 32n) {
    const word = Number((value >> shift) & 0xffffffffn);
    groups.push((word >>> 16).toString(16), (word & 0xffff).toString(16));
  }
  // Section 4.2: "::" for the longest run of at least two zero groups, the first of equals.
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`;
}

/** The host bits of a prefix of each length. */
const hostMasks = {
  4: Array.from({ length: 33 }, (_, length) => (1n << BigInt(32 - length)) - 1n),
  6: Array.from({ length: 129 }, (_, length) => (1n << BigInt(128 - length)) - 1n),
} as const;

const hostMask = (cidr: Cidr): bigint => hostMasks[cidr.family][cidr.length] as bigint;

/** The prefix that an interface's address is in: its host bits made zero. */
export const networkOf = (cidr: Cidr): Cidr => ({ ...cidr, value: cidr.value & ~hostMask(cidr) });

/** The text of `networkOf`, which identifies a prefix. */
export const networkText = (cidr: Cidr): string => formatCidr(networkOf(cidr));

/** The netmask of an IPv4 prefix, dotted: /24 is 255.255.255.0. */
export const netmaskOf = (cidr: Cidr): string =>
  formatAddress({ family: 4, value: (hostMasks[4][0] as bigint) ^ hostMask(cidr) });

export const hasHostBits = (cidr: Cidr): boolean => (cidr.value & hostMask(cidr)) !== 0n;

/** Whether the prefix of `cidr` holds the address. */
export const contains = (cidr: Cidr, address: Address): boolean =>
  cidr.family === address.family && (cidr.value ^ address.value) >> BigInt(bitsOf[cidr.family] - cidr.length) === 0n;

/**
 * A text that only the same address with the same length has, for maps: quicker than the canonical one.
 * (A bigint would not do: V8 hashes its low 64 bits, which are all zero in IPv6 prefixes.)
 */
export const cidrKey = ({ family, value, length }: Cidr): string => `${value.toString(16)}/${length}/${family}`;

/** Whether two prefixes share addresses. */
export const overlap = (a: Cidr, b: Cidr): boolean => (a.length <= b.length ? contains(a, b) : contains(b, a));

/** How many addresses a prefix has. */
export const sizeOf = (cidr: Cidr): bigint => hostMask(cidr) + 1n;

/** The addresses of a prefix that hosts may have, as offsets from its first one, both included. */
export function hostRange(prefix: Cidr): { readonly first: bigint; readonly last: bigint } {
  const size = sizeOf(prefix);
  // Both addresses of a point-to-point prefix are hosts' (RFC 3021, RFC 6164).
  if (size <= 2n) return { first: 0n, last: size - 1n };
  // IPv4 gives the last one to broadcast; IPv6 the first one to the subnet's routers (RFC 4291, section 2.6.1).
  return { first: 1n, last: prefix.family === 4 ? size - 2n : size - 1n };
}

/** fe80::/10 (RFC 4291, section 2.5.6): on-link on every interface. */
export const isLinkLocal = (address: Address): boolean => address.family === 6 && address.value >> 118n === 0x3fan;

/** 224.0.0.0/4 and ff00::/8. */
export const isMulticast = ({ family, value }: Address): boolean =>
  family === 4 ? value >> 28n === 0xen : value >> 120n === 0xffn;

/** 127.0.0.0/8 and ::1. */
export const isLoopback = ({ family, value }: Address): boolean =>
  family === 4 ? value >> 24n === 127n : value === 1n;
