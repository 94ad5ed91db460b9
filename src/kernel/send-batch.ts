import type { FrameMemory } from "./frame-memory.ts";
import { hotCalls } from "./hot-calls.ts";
import { addressOf, lastErrno, pinned } from "./libc.ts";

const MSG_DONTWAIT = 0x40;
const vectorBytes = 16;
/** struct mmsghdr: a struct msghdr of 56 bytes, a length, padding. */
const messageBytes = 64;
const words32 = 4_294_967_296;

/**
 * Frames of one memory on their way out of one socket, sent together (sendmmsg(2)). A message is what
 * the kernel takes as one: a frame, or several coupled ones that make a super-frame.
 */
export class SendBatch {
  /** The most frames it holds. */
  readonly capacity: number;
  frames = 0;
  messages = 0;
  readonly #memoryAddress: number;
  readonly #vectors: Uint32Array;
  readonly #vectorsAddress: number;
  readonly #headers: Uint32Array;
  readonly #headersAddress: number;
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  readonly #messageOf: Int32Array;

  constructor(memory: FrameMemory, capacity: number) {
    this.capacity = capacity;
    this.#memoryAddress = memory.address;
    this.#starts = new Int32Array(capacity);
    this.#lengths = new Int32Array(capacity);
    this.#messageOf = new Int32Array(capacity);
    const vectors = pinned(capacity * vectorBytes);
    this.#vectors = new Uint32Array(vectors.buffer);
    this.#vectorsAddress = Number(addressOf(vectors));
    const headers = pinned(capacity * messageBytes);
    this.#headers = new Uint32Array(headers.buffer);
    this.#headersAddress = Number(addressOf(headers));
  }

  /** Adds a frame, as a message of its own. @param start in the memory; the bytes there must stay until they are sent */
  push(start: number, length: number): void {
    // struct msghdr: name and its length, vector and its length, control and its length, 64 bits each, flags.
    const at = (this.messages++ * messageBytes) >> 2;
    const vector = this.#vectorsAddress + this.frames * vectorBytes;
    this.#headers[at + 4] = vector % words32;
    this.#headers[at + 5] = vector / words32;
    this.#headers[at + 6] = 1;
    this.#addFrame(start, length, 0);
  }

  /** Adds a frame to the last message, without its first `skip` bytes. */
  couple(start: number, length: number, skip: number): void {
    const at = ((this.messages - 1) * messageBytes) >> 2;
    this.#headers[at + 6] = (this.#headers[at + 6] as number) + 1;
    this.#addFrame(start, length, skip);
  }

  startOf(frame: number): number {
    return this.#starts[frame] as number;
  }

  lengthOf(frame: number): number {
    return this.#lengths[frame] as number;
  }

  messageOf(frame: number): number {
    return this.#messageOf[frame] as number;
  }

  clear(): void {
    this.frames = 0;
    this.messages = 0;
  }

  /**
   * Sends from the message `first` on, without blocking.
   *
   * @returns how many messages were taken; or, when not even the first was, the error number made negative
   */
  send(fd: number, first: number): number {
    const address = this.#headersAddress + first * messageBytes;
    const sent = hotCalls.sendmmsg(fd, address, this.messages - first, MSG_DONTWAIT);
    return sent >= 0 ? sent : -lastErrno();
  }

  #addFrame(start: number, length: number, skip: number): void {
    const frame = this.frames++;
    this.#starts[frame] = start;
    this.#lengths[frame] = length;
    this.#messageOf[frame] = this.messages - 1;
    // struct iovec: base and length, 64 bits each.
    const address = this.#memoryAddress + start + skip;
    const at = frame << 2;
    this.#vectors[at] = address % words32;
    this.#vectors[at + 1] = address / words32;
    this.#vectors[at + 2] = length - skip;
  }
}
