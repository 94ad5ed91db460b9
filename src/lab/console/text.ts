/**
 * A console's bytes as text to read and to search: each line with the time of its first byte, control
 * characters as escapes (`\x1b[31m`), and what has come of a line at once, before its end.
 */
export class ConsoleText {
  readonly #write: (text: string) => void;
  readonly #now: () => Date;
  readonly #decoder = new TextDecoder();
  #isAtStart = true;

  constructor(write: (text: string) => void, now: () => Date = () => new Date()) {
    this.#write = write;
    this.#now = now;
  }

  push(data: Uint8Array): void {
    const lines = this.#decoder.decode(data, { stream: true }).split("\n");
    const last = lines.pop() ?? "";
    const text = lines.map((line) => `${this.#piece(line)}${this.#end()}`).join("") + this.#piece(last);
    if (text !== "") this.#write(text);
  }

  #piece(text: string): string {
    if (text === "") return "";
    const time = this.#isAtStart ? `${this.#now().toISOString()} ` : "";
    this.#isAtStart = false;
    return time + escaped(text);
  }

  /** An empty line has its time, too. */
  #end(): string {
    const time = this.#isAtStart ? this.#now().toISOString() : "";
    this.#isAtStart = true;
    return `${time}\n`;
  }
}

const named: Readonly<Record<string, string>> = { "\r": "\\r", "\t": "\\t", "\b": "\\b", "\\": "\\\\" };

/** As a string literal has them; the carriage return that ends most lines is left out. */
const escaped = (text: string): string =>
  text.replace(/\r$/, "").replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    /[\x00-\x1f\x7f-\x9f\\]/g,
    (character) => named[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
