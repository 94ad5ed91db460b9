import { KernelError } from "../../src/kernel/errno.ts";
import { addressOf, lastErrno, libc, pinned } from "../../src/kernel/libc.ts";

const EAGAIN = 11;
const ENOBUFS = 105;
/** struct mmsghdr: a struct msghdr of 56 bytes, a length, padding. */
const mmsghdrBytes = 64;
const iovecBytes = 16;
const framesPerCall = 256;

/** Sends one frame over and over from a packet socket. Blocks the thread. */
export class FrameSender {
  readonly #fd: number;
  readonly #messages = pinned(framesPerCall * mmsghdrBytes);
  /** What the messages point to. */
  readonly #memory: readonly Uint8Array[];

  constructor(socketFd: number, frame: Uint8Array) {
    this.#fd = socketFd;
    const memory = pinned(frame.length);
    memory.set(frame);
    const vectors = pinned(framesPerCall * iovecBytes);
    this.#memory = [memory, vectors];
    for (let index = 0; index < framesPerCall; index++) {
      vectors.writeBigUInt64LE(addressOf(memory), index * iovecBytes);
      vectors.writeBigUInt64LE(BigInt(frame.length), index * iovecBytes + 8);
      this.#messages.writeBigUInt64LE(addressOf(vectors) + BigInt(index * iovecBytes), index * mmsghdrBytes + 16);
      this.#messages.writeBigUInt64LE(1n, index * mmsghdrBytes + 24);
    }
  }

  /** @returns how many the kernel took of so many, at most 256 */
  send(count: number): number {
    const taken = libc.sendmmsg(this.#fd, this.#messages, Math.min(count, framesPerCall), 0);
    if (taken >= 0) return taken;
    if (this.#memory.length > 0 && (lastErrno() === EAGAIN || lastErrno() === ENOBUFS)) return 0;
    throw new KernelError("sendmmsg", lastErrno());
  }
}

/**
 * Sends `frame` as fast as one thread can, for `durationMs`.
 *
 * @returns how many the kernel took
 */
export function flood(socketFd: number, frame: Uint8Array, durationMs: number): number {
  const sender = new FrameSender(socketFd, frame);
  let sent = 0;
  for (const end = performance.now() + durationMs; performance.now() < end; ) sent += sender.send(framesPerCall);
  return sent;
}
