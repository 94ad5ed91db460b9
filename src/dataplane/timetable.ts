/** Something that is due at moments of its own choosing. */
export type Due = {
  /** The next such moment, of `performance.now()`; Infinity for none. */
  readonly nextMs: number;
  /** Does everything due until then. */
  run(nowMs: number): void;
};

/**
 * Everyone who is due at some time, earliest first: a heap that knows where each is, so that it can
 * be moved. One for the process; each direction of a link is in it once, however many frames it has.
 */
export class Timetable {
  #heap = new Int32Array(64);
  #times = new Float64Array(64);
  #positions = new Int32Array(64).fill(-1);
  #entries: (Due | undefined)[] = [];
  readonly #unused: number[] = [];
  readonly #ran: number[] = [];
  #count = 0;

  /** @returns the number by which it is known here */
  add(due: Due): number {
    const number = this.#unused.pop() ?? this.#entries.length;
    if (number >= this.#positions.length) this.#grow();
    this.#entries[number] = due;
    this.#positions[number] = -1;
    this.update(number);
    return number;
  }

  remove(number: number): void {
    this.#takeOut(number);
    this.#entries[number] = undefined;
    this.#unused.push(number);
  }

  /** Puts it where its `nextMs` says it belongs. */
  update(number: number): void {
    const entry = this.#entries[number];
    if (entry === undefined) return;
    const timeMs = entry.nextMs;
    if (timeMs === Infinity) {
      this.#takeOut(number);
      return;
    }
    let at = this.#positions[number] as number;
    if (at < 0) at = this.#count++;
    this.#sift(at, number, timeMs);
  }

  /** When the first is due; Infinity when nobody is. */
  get nextMs(): number {
    return this.#count === 0 ? Infinity : (this.#times[0] as number);
  }

  /** Runs everyone who is due, earliest first, each once, even one that is due again at once. */
  runDue(nowMs: number): void {
    this.#ran.length = 0;
    while (this.nextMs <= nowMs) {
      const number = this.#heap[0] as number;
      this.#takeOut(number);
      this.#ran.push(number);
      this.#entries[number]?.run(nowMs);
    }
    for (const number of this.#ran) this.update(number);
  }

  #takeOut(number: number): void {
    const at = this.#positions[number] as number;
    if (at < 0) return;
    this.#positions[number] = -1;
    const last = --this.#count;
    if (at === last) return;
    this.#sift(at, this.#heap[last] as number, this.#times[last] as number);
  }

  /** Puts an entry into the hole at `at`, and moves it up or down to where it belongs. */
  #sift(hole: number, number: number, timeMs: number): void {
    let at = hole;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#times[parent] as number) <= timeMs) break;
      this.#set(at, this.#heap[parent] as number, this.#times[parent] as number);
      at = parent;
    }
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#count) break;
      if (child + 1 < this.#count && (this.#times[child + 1] as number) < (this.#times[child] as number)) child++;
      if ((this.#times[child] as number) >= timeMs) break;
      this.#set(at, this.#heap[child] as number, this.#times[child] as number);
      at = child;
    }
    this.#set(at, number, timeMs);
  }

  #set(at: number, number: number, timeMs: number): void {
    this.#heap[at] = number;
    this.#times[at] = timeMs;
    this.#positions[number] = at;
  }

  #grow(): void {
    const size = this.#positions.length * 2;
    const [heap, times, positions] = [this.#heap, this.#times, this.#positions];
    this.#heap = new Int32Array(size);
    this.#times = new Float64Array(size);
    this.#positions = new Int32Array(size).fill(-1);
    this.#heap.set(heap);
    this.#times.set(times);
    this.#positions.set(positions);
  }
}
