import { closeSync } from "node:fs";
import { EAGAIN, EINTR, KernelError } from "./errno.ts";
import { lastErrno } from "./libc.ts";
import { waitReadable } from "./poll.ts";

/** A file from which a whole frame comes with each read: a packet socket or a tap. */
export abstract class FrameFile {
  #fd: number;
  readonly #reading: string;

  /** @param reading for errors */
  protected constructor(fd: number, reading: string) {
    this.#fd = fd;
    this.#reading = reading;
  }

  /** One frame; undefined when there is none, and errno says why. */
  protected abstract takeFrame(): Buffer | undefined;

  /**
   * The next frame, in memory of its own.
   *
   * @param timeoutMs 0: only what is there
   * @returns undefined when none came in time
   * @throws {KernelError} ENETDOWN when the interface went down
   */
  receive(timeoutMs = 0): Buffer | undefined {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const frame = this.takeFrame();
      if (frame !== undefined) return frame;
      const errno = lastErrno();
      if (errno === EINTR) continue;
      if (errno !== EAGAIN) throw new KernelError(this.#reading, errno);
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || !waitReadable(this.#fd, leftMs)) return undefined;
    }
  }

  /** Not blocking; closed on exec; -1 after `close`, since its number may be another file's by then. */
  get fd(): number {
    return this.#fd;
  }

  close(): void {
    if (this.#fd === -1) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
