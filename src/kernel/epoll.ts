import { closeSync } from "node:fs";
import { EINTR, KernelError } from "./errno.ts";
import { hotCalls } from "./hot-calls.ts";
import { addressOf, check, lastErrno, pinned } from "./libc.ts";

/** epoll_ctl(2), sys/epoll.h. */
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
const EPOLLOUT = 4;
const POLLIN = 1;

const mostEvents = 256;
/** struct epoll_event is packed on x86-64, and nowhere else: the data follows the events at once, or aligned. */
const dataOffset = process.arch === "x64" ? 4 : 8;
const eventBytes = dataOffset + 8;

/** Many file descriptors, waited for at once; the thread blocks. Waits end to the nanosecond where the thread's timer slack lets them. */
export class Epoll {
  readonly #fd: number;
  readonly #events = pinned(mostEvents * eventBytes);
  readonly #eventsAddress = Number(addressOf(this.#events));
  readonly #pollfd = pinned(8);
  readonly #pollfdAddress = Number(addressOf(this.#pollfd));
  readonly #timeout = pinned(16);
  readonly #timeoutWords = new Uint32Array(this.#timeout.buffer);
  readonly #timeoutAddress = Number(addressOf(this.#timeout));
  readonly #change = pinned(16);
  readonly #changeAddress = Number(addressOf(this.#change));
  /** Of each ready file descriptor the last `wait` found, what `add` was given. */
  readonly ready = new Int32Array(mostEvents);

  constructor() {
    this.#fd = check("epoll_create1", hotCalls.epollCreate(EPOLL_CLOEXEC));
    this.#pollfd.writeInt32LE(this.#fd, 0);
    this.#pollfd.writeInt16LE(POLLIN, 4);
  }

  /** @param token comes back in `ready` when there is something to read, or the file has failed */
  add(fd: number, token: number): void {
    this.#control("add", EPOLL_CTL_ADD, fd, EPOLLIN, token);
  }

  /** Whether to wait for room to write, too. */
  watchWritable(fd: number, token: number, on: boolean): void {
    this.#control("mod", EPOLL_CTL_MOD, fd, on ? EPOLLIN | EPOLLOUT : EPOLLIN, token);
  }

  remove(fd: number): void {
    this.#control("del", EPOLL_CTL_DEL, fd, 0, 0);
  }

  /**
   * Waits until something is ready, at most `timeoutMs`: 0 does not wait, Infinity does for ever.
   *
   * @returns how many of `ready` are filled
   */
  wait(timeoutMs: number): number {
    // The epoll file is itself readable when something in it is; ppoll(2) takes nanoseconds where
    // epoll_wait(2) takes milliseconds, and epoll_pwait2(2) is not everywhere.
    if (timeoutMs > 0) this.#sleep(timeoutMs);
    const count = hotCalls.epollWait(this.#fd, this.#eventsAddress, mostEvents, 0);
    if (count < 0) {
      const errno = lastErrno();
      if (errno === EINTR) return 0;
      throw new KernelError("epoll_wait", errno);
    }
    for (let index = 0; index < count; index++)
      this.ready[index] = this.#events.readInt32LE(index * eventBytes + dataOffset);
    return count;
  }

  close(): void {
    closeSync(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #sleep(timeoutMs: number): void {
    let timeout = 0;
    if (timeoutMs !== Infinity) {
      const seconds = Math.floor(timeoutMs / 1000);
      this.#timeoutWords[0] = seconds;
      this.#timeoutWords[2] = Math.min(999_999_999, Math.ceil((timeoutMs - seconds * 1000) * 1e6));
      timeout = this.#timeoutAddress;
    }
    const ready = hotCalls.ppoll(this.#pollfdAddress, 1, timeout, 0);
    if (ready >= 0) return;
    const errno = lastErrno();
    if (errno !== EINTR) throw new KernelError("ppoll", errno);
  }

  #control(name: string, operation: number, fd: number, events: number, token: number): void {
    this.#change.writeUInt32LE(events, 0);
    this.#change.writeInt32LE(token, dataOffset);
    check(`epoll_ctl ${name}`, hotCalls.epollControl(this.#fd, operation, fd, this.#changeAddress));
  }
}
