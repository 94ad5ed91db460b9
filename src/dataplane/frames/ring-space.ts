import { ringBytes } from "../../kernel/index.ts";

/** Rings begin at multiples of this, and are at least as long. */
const unitBytes = 131_072;
const fewestSlots = 64;
const mostSlots = 4096;
/** What the rings of jacks that come together may take; those that come later share as much again. */
const budgetBytes = 64 * 1024 * 1024;

/**
 * How many slots the ring of each of so many jacks has: as many as the budget allows, so that a few busy
 * links may be forty milliseconds behind at 100,000 frames a second, and a thousand jacks fit into memory.
 */
export function slotsFor(jacks: number): number {
  const fair = budgetBytes / Math.max(1, jacks) / ringBytes({ kind: "link", slots: 1 });
  return Math.min(mostSlots, Math.max(fewestSlots, 2 ** Math.floor(Math.log2(fair))));
}

/** The part of the memory that rings are mapped into. */
export class RingSpace {
  readonly #base: number;
  readonly #isTaken: Uint8Array;

  /** @param base a multiple of the page size */
  constructor(base: number, bytes: number) {
    this.#base = base;
    this.#isTaken = new Uint8Array(Math.floor(bytes / unitBytes));
  }

  /** @returns an offset in the memory; undefined when there is no room */
  take(bytes: number): number | undefined {
    const units = Math.ceil(bytes / unitBytes);
    let free = 0;
    for (let unit = 0; unit < this.#isTaken.length; unit++) {
      free = this.#isTaken[unit] === 0 ? free + 1 : 0;
      if (free < units) continue;
      const first = unit + 1 - units;
      this.#isTaken.fill(1, first, unit + 1);
      return this.#base + first * unitBytes;
    }
    return undefined;
  }

  give(offset: number, bytes: number): void {
    const first = (offset - this.#base) / unitBytes;
    this.#isTaken.fill(0, first, first + Math.ceil(bytes / unitBytes));
  }
}
