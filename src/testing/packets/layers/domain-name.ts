import { must, Octets } from "./octets.ts";

/** RFC 1035, section 2.3.4, on the wire. */
const longestName = 255;

/**
 * A domain name (RFC 1035, sections 3.1 and 4.1.4), `www.example.org` without the dot at its end; the
 * root is `.`. Bytes that are no printable ASCII, and dots within a label, are `\DDD` (section 5.1).
 *
 * A pointer must lead to before the labels it ends, which bounds the work: every jump goes back.
 *
 * @param message what pointers count from
 * @returns the name, and where what follows it begins
 */
export function decodeName(message: Uint8Array, at: number): { readonly name: string; readonly end: number } {
  const octets = new Octets(message);
  const labels: string[] = [];
  let bytes = 1;
  let end: number | undefined;
  let start = at;
  for (let here = at; ; ) {
    const length = octets.u8(here);
    if (length === 0) return { name: labels.length === 0 ? "." : labels.join("."), end: end ?? here + 1 };
    if (length >= 0xc0) {
      const target = octets.u16(here) & 0x3fff;
      must(target < start, `the name at byte ${at} has a pointer that does not lead back`);
      end ??= here + 2;
      start = target;
      here = target;
      continue;
    }
    must(length < 0x40, `the name at byte ${at} has a label of an unknown kind`);
    bytes += length + 1;
    must(bytes <= longestName, `the name at byte ${at} is longer than ${longestName} bytes`);
    labels.push(labelText(octets.take(here + 1, length)));
    here += length + 1;
  }
}

function labelText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c;
    text += isPlain ? String.fromCharCode(byte) : `\\${byte.toString().padStart(3, "0")}`;
  }
  return text;
}
