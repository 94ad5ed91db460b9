import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import type { Epoll } from "../../kernel/index.ts";
import type { CaptureSpec } from "../contract.ts";
import { ProblemError } from "../problem.ts";

/** How much waits for a reader that does not keep up before frames are dropped: a third of a second of 50,000 long frames a second. */
const mostBacklogBytes = 24 * 1024 * 1024;

/** Where a capture goes: a file, which takes everything at once, or a stream, which takes what its reader has room for. */
export class CaptureOutput {
  readonly #fd: number;
  readonly #epoll: Epoll;
  readonly #token: number;
  readonly #isFile: boolean;
  #backlog: Buffer[] = [];
  #backlogBytes = 0;
  #isWatched = false;
  #isOpen = true;
  /** What went wrong: the code of the error; `EPIPE` when the reader has gone. */
  failure: string | undefined;
  /** Bytes written, or waiting to be. */
  bytes = 0;

  /**
   * @param append keeps a file that exists, and writes at its end
   * @param token by which the epoll knows it
   * @throws the error of open(2), as Node gives it; ENXIO for a pipe that nobody reads
   */
  constructor({ path, append = false }: { path: string; append?: boolean }, epoll: Epoll, token: number) {
    const { O_WRONLY, O_CREAT, O_NONBLOCK, O_APPEND, O_TRUNC } = constants;
    const flags = O_WRONLY | O_CREAT | O_NONBLOCK | (append ? O_APPEND : O_TRUNC);
    this.#fd = openSync(path, flags, 0o644);
    this.#epoll = epoll;
    this.#token = token;
    this.#isFile = fstatSync(this.#fd).isFile();
    // A stream whose reader goes away says so; a file cannot be watched and need not be.
    if (!this.#isFile) epoll.add(this.#fd, token);
  }

  /** Whether there is room. Ask before what may be left out; what has begun must be finished. */
  get hasRoom(): boolean {
    return this.#backlogBytes < mostBacklogBytes;
  }

  /** Whether everything was written, or never will be. */
  get isDone(): boolean {
    return this.#backlog.length === 0 || this.failure !== undefined;
  }

  /** @param data its own: it is kept */
  write(data: Buffer): void {
    if (this.failure !== undefined || data.length === 0) return;
    this.bytes += data.length;
    this.#backlog.push(data);
    this.#backlogBytes += data.length;
    this.flush();
  }

  /** Writes what there is room for. */
  flush(): void {
    while (this.failure === undefined) {
      const data = this.#backlog[0];
      if (data === undefined) break;
      const written = this.#tryWrite(data);
      if (written === undefined) break;
      this.#backlogBytes -= written;
      if (written < data.length) this.#backlog[0] = data.subarray(written);
      else this.#backlog.shift();
    }
    this.#watch(!this.isDone);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (!this.#isFile) this.#epoll.remove(this.#fd);
    closeSync(this.#fd);
  }

  /** @returns how much was; undefined when there is no room now */
  #tryWrite(data: Buffer): number | undefined {
    try {
      return writeSync(this.#fd, data);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      if (code === "EAGAIN") return undefined;
      this.failure = code;
      return undefined;
    }
  }

  #watch(on: boolean): void {
    if (this.#isFile || on === this.#isWatched || !this.#isOpen) return;
    this.#epoll.watchWritable(this.#fd, this.#token, on);
    this.#isWatched = on;
  }
}

/** @throws {ProblemError} capture-unwritable */
export function openOutput(spec: CaptureSpec, epoll: Epoll, token: number): CaptureOutput {
  const { id, path } = spec;
  try {
    return new CaptureOutput(spec, epoll, token);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ProblemError("capture-unwritable", `${path} cannot be written: ${code}`, id);
  }
}
