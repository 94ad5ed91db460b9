import type { IpContext } from "./step.ts";

/**
 * `partial`: only the pseudo header is in it, because the sender left the rest to its network card
 * (Linux: CHECKSUM_PARTIAL), as in most packets between the namespaces of one machine. `absent`: the
 * sender made none. `unchecked`: not all bytes it covers were captured, or are in this fragment.
 */
export type Checksum = "valid" | "invalid" | "absent" | "partial" | "unchecked";

/** The sum of 16-bit words in ones' complement (RFC 1071), not inverted. */
export function onesSum(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  const even = bytes.length & ~1;
  for (let at = 0; at < even; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  if (even < bytes.length) sum += (bytes[even] as number) << 8;
  while (sum > 0xffff) sum = (sum % 0x1_0000) + Math.floor(sum / 0x1_0000);
  return sum;
}

/** Of bytes that hold their own checksum. */
export const ownChecksum = (bytes: Uint8Array): Checksum => (onesSum(bytes) === 0xffff ? "valid" : "invalid");

/** The sum of the pseudo header (RFC 9293, section 3.1; RFC 8200, section 8.1). */
function pseudoSum(ip: IpContext, protocol: number, length: number): number {
  return onesSum(ip.source, onesSum(ip.destination, protocol + (length >>> 16) + (length & 0xffff)));
}

/**
 * Of a transport's bytes with the pseudo header before them.
 *
 * @param value the checksum in `bytes`
 */
export function transportChecksum(
  bytes: Uint8Array,
  value: number,
  protocol: number,
  ip: IpContext | undefined,
): Checksum {
  if (ip === undefined || !ip.canCheck || ip.isFragment) return "unchecked";
  const pseudo = pseudoSum(ip, protocol, bytes.length);
  if (onesSum(bytes, pseudo) === 0xffff) return "valid";
  return value === pseudo ? "partial" : "invalid";
}
