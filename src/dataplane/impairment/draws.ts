/**
 * Chance that repeats. The n-th draw for a purpose is a function of the link's seed, the direction,
 * the purpose and n: a counter through a mixing function, which is how SplitMix64 (Steele, Lea and Flood
 * 2014) works, with a 32-bit mixing function applied twice under two keys, since JavaScript multiplies
 * 32 bits quickly and 64 slowly. Nothing is drawn in sequence, so no draw depends on another one.
 *
 * The mixing function is the one of two multiplications with the least bias known, of hash-prospector
 * (https://github.com/skeeto/hash-prospector/issues/19); tests/dataplane/draws.test.ts shows that
 * draws, streams and neighbouring seeds behave as chance does.
 */

/** What draws are for. A number of its own each; they are part of what makes decisions repeat, so never renumber. */
export const purposes = {
  loss: 1,
  lossState: 2,
  duplicate: 3,
  corrupt: 4,
  corruptBit: 5,
  reorder: 6,
  delay: 7,
  copyLoss: 8,
  copyCorrupt: 9,
  copyCorruptBit: 10,
  copyReorder: 11,
  copyDelay: 12,
} as const;
export type Purpose = keyof typeof purposes;

const range = 4_294_967_296;
/** 2^32 divided by the golden ratio, odd: consecutive multiples spread evenly. */
const golden = 0x9e3779b9;

const mix = (value: number): number => {
  let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
};

/** The draws for one purpose. */
export class Draws {
  readonly #first: number;
  readonly #second: number;

  /**
   * @param seed of the link, 0 to 2^53 - 1
   * @param direction 0: from a to b; 1: from b to a
   */
  constructor(seed: number, direction: 0 | 1, purpose: Purpose) {
    const stream = Math.imul(purposes[purpose] * 2 + direction, golden);
    const low = mix((seed % range) + golden);
    this.#first = mix(low ^ mix(Math.floor(seed / range) + stream));
    this.#second = mix(this.#first + golden) ^ mix(stream - low);
  }

  /** The draw for the n-th frame (from 0): evenly from 0 to 2^32 - 1. */
  at(n: number): number {
    const high = n < range ? 0 : Math.imul(Math.floor(n / range), golden);
    return mix(mix((n | 0) ^ this.#first) + this.#second + high) >>> 0;
  }
}

/** A draw below this happens with the probability given, to within 2^-32: never for 0, always for 1. */
export const threshold = (probability: number): number => Math.round(probability * range);
