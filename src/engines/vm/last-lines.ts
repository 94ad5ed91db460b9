const linesKept = 20;
const lineLength = 500;

/** The newest lines of a text that comes in pieces. */
export class LastLines {
  #lines: readonly string[] = [];
  #rest = "";

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = (lines.pop() ?? "").slice(0, lineLength);
    const said = lines.filter((line) => line.trim() !== "").map((line) => line.slice(0, lineLength));
    this.#lines = [...this.#lines, ...said].slice(-linesKept);
  }

  get lines(): readonly string[] {
    return this.#rest.trim() === "" ? this.#lines : [...this.#lines, this.#rest].slice(-linesKept);
  }
}
