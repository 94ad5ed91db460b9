import { TerminalText } from "./terminal-text.ts";

/** What is searched for: a text, or a regular expression. */
export type Pattern = string | RegExp;

export type Found = {
  /** Which of the patterns, from 0. */
  readonly index: number;
  /** What matched; its groups when it was a regular expression. */
  readonly match: readonly string[];
  /** The text between what was consumed before and the match. */
  readonly before: string;
};

const screenLines = 24;
/** Text that nobody waited for is kept up to this. */
const longestUnread = 64 * 1024 * 1024;
/** Of what was consumed, enough for a screen. */
const consumedKept = 8 * 1024;
/** How far back a backspace may reach into what has come in already. */
const editable = 256;

/** The text of a console: what has been consumed, as far as it is on the screen, and what has not. */
export class Transcript {
  readonly #terminal = new TerminalText();
  #consumed = "";
  #unread = "";
  /** Where each text was searched up to without being found, so that a long wait stays linear. */
  readonly #searched = new Map<string, number>();

  push(bytes: Uint8Array): void {
    const cut = Math.max(0, this.#unread.length - editable);
    const tail = this.#unread.slice(cut);
    const grown = this.#terminal.append(tail, bytes);
    this.#unread = this.#unread.slice(0, cut) + grown;
    if (!grown.startsWith(tail)) this.#searched.clear();
    if (this.#unread.length > longestUnread) {
      this.#unread = this.#unread.slice(-longestUnread / 2);
      this.#searched.clear();
    }
  }

  /** The text that was not consumed yet. */
  get unread(): string {
    return this.#unread;
  }

  /** The newest lines, consumed or not. */
  get screen(): readonly string[] {
    const text = (this.#consumed + this.#unread.slice(-consumedKept)).slice(-consumedKept);
    const lines = text.split("\n").map((line) => line.trimEnd());
    while (lines.at(-1) === "") lines.pop();
    return lines.slice(-screenLines);
  }

  /** Consumes everything up to the end of the earliest match; of several at one place, the first pattern's. */
  find(patterns: readonly Pattern[]): Found | undefined {
    let best: { readonly at: number; readonly end: number; readonly found: Found } | undefined;
    for (const [index, pattern] of patterns.entries()) {
      const match = typeof pattern === "string" ? this.#indexOf(pattern) : this.#matchOf(pattern);
      if (match === undefined || (best !== undefined && best.at <= match.at)) continue;
      const before = this.#unread.slice(0, match.at);
      best = { at: match.at, end: match.end, found: { index, match: match.groups, before } };
    }
    if (best === undefined) return undefined;
    this.#consume(best.end);
    return best.found;
  }

  /** Consumes all there is. */
  clear(): string {
    const text = this.#unread;
    this.#consume(text.length);
    return text;
  }

  #consume(length: number): void {
    this.#consumed = (this.#consumed + this.#unread.slice(0, length)).slice(-consumedKept);
    this.#unread = this.#unread.slice(length);
    this.#searched.clear();
  }

  #indexOf(text: string) {
    const from = Math.max(0, (this.#searched.get(text) ?? 0) - text.length);
    const at = this.#unread.indexOf(text, from);
    if (at === -1) {
      this.#searched.set(text, Math.max(0, this.#unread.length - editable));
      return undefined;
    }
    return { at, end: at + text.length, groups: [text] };
  }

  #matchOf(pattern: RegExp) {
    // Flags that keep a position would make a search depend on the one before.
    const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).exec(this.#unread);
    if (match === null) return undefined;
    return { at: match.index, end: match.index + match[0].length, groups: match.map((group) => group ?? "") };
  }
}

/** As error messages name it. */
export const patternText = (pattern: Pattern): string =>
  typeof pattern === "string" ? JSON.stringify(pattern) : String(pattern);
