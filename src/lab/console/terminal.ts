import { constants } from "node:os";
import { Duplex } from "node:stream";
import { type Program, type ProgramExit, shellStatus, type TerminalSize } from "../../engines/index.ts";
import { drained } from "../drain.ts";
import { pause } from "../pause.ts";

/** What runs on a terminal, and when. */
export type TerminalOptions = {
  /** Starts the program, on a terminal of that size. */
  readonly run: (size: TerminalSize) => Promise<Program>;
  /** Whether a program that has ended is to be started again. */
  readonly goesOn: () => boolean;
};

/** As long as nobody has said how large a window is: what serial terminals have. */
const usualSize: TerminalSize = { columns: 80, rows: 24 };
/** What a program wrote last is read within this, if children of it still hold the terminal. */
const drainMs = 200;
/** A program that ends sooner is not started again at once. */
const stableMs = 1_000;
const firstBackoffMs = 500;
const longestBackoffMs = 30_000;

/**
 * The terminals of a console, one after the other, as one line: whenever the program on it ends, it is
 * started again on a new one, and whatever held the old one is hung up on, as getty(8) does.
 */
export class NodeTerminal extends Duplex {
  readonly #options: TerminalOptions;
  readonly #ending = new AbortController();
  #program: Program | undefined;
  #size = usualSize;

  private constructor(options: TerminalOptions) {
    super();
    this.#options = options;
  }

  /** @throws what the first start fails with */
  static async start(options: TerminalOptions): Promise<NodeTerminal> {
    const terminal = new NodeTerminal(options);
    const first = await terminal.#begin();
    void terminal.#live(first);
    return terminal;
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    this.#program?.resize(size);
  }

  override _read(): void {
    this.#program?.stdout.resume();
  }

  /** What is typed between two programs is lost. */
  override _write(data: Buffer, _encoding: string, done: () => void): void {
    const stdin = this.#program?.stdin;
    if (!stdin?.writable || stdin.write(data)) {
      done();
      return;
    }
    const go = () => {
      stdin.off("drain", go);
      stdin.off("close", go);
      done();
    };
    stdin.once("drain", go);
    stdin.once("close", go);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#ending.abort();
    this.#hangUp();
    done(error);
  }

  async #begin(): Promise<Program> {
    const program = await this.#options.run(this.#size);
    this.#program = program;
    if (this.destroyed) {
      this.#hangUp();
      return program;
    }
    program.resize(this.#size);
    program.stdout.on("data", (data: Buffer) => {
      if (!this.destroyed && !this.push(data)) program.stdout.pause();
    });
    return program;
  }

  async #live(first: Program): Promise<void> {
    let program = first;
    let backoffMs = firstBackoffMs;
    for (;;) {
      const startedAt = Date.now();
      const exit = await program.exit;
      await this.#drained(program);
      this.#hangUp();
      if (this.destroyed || !this.#options.goesOn()) break;
      if (Date.now() - startedAt >= stableMs) backoffMs = firstBackoffMs;
      else {
        this.push(`\r\n[it ended with ${describe(exit)}, and starts again in ${backoffMs / 1000} s]\r\n`);
        await pause(backoffMs, this.#ending.signal);
        backoffMs = Math.min(backoffMs * 2, longestBackoffMs);
        if (this.destroyed || !this.#options.goesOn()) break;
      }
      try {
        program = await this.#begin();
      } catch {
        // The node went meanwhile.
        break;
      }
    }
    this.destroy();
  }

  async #drained({ stdout }: Program): Promise<void> {
    if (stdout.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    stdout.once("close", resolve);
    await drained(promise, drainMs);
  }

  /** Without its other side a terminal is gone for all who have it open (SIGHUP, EIO; pty(7)). */
  #hangUp(): void {
    const program = this.#program;
    this.#program = undefined;
    program?.signal("SIGHUP");
    program?.stdout.destroy();
  }
}

const describe = (exit: ProgramExit): string =>
  exit.signal === undefined ? `exit code ${shellStatus(exit, constants.signals)}` : exit.signal;
