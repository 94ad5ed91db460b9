import type { FrameViews } from "../../kernel/index.ts";

/**
 * The Internet checksum (RFC 1071). Sums here are of 16-bit words as this machine reads them, little
 * end first: the one's complement sum does not mind, as long as the result is written the same way
 * (RFC 1071, 2 (B)).
 */

/** The sum of `length` bytes from `start`, an even offset; not folded. */
export function sumOf(memory: FrameViews, start: number, length: number): number {
  const end = start + length;
  let at = start;
  let sum = 0;
  if ((at & 2) !== 0 && at + 2 <= end) {
    sum = memory.u16[at >> 1] as number;
    at += 2;
  }
  if ((at & 2) === 0) {
    // 2^16 = 1 in this arithmetic, so 32-bit words may be added as they are; a double holds 2^21 of them.
    const words = memory.u32;
    const endWord = end >> 2;
    let word = at >> 2;
    for (; word + 1 < endWord; word += 2) sum += (words[word] as number) + (words[word + 1] as number);
    if (word < endWord) sum += words[word++] as number;
    at = word << 2;
    if (at + 2 <= end) {
      sum += memory.u16[at >> 1] as number;
      at += 2;
    }
  }
  return at < end ? sum + (memory.u8[at] as number) : sum;
}

/** Folds a sum to 16 bits. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) {
    const upper = Math.floor(folded / 65_536);
    folded = upper + (folded - upper * 65_536);
  }
  return folded;
}

/** A number of 16 bits as it contributes to a sum. */
export const swapped = (value: number): number => ((value & 0xff) << 8) | ((value >> 8) & 0xff);

/** What is written for a sum. Never 0, which UDP takes for "none"; all ones is the same number (RFC 768). */
export const checksumOf = (sum: number): number => 0xffff - fold(sum) || 0xffff;
