/** A line longer than this is cut, so that a program that never ends its line costs no memory. */
const longestLine = 64 * 1024;

/** Cuts bytes into lines of text; bytes that are not UTF-8 become U+FFFD. */
export class LineSplitter {
  readonly #emit: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(emit: (line: string) => void) {
    this.#emit = emit;
  }

  push(data: Buffer): void {
    const lines = (this.#rest + this.#decoder.decode(data, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#emit(line.endsWith("\r") ? line.slice(0, -1) : line);
    while (this.#rest.length >= longestLine) {
      this.#emit(this.#rest.slice(0, longestLine));
      this.#rest = this.#rest.slice(longestLine);
    }
  }

  /** Emits what is left without a newline. */
  end(): void {
    this.#rest += this.#decoder.decode();
    if (this.#rest !== "") this.#emit(this.#rest);
    this.#rest = "";
  }
}
