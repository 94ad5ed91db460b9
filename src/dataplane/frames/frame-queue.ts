/** Frames in order, each with a time: what waits its turn. Grows as it must, and makes nothing while it need not. */
export class FrameQueue {
  #places = new Int32Array(16);
  #times = new Float64Array(16);
  #mask = 15;
  #head = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push(place: number, timeMs: number): void {
    if (this.#count > this.#mask) this.#grow();
    const at = (this.#head + this.#count++) & this.#mask;
    this.#places[at] = place;
    this.#times[at] = timeMs;
  }

  /** The time of the first; Infinity when there is none. */
  get firstMs(): number {
    return this.#count === 0 ? Infinity : (this.#times[this.#head] as number);
  }

  /** The first; there must be one. */
  get first(): number {
    return this.#places[this.#head] as number;
  }

  /** Takes the first out; there must be one. */
  shift(): number {
    const place = this.#places[this.#head] as number;
    this.#head = (this.#head + 1) & this.#mask;
    this.#count--;
    return place;
  }

  #grow(): void {
    const size = (this.#mask + 1) * 2;
    const places = new Int32Array(size);
    const times = new Float64Array(size);
    for (let index = 0; index < this.#count; index++) {
      const at = (this.#head + index) & this.#mask;
      places[index] = this.#places[at] as number;
      times[index] = this.#times[at] as number;
    }
    this.#places = places;
    this.#times = times;
    this.#mask = size - 1;
    this.#head = 0;
  }
}
