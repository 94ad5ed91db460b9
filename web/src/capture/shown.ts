import { describePacket } from "../../../src/testing/packets/assert/describe.ts";
import { packetOf } from "../../../src/testing/packets/capture/frame-packet.ts";
import type { RawFrame } from "../../../src/testing/packets/capture/framing.ts";

/** In one go, so that the page answers meanwhile. */
const sliceMs = 12;

/**
 * Which packets are shown: those whose line and layers have all words, and none of those with a `!` in front
 * (`icmp 10.0.0.1 !request`).
 */
export class Shown {
  readonly #words: readonly { readonly text: string; readonly isWanted: boolean }[];
  readonly #at: string | undefined;
  readonly #matching: number[] = [];
  #looked = 0;

  /** @param at only what was seen there; undefined: wherever */
  constructor(text: string, at?: string) {
    this.#at = at;
    this.#words = text
      .toLowerCase()
      .split(/\s+/)
      .map((word) => ({ text: word.replace(/^!/, ""), isWanted: !word.startsWith("!") }))
      .filter((word) => word.text !== "");
  }

  get isAll(): boolean {
    return this.#words.length === 0 && this.#at === undefined;
  }

  count(frames: readonly RawFrame[]): number {
    return this.isAll ? frames.length : this.#matching.length;
  }

  /** The number of a packet, of those that are shown the `row`th. */
  at(row: number): number {
    return this.isAll ? row : (this.#matching[row] ?? -1);
  }

  rowOf(index: number): number {
    return this.isAll ? index : this.#matching.indexOf(index);
  }

  /** Looks at packets that have come, for a moment. @returns whether there are more to be looked at */
  look(frames: readonly RawFrame[]): boolean {
    if (this.isAll) return false;
    const end = performance.now() + sliceMs;
    while (this.#looked < frames.length) {
      const frame = frames[this.#looked];
      if (frame !== undefined && this.matches(frame)) this.#matching.push(this.#looked);
      this.#looked += 1;
      if (this.#looked % 64 === 0 && performance.now() > end) return this.#looked < frames.length;
    }
    return false;
  }

  matches(frame: RawFrame): boolean {
    if (this.#at !== undefined && frame.interface.name !== this.#at) return false;
    if (this.#words.length === 0) return true;
    const packet = packetOf(frame, 1);
    const layers = packet.layers.map(({ layer }) => layer).join(" ");
    const line = `${describePacket(packet)} ${layers}`.toLowerCase();
    return this.#words.every(({ text, isWanted }) => line.includes(text) === isWanted);
  }
}
