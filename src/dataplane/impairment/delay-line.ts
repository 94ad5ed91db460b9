import { FrameHeap } from "../frames/frame-heap.ts";
import { FrameQueue } from "../frames/frame-queue.ts";

/** Frames in flight, each until its time. */
export class DelayLine {
  /** Those that keep their order, and those that go by their time alone. */
  readonly #inOrder = new FrameQueue();
  readonly #anyOrder = new FrameHeap();
  /** The latest time of all so far. */
  #latestMs = -Infinity;

  get count(): number {
    return this.#inOrder.count + this.#anyOrder.count;
  }

  /** When the last leaves, of all so far. */
  get latestMs(): number {
    return this.#latestMs;
  }

  /** When the first leaves; Infinity when there is none. */
  get firstMs(): number {
    return Math.min(this.#inOrder.firstMs, this.#anyOrder.firstMs);
  }

  /** Not before any that is in flight. */
  pushInOrder(place: number, timeMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, timeMs);
    this.#inOrder.push(place, this.#latestMs);
  }

  /** At its time, whatever else is in flight. */
  push(place: number, timeMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, timeMs);
    this.#anyOrder.push(place, timeMs);
  }

  /** At its time, which is now: what comes later does not wait for it. */
  pushAtOnce(place: number, timeMs: number): void {
    this.#anyOrder.push(place, timeMs);
  }

  /** Takes the first out; there must be one. */
  shift(): number {
    // At the same time, what keeps its order stays behind what it could not overtake.
    return this.#inOrder.firstMs < this.#anyOrder.firstMs ? this.#inOrder.shift() : this.#anyOrder.shift();
  }
}
