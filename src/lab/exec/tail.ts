/** The end of a stream of bytes: the last `most` of them, and how many there were in all. */
export class Tail {
  readonly #most: number;
  #pieces: Buffer[] = [];
  #kept = 0;
  #total = 0;

  constructor(most: number) {
    this.#most = most;
  }

  push(piece: Buffer): void {
    this.#total += piece.length;
    // A piece may be a view of a larger block, which would be kept with it.
    this.#pieces.push(Buffer.from(piece.subarray(-this.#most)));
    this.#kept += Math.min(piece.length, this.#most);
    let first = this.#pieces[0];
    while (first !== undefined && this.#kept - first.length >= this.#most) {
      this.#pieces.shift();
      this.#kept -= first.length;
      first = this.#pieces[0];
    }
  }

  /** What came after the first `received` bytes, and how many of it are not known any more. */
  since(received: number): { readonly bytes: Buffer; readonly missed: number } {
    const all = Buffer.concat(this.#pieces).subarray(-this.#most);
    this.#pieces = [all];
    this.#kept = all.length;
    const wanted = Math.max(0, this.#total - received);
    const bytes = wanted === 0 ? Buffer.alloc(0) : all.subarray(-wanted);
    return { bytes, missed: wanted - bytes.length };
  }
}
