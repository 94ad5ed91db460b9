import { EAGAIN, EINTR, KernelError } from "./errno.ts";
import { lastErrno, libc, pinned } from "./libc.ts";

const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EPIPE = 32;
const ECONNRESET = 104;
const chunkBytes = 65_536;

/**
 * A connected stream socket that this process was given as a file descriptor, for a thread that does
 * not return to Node's event loop. Never blocks; what cannot be sent yet is kept.
 */
export class StreamSocket {
  readonly fd: number;
  readonly #chunk = pinned(chunkBytes);
  #unsent: Buffer[] = [];

  constructor(fd: number) {
    this.fd = fd;
  }

  /**
   * What has come: empty when nothing has.
   *
   * @returns undefined when the other end has closed
   * @throws {KernelError} ENOTSOCK
   */
  read(): Buffer | undefined {
    const parts: Buffer[] = [];
    for (;;) {
      const length = libc.recv(this.fd, this.#chunk, chunkBytes, MSG_DONTWAIT);
      if (length > 0) parts.push(Buffer.from(this.#chunk.subarray(0, length)));
      else if (length === 0) return parts.length > 0 ? Buffer.concat(parts) : undefined;
      else {
        const errno = lastErrno();
        if (errno === ECONNRESET) return undefined;
        if (errno === EAGAIN) return Buffer.concat(parts);
        if (errno !== EINTR) throw new KernelError("recv", errno);
      }
    }
  }

  /** Sends, behind what could not be sent before. A socket whose other end has closed takes everything and sends nothing. */
  write(data: Buffer): void {
    this.#unsent.push(data);
    this.flush();
  }

  /** Sends what could not be sent before. */
  flush(): void {
    for (let data = this.#unsent.shift(); data !== undefined; data = this.#unsent.shift()) {
      const sent = libc.send(this.fd, data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < data.length) {
        const errno = sent < 0 ? lastErrno() : EAGAIN;
        if (errno === EPIPE || errno === ECONNRESET) {
          this.#unsent = [];
          return;
        }
        if (errno !== EAGAIN && errno !== EINTR) throw new KernelError("send", errno);
        this.#unsent.unshift(data.subarray(Math.max(0, sent)));
        if (errno === EAGAIN) return;
      }
    }
  }

  /** Whether something waits for room. */
  get isFull(): boolean {
    return this.#unsent.length > 0;
  }
}
