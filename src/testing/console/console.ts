import type { Duplex } from "node:stream";
import { labError } from "../../topology/index.ts";
import { type Found, type Pattern, patternText, Transcript } from "./transcript.ts";

export type Waiting = {
  /** In milliseconds; the console's own when absent. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
};

export type ConsoleOptions = {
  /** Of waits that say nothing else, in milliseconds. 30 seconds when absent. */
  readonly timeout?: number;
  /** Whether the machine has no power at the moment, for errors. */
  readonly isOff?: () => boolean;
};

const usualTimeoutMs = 30_000;
/** So much text is looked at as it comes; of more, only every so often. */
const longText = 64 * 1024;
const lookMs = 30;
/** What a terminal's Enter key sends. */
const enter = "\r";

/**
 * A serial console, driven by a program: sends what a person would type, and waits for what a person
 * would read. Text is searched without terminal escapes, from where the match before ended; whatever
 * arrives between two waits is there for the second.
 */
export class SerialConsole {
  /** The node's name. */
  readonly name: string;
  readonly #stream: Duplex;
  readonly #transcript = new Transcript();
  readonly #timeout: number;
  readonly #isOff: () => boolean;
  readonly #waiting = new Set<() => void>();
  #end: { readonly cause: Error | undefined } | undefined;
  /** Bytes that were not looked at yet. */
  #pending: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param stream bytes of the console, both ways */
  constructor(name: string, stream: Duplex, options: ConsoleOptions = {}) {
    this.name = name;
    this.#stream = stream;
    this.#timeout = options.timeout ?? usualTimeoutMs;
    this.#isOff = options.isOff ?? (() => false);
    stream.on("data", (data: Buffer) => {
      this.#pending.push(data);
      this.#timer ??= setTimeout(() => this.#wake(), this.#transcript.unread.length < longText ? 0 : lookMs);
    });
    stream.once("error", (error) => this.#finish(error));
    stream.once("end", () => this.#finish(undefined));
    stream.once("close", () => this.#finish(undefined));
  }

  /** The newest lines of output, as a person would see them. */
  get screen(): readonly string[] {
    this.#read();
    return this.#transcript.screen;
  }

  /** The machine has no power at the moment. */
  get isOff(): boolean {
    return this.#isOff();
  }

  get timeout(): number {
    return this.#timeout;
  }

  /** Types a text, as it is. Resolves when it is sent. */
  async send(text: string | Uint8Array): Promise<void> {
    if (this.#end !== undefined) throw this.#ended("anything");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#stream.write(text, (error) => (error ? reject(error) : resolve()));
    await promise;
  }

  /** Types a text and presses Enter. */
  sendLine(text = ""): Promise<void> {
    return this.send(text + enter);
  }

  /**
   * Waits for a pattern, or the first of several, and consumes the text up to its end.
   *
   * @throws CONSOLE_TIMED_OUT with what was expected and the last screen; CONSOLE_ENDED
   */
  async expect(pattern: Pattern | readonly Pattern[], waiting: Waiting = {}): Promise<Found> {
    const patterns = pattern instanceof RegExp || typeof pattern === "string" ? [pattern] : pattern;
    const what = patterns.map(patternText).join(" or ");
    return this.waitFor(what, () => this.#transcript.find(patterns), waiting);
  }

  /**
   * Waits until `look` finds something; it is called whenever text has come in.
   *
   * @param what for the error
   */
  async waitFor<Value>(
    what: string,
    look: (unread: string) => Value | undefined,
    { timeout = this.#timeout, signal }: Waiting = {},
  ): Promise<Value> {
    const deadline = Date.now() + timeout;
    for (;;) {
      signal?.throwIfAborted();
      this.#read();
      const value = look(this.#transcript.unread);
      if (value !== undefined) return value;
      if (this.#end !== undefined) throw this.#ended(what);
      const leftMs = deadline - Date.now();
      if (leftMs <= 0)
        throw labError("CONSOLE_TIMED_OUT", {
          node: this.name,
          waitedFor: what,
          afterMs: timeout,
          screen: this.screen,
          isOff: this.#isOff(),
        });
      await this.#more(leftMs, signal);
    }
  }

  /** Resolves to true when nothing came in for so long; to false at once when something does. */
  async quiet(forMs: number): Promise<boolean> {
    const until = Date.now() + forMs;
    await this.#more(forMs, undefined);
    return Date.now() >= until;
  }

  /** Consumes and returns all text that nobody waited for. */
  takeText(): string {
    this.#read();
    return this.#transcript.clear();
  }

  /** Lets go of the console; what runs on it goes on. */
  close(): void {
    this.#stream.destroy();
  }

  /** Resolves when text has come in, at the end of the console, or after `atMostMs`. */
  async #more(atMostMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    const timer = setTimeout(wake, atMostMs);
    this.#waiting.add(wake);
    signal?.addEventListener("abort", wake, { once: true });
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(wake);
    signal?.removeEventListener("abort", wake);
  }

  #read(): void {
    if (this.#pending.length === 0) return;
    this.#transcript.push(Buffer.concat(this.#pending));
    this.#pending = [];
  }

  #wake(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const wake of [...this.#waiting]) wake();
  }

  #finish(cause: Error | undefined): void {
    this.#end ??= { cause };
    this.#wake();
  }

  #ended(waitedFor: string): Error {
    return labError("CONSOLE_ENDED", { node: this.name, waitedFor, screen: this.screen }, { cause: this.#end?.cause });
  }
}
