import { appendFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import type { TerminalSize } from "../../engines/index.ts";
import { labError } from "../../topology/index.ts";
import type { LogSink } from "../log-store.ts";
import { pause } from "../pause.ts";
import { ConsoleText } from "./text.ts";

/** Someone who sees a console. */
export interface Viewer {
  show(data: Buffer): void;
  /** Bytes that were shown and not taken yet. */
  readonly backlog: number;
  /** The machine gained or lost power. */
  tell(state: ConsoleState): void;
  /** Shown no more, because it was too slow. */
  drop(reason: string): void;
}

/** What a console is connected with while the machine has power. */
export type ConsoleLine = Duplex & {
  /** Where it is a terminal that has a size. */
  resize?(size: TerminalSize): void;
};

export type ConsoleState = "on" | "off";
export type ConsoleMode = "watch" | "write" | "exclusive";

/** What newcomers are shown, at most. */
const historyBytes = 1024 * 1024;
/** Above this the machine waits for a slow viewer, and after so long it waits no more. */
const viewerBacklogBytes = 1024 * 1024;
const patienceMs = 5_000;
const lookMs = 10;
/** A serial port gives some bytes at a time: what comes sooner than this after the last is passed on together. */
const gatherMs = 5;
const gatherBytes = 64 * 1024;

/**
 * The console of a node, through all of its runs: every byte goes to the logs and to everyone who
 * watches, and what they type to the machine. Nothing is lost: who is slow slows the machine down, for a
 * while.
 */
export class ConsoleHub {
  readonly #node: string;
  readonly #log: LogSink;
  readonly #text: ConsoleText;
  readonly #viewers = new Map<Viewer, ConsoleMode>();
  readonly #history: Buffer[] = [];
  #historyLength = 0;
  #line: ConsoleLine | undefined;
  readonly #sizes = new Map<Viewer, TerminalSize>();
  /** Whose window the terminal is as large as: who typed last. */
  #typist: Viewer | undefined;
  #size: TerminalSize | undefined;
  #gathered: Buffer[] = [];
  #gatheredLength = 0;
  #timer: NodeJS.Timeout | undefined;
  #passedAt = 0;

  /**
   * @param log raw bytes, and lines for `netwright logs`
   * @param textFile where the text goes, escaped, with times
   */
  constructor(node: string, log: LogSink, textFile: string) {
    this.#node = node;
    this.#log = log;
    this.#text = new ConsoleText((text) => appendFileSync(textFile, text));
  }

  get state(): ConsoleState {
    return this.#line === undefined ? "off" : "on";
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** The machine has power: this is its console from now on, until it ends. */
  connect(line: ConsoleLine): void {
    this.#line = line;
    if (this.#size !== undefined) line.resize?.(this.#size);
    line.on("data", (data: Buffer) => this.#gather(line, data));
    line.once("close", () => {
      this.#pass(line);
      if (this.#line !== line) return;
      this.#line = undefined;
      this.#log.flush();
      for (const viewer of this.#viewers.keys()) viewer.tell("off");
    });
    for (const viewer of this.#viewers.keys()) viewer.tell("on");
    line.resume();
  }

  /**
   * Shows a viewer the console, from the last `history` bytes on.
   *
   * @returns how to let go
   * @throws CONSOLE_TAKEN when someone writes exclusively, or others write and it wants to alone
   */
  attach(viewer: Viewer, mode: ConsoleMode, history: number): () => void {
    const modes = [...this.#viewers.values()];
    if (mode !== "watch" && modes.includes("exclusive"))
      throw labError("CONSOLE_TAKEN", { node: this.#node, how: "someone writes on it alone" });
    if (mode === "exclusive" && modes.includes("write"))
      throw labError("CONSOLE_TAKEN", { node: this.#node, how: "someone writes on it already" });
    this.#viewers.set(viewer, mode);
    viewer.tell(this.state);
    if (history > 0) {
      const past = Buffer.concat(this.#history);
      if (past.length > 0) viewer.show(past.subarray(Math.max(0, past.length - history)));
    }
    return () => {
      this.#viewers.delete(viewer);
      this.#sizes.delete(viewer);
      if (this.#typist === viewer) this.#typist = undefined;
    };
  }

  /** The viewer's window has this size: the terminal gets it when it is the viewer who types. */
  resize(viewer: Viewer, size: TerminalSize): void {
    this.#sizes.set(viewer, size);
    if (this.#viewers.get(viewer) !== "watch" && (this.#typist ?? viewer) === viewer) this.#fit(size);
  }

  /**
   * Types on the console. What is typed while the machine is off is lost.
   *
   * @returns false when the machine is behind: more after `drained`
   */
  type(viewer: Viewer, data: Buffer): boolean {
    if (this.#viewers.get(viewer) === "watch" || this.#line === undefined || this.#line.destroyed) return true;
    this.#typist = viewer;
    this.#fit(this.#sizes.get(viewer));
    return this.#line.write(data);
  }

  async drained(): Promise<void> {
    const line = this.#line;
    if (line === undefined || line.destroyed || !line.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      line.once("drain", resolve);
      line.once("close", resolve);
    });
  }

  #fit(size: TerminalSize | undefined): void {
    if (size === undefined || (size.columns === this.#size?.columns && size.rows === this.#size.rows)) return;
    this.#size = size;
    this.#line?.resize?.(size);
  }

  #gather(line: ConsoleLine, data: Buffer): void {
    this.#gathered.push(data);
    this.#gatheredLength += data.length;
    const dueMs = this.#passedAt + gatherMs - performance.now();
    if (dueMs <= 0 || this.#gatheredLength >= gatherBytes) this.#pass(line);
    else this.#timer ??= setTimeout(() => this.#pass(line), dueMs);
  }

  #pass(line: ConsoleLine): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#passedAt = performance.now();
    const data = Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#gatheredLength = 0;
    if (data.length > 0) this.#receive(line, data);
  }

  #receive(line: ConsoleLine, data: Buffer): void {
    this.#remember(data);
    this.#text.push(data);
    const hasRoom = this.#log.write("stdout", data);
    for (const viewer of this.#viewers.keys()) viewer.show(data);
    const isSlow = this.#slowViewers.length > 0;
    if (hasRoom && !isSlow) return;
    line.pause();
    void Promise.all([hasRoom ? undefined : this.#log.drained(), this.#patience()]).then(() => line.resume());
  }

  async #patience(): Promise<void> {
    const until = Date.now() + patienceMs;
    while (this.#slowViewers.length > 0 && Date.now() < until) await pause(lookMs);
    for (const viewer of this.#slowViewers) {
      this.#viewers.delete(viewer);
      viewer.drop("it did not keep up");
    }
  }

  get #slowViewers(): readonly Viewer[] {
    return [...this.#viewers.keys()].filter((viewer) => viewer.backlog > viewerBacklogBytes);
  }

  #remember(data: Buffer): void {
    this.#history.push(data);
    this.#historyLength += data.length;
    while (this.#historyLength > historyBytes) {
      const [first] = this.#history;
      if (first === undefined) return;
      this.#history.shift();
      this.#historyLength -= first.length;
    }
  }
}
