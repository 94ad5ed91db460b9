/** Frames by time: the earliest first; of equal times the one that was put in first. A binary heap in plain memory. */
export class FrameHeap {
  #places = new Int32Array(16);
  #times = new Float64Array(16);
  #numbers = new Float64Array(16);
  #count = 0;
  #pushed = 0;

  get count(): number {
    return this.#count;
  }

  /** The earliest time; Infinity when there is none. */
  get firstMs(): number {
    return this.#count === 0 ? Infinity : (this.#times[0] as number);
  }

  push(place: number, timeMs: number): void {
    if (this.#count === this.#places.length) this.#grow();
    const number = this.#pushed++;
    let at = this.#count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#times[parent] as number) <= timeMs) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, place, timeMs, number);
  }

  /** Takes the earliest out; there must be one. */
  shift(): number {
    const first = this.#places[0] as number;
    const last = --this.#count;
    const place = this.#places[last] as number;
    const time = this.#times[last] as number;
    const number = this.#numbers[last] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#isBefore(child + 1, child)) child++;
      const childTime = this.#times[child] as number;
      if (time < childTime || (time === childTime && number < (this.#numbers[child] as number))) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, place, time, number);
    return first;
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#times[one] as number, this.#times[other] as number];
    return a < b || (a === b && (this.#numbers[one] as number) < (this.#numbers[other] as number));
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#places[from] as number, this.#times[from] as number, this.#numbers[from] as number);
  }

  #set(at: number, place: number, time: number, number: number): void {
    this.#places[at] = place;
    this.#times[at] = time;
    this.#numbers[at] = number;
  }

  #grow(): void {
    const size = this.#places.length * 2;
    const [places, times, numbers] = [this.#places, this.#times, this.#numbers];
    this.#places = new Int32Array(size);
    this.#times = new Float64Array(size);
    this.#numbers = new Float64Array(size);
    this.#places.set(places);
    this.#times.set(times);
    this.#numbers.set(numbers);
  }
}
