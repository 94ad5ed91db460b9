import { defaultQueue, type QueueLimit } from "../contract.ts";
import { FrameQueue } from "../frames/frame-queue.ts";

/** Frames that leave one after the other, each after as long as its bits take. Times are those of the simulation: a frame finishes when it should have. */
export class RateQueue {
  readonly #lengthOf: (place: number) => number;
  readonly #waiting = new FrameQueue();
  #waitingBytes = 0;
  #bps: number | undefined;
  #packets = Infinity;
  #bytes = Infinity;
  /** When the first, which is being sent, has been sent. */
  #finishMs = Infinity;
  /** What comes until then finds room. */
  #roomUntilMs = -Infinity;

  /** @param lengthOf the bytes of the frame in a place, as the rate counts them */
  constructor(lengthOf: (place: number) => number) {
    this.#lengthOf = lengthOf;
  }

  /** Whether there is a rate, or frames still wait for the one there was. */
  get isActive(): boolean {
    return this.#bps !== undefined || this.#waiting.count > 0;
  }

  /**
   * For what waits, and what comes. Of the frame that is being sent, what is left is sent at the new rate.
   *
   * @param bps undefined: no rate; what waits is finished now
   * @param roomUntilMs what comes until then finds room whatever the limit: it was in flight at the change
   */
  set(bps: number | undefined, limit: QueueLimit | undefined, nowMs: number, roomUntilMs = -Infinity): void {
    this.#roomUntilMs = roomUntilMs;
    const queue = bps === undefined ? { packets: Infinity } : (limit ?? defaultQueue);
    this.#packets = "packets" in queue ? queue.packets : Infinity;
    this.#bytes = "bytes" in queue ? queue.bytes : Infinity;
    if (this.#waiting.count > 0) {
      const leftMs = Math.max(0, this.#finishMs - nowMs);
      const scale = bps === undefined ? 0 : (this.#bps ?? bps) / bps;
      this.#finishMs = Math.min(this.#finishMs, nowMs) + leftMs * scale;
    }
    this.#bps = bps;
  }

  get count(): number {
    return this.#waiting.count;
  }

  /** When the next frame has been sent; Infinity when there is none. */
  get nextMs(): number {
    return this.#waiting.count === 0 ? Infinity : this.#finishMs;
  }

  /** @param timeMs when the frame comes; not before `nextMs` of one that is still here. @returns false when there is no room */
  push(place: number, timeMs: number): boolean {
    const length = this.#lengthOf(place);
    const isFull = this.#waiting.count >= this.#packets || this.#waitingBytes + length > this.#bytes;
    if (isFull && timeMs > this.#roomUntilMs) return false;
    if (this.#waiting.count === 0) this.#finishMs = timeMs + this.#timeFor(length);
    this.#waiting.push(place, timeMs);
    this.#waitingBytes += length;
    return true;
  }

  /** Takes out the frame that has been sent; the next one's turn begins. There must be one. */
  shift(): number {
    const place = this.#waiting.shift();
    this.#waitingBytes -= this.#lengthOf(place);
    if (this.#waiting.count > 0) this.#finishMs += this.#timeFor(this.#lengthOf(this.#waiting.first));
    return place;
  }

  #timeFor(length: number): number {
    return this.#bps === undefined ? 0 : (length * 8000) / this.#bps;
  }
}
