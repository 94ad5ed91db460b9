/** What of a terminal's output a reader would read: see `TerminalText`. */
type State =
  | "text"
  /** After ESC. */
  | "escape"
  /** After ESC and an intermediate character, e.g. the one that chooses a character set. */
  | "intermediate"
  /** In a control sequence: ESC [, parameters, a final character. */
  | "control"
  /** In a string that BEL or ESC \ ends: a window's title and the like. */
  | "string"
  | "string-escape";

const esc = "\x1b";
/** The 8-bit forms of ESC [, and of what begins strings (ECMA-48, 5.3). */
const csi = "\x9b";
const stringBegins = "\x90\x98\x9d\x9e\x9f";
/** After ESC. */
const stringBeginsAfterEscape = "PX]^_";
const bell = "\x07";
/** Cursor to another line: up, down, next, previous, position, line (ECMA-48, 8.3). */
const otherLine = "ABEFHfd";
/** A string that does not end is none: a guest that sends binary junk must not hide all that follows. */
const longestString = 4096;

/**
 * Turns the bytes of a terminal into text to search in: without control sequences and control
 * characters, lines ended by `\n`, characters rubbed out where a backspace says so. Where the cursor is
 * sent to another place, a new line begins, so that words that stand apart on the screen stay apart.
 * Bytes that are no UTF-8 become U+FFFD. Works on pieces, wherever they are cut.
 */
export class TerminalText {
  readonly #decoder = new TextDecoder("utf-8");
  #state: State = "text";
  #stringLength = 0;
  #carriageReturn = false;

  /**
   * @param before the text so far; only its end matters
   * @returns the text with what the bytes add, or rub out of the line that it ends with
   */
  append(before: string, bytes: Uint8Array): string {
    let text = before;
    for (const character of this.#decoder.decode(bytes, { stream: true })) text = this.#next(text, character);
    return text;
  }

  #next(text: string, character: string): string {
    switch (this.#state) {
      case "text":
        return this.#plain(text, character);
      case "escape":
        return this.#afterEscape(text, character);
      case "intermediate":
        if (character < " " || character > "/") this.#state = "text";
        return text;
      case "control":
        return this.#inControl(text, character);
      case "string":
        this.#stringLength += 1;
        if (character === bell || character === "\x9c" || this.#stringLength > longestString) this.#state = "text";
        else if (character === esc) this.#state = "string-escape";
        return text;
      case "string-escape":
        this.#state = character === "\\" ? "text" : "string";
        return text;
      default:
        return this.#state satisfies never;
    }
  }

  #plain(before: string, character: string): string {
    let text = before;
    if (this.#carriageReturn && character !== "\r") {
      this.#carriageReturn = false;
      // Back to the beginning of the line, to write over it: for a reader that is another line.
      if (character !== "\n" && !text.endsWith("\n")) text += "\n";
    }
    if (character === esc) this.#state = "escape";
    else if (character === csi) this.#state = "control";
    else if (stringBegins.includes(character)) this.#beginString();
    else if (character === "\r") this.#carriageReturn = true;
    else if (character === "\b") return /[^\n]$/u.test(text) ? text.replace(/.$/su, "") : text;
    else if (character === "\n" || character === "\t" || (character >= " " && !/[\x7f-\x9f]/.test(character)))
      return text + character;
    return text;
  }

  #afterEscape(text: string, character: string): string {
    if (character === "[") this.#state = "control";
    else if (stringBeginsAfterEscape.includes(character)) this.#beginString();
    else if (character >= " " && character <= "/") this.#state = "intermediate";
    else if (character !== esc) this.#state = "text";
    return text;
  }

  #inControl(text: string, character: string): string {
    if (character === esc) this.#state = "escape";
    if (character < "@" || character > "~") return text;
    this.#state = "text";
    return otherLine.includes(character) && text !== "" && !text.endsWith("\n") ? `${text}\n` : text;
  }

  #beginString(): void {
    this.#state = "string";
    this.#stringLength = 0;
  }
}
