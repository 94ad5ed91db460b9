import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { PcapngBlocks } from "../../api/index.ts";
import { openPipe, widenPipe } from "../../kernel/index.ts";

/** So much the wire process may be ahead of the reader without keeping it itself. */
const pipeBytes = 1 << 20;

/**
 * A capture on its way to one reader: through a pipe from the wire process, and through another when that
 * process had to be started again. Only whole blocks get to the reader.
 */
export class CaptureStream {
  readonly #blocks = new PcapngBlocks();
  readonly #pipes: Socket[] = [];
  readonly #read = Promise.withResolvers<void>();
  #wake = Promise.withResolvers<void>();
  #isFinished = false;
  #isTaken = false;
  #isDropped = false;

  /** Resolves when the reader has all of it, or has gone. */
  get read(): Promise<void> {
    return this.#read.promise;
  }

  /** Whether it is too late to read it. */
  get isTaken(): boolean {
    return this.#isTaken || this.#isDropped;
  }

  /** Frames that the reader got, by the number of their interface. */
  get frames(): readonly number[] {
    return this.#blocks.frames;
  }

  /**
   * Lets a writer open the stream.
   *
   * @param write gets the path to open, and says whether it did; nobody else can once it has returned
   */
  async connect(write: (path: string) => Promise<boolean>): Promise<boolean> {
    const { readFd, writeFd } = openPipe();
    widenPipe(writeFd, pipeBytes);
    const pipe = new Socket({ fd: readFd, readable: true, writable: false });
    pipe.on("error", () => pipe.destroy());
    let isWritten: boolean;
    try {
      isWritten = await write(`/proc/${process.pid}/fd/${writeFd}`);
    } catch (error) {
      pipe.destroy();
      throw error;
    } finally {
      closeSync(writeFd);
    }
    if (this.#isDropped) pipe.destroy();
    else this.#pipes.push(pipe);
    this.#changed();
    return isWritten;
  }

  /** Nothing comes after what is on its way. */
  finish(): void {
    this.#isFinished = true;
    this.#changed();
  }

  /** Nobody will read it. */
  drop(): void {
    this.#isFinished = true;
    this.#isDropped = true;
    for (const pipe of this.#pipes) pipe.destroy();
    this.#read.resolve();
    this.#changed();
  }

  /**
   * Everything, in whole blocks, at the pace of the reader. Once.
   *
   * @param signal the reader has gone
   */
  async *blocks(signal: AbortSignal): AsyncGenerator<Buffer> {
    this.#isTaken = true;
    const abort = () => this.drop();
    signal.addEventListener("abort", abort, { once: true });
    try {
      while (!signal.aborted) {
        const pipe = this.#pipes[0];
        if (pipe === undefined && this.#isFinished) break;
        if (pipe === undefined) {
          await this.#wake.promise;
          continue;
        }
        for await (const piece of pipe as AsyncIterable<Buffer>) {
          const whole = this.#blocks.push(piece);
          if (whole.length > 0) yield whole;
        }
        this.#blocks.breakOff();
        this.#pipes.shift();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener("abort", abort);
      this.drop();
    }
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}
