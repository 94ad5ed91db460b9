/** Blocks of a capture that wait until everything that came before them is there too. */
export class PendingBlocks {
  #bytes = Buffer.alloc(256 * 1024);
  #times = new Float64Array(1024);
  #starts = new Int32Array(1024);
  #lengths = new Int32Array(1024);
  #used = 0;
  count = 0;

  get bytes(): number {
    return this.#used;
  }

  /**
   * Room for a block.
   *
   * @param timeNs by which blocks are put in order; any origin
   * @returns where in `memory` to write it
   */
  add(length: number, timeNs: number): number {
    while (this.#used + length > this.#bytes.length) this.#bytes = grown(this.#bytes);
    if (this.count === this.#times.length) this.#growIndex();
    const start = this.#used;
    this.#times[this.count] = timeNs;
    this.#starts[this.count] = start;
    this.#lengths[this.count] = length;
    this.#used += length;
    this.count++;
    return start;
  }

  /** Valid until the next `add`. */
  get memory(): Buffer {
    return this.#bytes;
  }

  /**
   * Takes out everything up to and including `timeNs`, in the order of time; of equal times in the order
   * in which they were added.
   *
   * @param render what is to stand for a block; it may be the block
   * @returns all of that, one after the other
   */
  takeUntil(timeNs: number, render: (block: Buffer, timeNs: number) => Buffer): Buffer {
    const order = this.#order();
    const times = this.#times;
    const blocks: Buffer[] = [];
    for (const index of order) {
      const blockNs = times[index] as number;
      if (blockNs > timeNs) break;
      const start = this.#starts[index] as number;
      blocks.push(render(this.#bytes.subarray(start, start + (this.#lengths[index] as number)), blockNs));
    }
    const taken = Buffer.concat(blocks);
    if (blocks.length > 0) this.#keep(order.subarray(blocks.length));
    return taken;
  }

  #order(): Uint32Array {
    const order = Uint32Array.from({ length: this.count }, (_, index) => index);
    const times = this.#times;
    const inOrder = order.every((index) => index === 0 || (times[index - 1] as number) <= (times[index] as number));
    if (!inOrder) order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
    return order;
  }

  /** Moves the rest to the front. What was added first is still first, so nothing is overwritten before it is moved. */
  #keep(rest: Uint32Array): void {
    rest.sort();
    this.#used = 0;
    this.count = 0;
    for (const index of rest) {
      const start = this.#starts[index] as number;
      const length = this.#lengths[index] as number;
      this.#bytes.copyWithin(this.#used, start, start + length);
      this.#times[this.count] = this.#times[index] as number;
      this.#starts[this.count] = this.#used;
      this.#lengths[this.count] = length;
      this.#used += length;
      this.count++;
    }
  }

  #growIndex(): void {
    const size = this.count * 2;
    const [times, starts, lengths] = [this.#times, this.#starts, this.#lengths];
    this.#times = new Float64Array(size);
    this.#starts = new Int32Array(size);
    this.#lengths = new Int32Array(size);
    this.#times.set(times);
    this.#starts.set(starts);
    this.#lengths.set(lengths);
  }
}

function grown(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  const larger = Buffer.alloc(bytes.length * 2);
  bytes.copy(larger);
  return larger;
}
