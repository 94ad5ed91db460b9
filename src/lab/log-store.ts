import { createWriteStream, openSync, type WriteStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { LogLine } from "../api/index.ts";
import { LineSplitter } from "./line-splitter.ts";

export type LogSource = { readonly source: string; readonly node?: string };
export type LogFilter = (line: LogLine) => boolean;

/** Where one program's output goes. `write` answers false when the disk is behind: stop reading until `drained`. */
export type LogSink = {
  write(stream: LogLine["stream"], data: Buffer): boolean;
  drained(): Promise<void>;
  /** The newest lines, for error messages. */
  lastLines(): readonly string[];
  /** Calls `listener` with every whole line to come. */
  onLine(listener: (text: string) => void): () => void;
  /** Ends a line that has no newline. */
  flush(): void;
};

const lastLinesKept = 10;
const readChunkBytes = 64 * 1024;

/**
 * The output of every program of the lab: one file in order of arrival (`output.ndjson`, a LogLine a
 * line) for `logs`, and one file of raw bytes per source for people. Readers follow the file by
 * offset, so that a slow one costs no memory.
 */
export class LogStore {
  readonly directory: string;
  readonly #merged: WriteStream;
  readonly #raw = new Map<string, WriteStream>();
  readonly #growth = new Set<() => void>();
  #flushed = 0;
  #closed = false;

  constructor(directory: string) {
    this.directory = directory;
    // Opened now: a reader may come before the first line.
    this.#merged = createWriteStream("", { fd: openSync(`${directory}/output.ndjson`, "w") });
  }

  /** The programs that have written, or may. */
  get sources(): readonly string[] {
    return [...this.#raw.keys()];
  }

  hasSource(source: string): boolean {
    return this.#raw.has(source);
  }

  sink(from: LogSource): LogSink {
    const raw = this.#rawFile(from.source);
    const last: string[] = [];
    const listeners = new Set<(text: string) => void>();
    const emit = (stream: LogLine["stream"]) => (text: string) => {
      last.push(text);
      if (last.length > lastLinesKept) last.shift();
      this.#append({ at: new Date().toISOString(), ...from, stream, text });
      for (const listener of listeners) listener(text);
    };
    const splitters = { stdout: new LineSplitter(emit("stdout")), stderr: new LineSplitter(emit("stderr")) };
    return {
      write: (stream, data) => {
        const room = raw.write(data);
        splitters[stream].push(data);
        return room && !this.#merged.writableNeedDrain;
      },
      drained: async () => {
        for (const file of [raw, this.#merged]) {
          if (file.writableNeedDrain) await new Promise<void>((resolve) => file.once("drain", resolve));
        }
      },
      lastLines: () => [...last],
      onLine: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      flush: () => {
        splitters.stdout.end();
        splitters.stderr.end();
      },
    };
  }

  /** Lines that are there, the newest `tail` of them when given; with `follow`, also those to come until `signal` aborts or the store closes. */
  async *read(
    filter: LogFilter,
    options: { follow: boolean; tail?: number; signal: AbortSignal },
  ): AsyncGenerator<LogLine> {
    await using file = await open(`${this.directory}/output.ndjson`, "r");
    const reader = { offset: 0, rest: "" };
    const newest: LogLine[] = [];
    for await (const line of this.#linesUpTo(file, reader, this.#flushed)) {
      if (!filter(line)) continue;
      if (options.tail === undefined) yield line;
      else if (options.tail > 0) {
        newest.push(line);
        if (newest.length > options.tail) newest.shift();
      }
    }
    yield* newest;
    while (options.follow && !options.signal.aborted) {
      if (reader.offset >= this.#flushed) {
        if (this.#closed) return;
        await this.#grown(options.signal);
      }
      for await (const line of this.#linesUpTo(file, reader, this.#flushed)) if (filter(line)) yield line;
    }
  }

  /** Resolves when everything written so far is in the files. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(
      [this.#merged, ...this.#raw.values()].map((file) => new Promise<void>((resolve) => file.end(() => resolve()))),
    );
    this.#wake();
  }

  #rawFile(source: string): WriteStream {
    const known = this.#raw.get(source);
    if (known !== undefined) return known;
    const file = createWriteStream(`${this.directory}/${source}.log`, { flags: "w" });
    this.#raw.set(source, file);
    return file;
  }

  #append(line: LogLine): void {
    const text = Buffer.from(`${JSON.stringify(line)}\n`);
    this.#merged.write(text, () => {
      this.#flushed += text.length;
      this.#wake();
    });
  }

  async *#linesUpTo(file: FileHandle, reader: { offset: number; rest: string }, end: number): AsyncGenerator<LogLine> {
    const chunk = Buffer.alloc(readChunkBytes);
    const decoder = new TextDecoder();
    while (reader.offset < end) {
      const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, end - reader.offset), reader.offset);
      if (bytesRead === 0) return;
      reader.offset += bytesRead;
      const lines = (reader.rest + decoder.decode(chunk.subarray(0, bytesRead), { stream: true })).split("\n");
      reader.rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line) as LogLine;
    }
  }

  async #grown(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#growth.add(wake);
    signal.addEventListener("abort", wake, { once: true });
    await promise;
    this.#growth.delete(wake);
    signal.removeEventListener("abort", wake);
  }

  #wake(): void {
    for (const wake of [...this.#growth]) wake();
  }
}
