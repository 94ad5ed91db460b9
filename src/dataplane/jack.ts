import {
  KernelError,
  longestFrameBytes,
  PacketRing,
  type PacketRingOptions,
  ringFrame,
  type SendBatch,
  tagRoomBytes,
  vnetHeaderBytes,
  type WallClock,
  waitWritable,
} from "../kernel/index.ts";
import type { Direction } from "./direction.ts";

/** Takes note of frames at a jack. */
export type Tap = {
  /**
   * @param start of the frame in the process's memory, without vnet header
   * @param timeMs of `performance.now()`
   * @param toNode whether it goes to the node; otherwise it comes from there
   */
  capture(start: number, length: number, timeMs: number, toNode: boolean): void;
};

/** Frames that a jack took, and their bytes without vnet headers. */
export type Sent = { frames: number; bytes: number };

/** Places for frames that are too long for the ring, used in turn. A multiple of 64 bytes each. */
export const longPlaces = 16;
export const longPlaceBytes = Math.ceil((tagRoomBytes + longestFrameBytes) / 64) * 64;

/** How many frames one jack is read before the others have their turn. */
const mostFramesAtOnce = 256;
/** How long to wait for a node that does not take frames as fast as they come. */
const patienceMs = 1;

const EINTR = 4;
const ENXIO = 6;
const EBADF = 9;
const EAGAIN = 11;
const EFAULT = 14;
const ENODEV = 19;
const ENOTSOCK = 88;
const ENETDOWN = 100;

/** A jack on a wire: what its node sends is received here, and what goes to its node is sent. */
export class Jack {
  readonly ifindex: number;
  readonly #ring: PacketRing;
  readonly #clock: WallClock;
  readonly #longPlacesAt: number;
  #longPlace = 0;
  /** Where frames from the node go. */
  #out: Direction | undefined;
  /** Before this nothing that is still unread can have come. */
  #notBeforeMs = 0;
  #patient = true;
  readonly #sent: Sent = { frames: 0, bytes: 0 };
  /** Messages of the batch that were not taken. */
  readonly #refused = new Set<number>();
  #taps: readonly Tap[] = [];

  /**
   * @param longPlacesAt where in the memory `longPlaces` places of `longPlaceBytes` are
   * @throws {KernelError} see PacketRing
   */
  constructor(options: PacketRingOptions, clock: WallClock, longPlacesAt: number) {
    this.ifindex = options.ifindex;
    this.#ring = new PacketRing(options);
    this.#clock = clock;
    this.#longPlacesAt = longPlacesAt;
  }

  get fd(): number {
    return this.#ring.fd;
  }

  plugInto(out: Direction): void {
    this.#out = out;
  }

  set taps(taps: readonly Tap[]) {
    this.#taps = taps;
  }

  get isCaptured(): boolean {
    return this.#taps.length > 0;
  }

  /** @param start of the vnet header */
  captureIncoming(start: number, length: number, arrivalMs: number): void {
    for (const tap of this.#taps) tap.capture(start + vnetHeaderBytes, length - vnetHeaderBytes, arrivalMs, false);
  }

  /**
   * Reads what has come and passes it on.
   *
   * @param nowMs when it was found that something has come
   * @param beforeMs when that was looked for the last time before
   * @returns the time of the last frame read when there may be more; undefined when there is none
   */
  drain(nowMs: number, beforeMs: number): number | undefined {
    const ring = this.#ring;
    const out = this.#out as Direction;
    let arrivalMs = Math.max(this.#notBeforeMs, 0);
    let presentMs = nowMs;
    for (let count = 0; count < mostFramesAtOnce; count++) {
      const found = ring.next();
      if (found === ringFrame.none) {
        if (count === 0) ring.takeError();
        this.#finish(out);
        this.#notBeforeMs = beforeMs;
        return undefined;
      }
      if (found === ringFrame.lost) continue;
      if (found === ringFrame.long && !this.#fetchLong(out)) continue;
      // The time of day may have been set in between; frames come one after the other, and not in the future.
      const stampMs = this.#clock.toMonotonicMs(ring.seconds, ring.nanoseconds);
      // This one came while those before it were taken in.
      if (stampMs > presentMs) presentMs = performance.now();
      arrivalMs = Math.max(arrivalMs, Math.min(presentMs, stampMs));
      out.receive(ring.start, ring.length, arrivalMs);
      if (ring.isCrowded) this.#finish(out);
    }
    this.#finish(out);
    this.#notBeforeMs = arrivalMs;
    return arrivalMs;
  }

  /** Sends a batch. @returns what was taken; the object is used again */
  send(batch: SendBatch): Sent {
    if (this.#refused.size > 0) this.#refused.clear();
    // Before: a node may have answered by the time the kernel is done with sending.
    const sentMs = this.isCaptured ? performance.now() : 0;
    for (let first = 0; first < batch.messages; ) {
      const taken = batch.send(this.#ring.fd, first);
      if (taken > 0) {
        first += taken;
        this.#patient = true;
        continue;
      }
      if (taken === -EINTR) continue;
      if (taken === -EAGAIN && this.#patient) {
        this.#patient = waitWritable(this.#ring.fd, patienceMs);
        if (this.#patient) continue;
      }
      first = this.#refuse(batch, first, -taken);
    }
    return this.#tally(batch, sentMs);
  }

  /** How many frames came and were not received, so far. */
  overruns(): number {
    return this.#ring.overruns();
  }

  /** Lets go of the memory; the socket is the caller's to close. */
  unmap(): void {
    this.#ring.unmap();
  }

  /** @returns from which message on to go on */
  #refuse(batch: SendBatch, first: number, errno: number): number {
    switch (errno) {
      // The node does not keep up, or the jack is down or gone: the same for all that is left.
      case EAGAIN:
      case ENETDOWN:
      case ENXIO:
      case ENODEV:
        for (let message = first; message < batch.messages; message++) this.#refused.add(message);
        return batch.messages;
      case EBADF:
      case EFAULT:
      case ENOTSOCK:
        throw new KernelError(`send from interface ${this.ifindex}`, errno);
      // This one: the node's queue was full just then (ENOBUFS), it is longer than the MTU (EMSGSIZE),
      // or what its vnet header says cannot be (EINVAL, ENOMEM).
      default:
        this.#refused.add(first);
        return first + 1;
    }
  }

  /** Counts what was taken, and shows it to the taps. */
  #tally(batch: SendBatch, sentMs: number): Sent {
    const sent = this.#sent;
    sent.frames = 0;
    sent.bytes = 0;
    const taps = this.#taps;
    for (let frame = 0; frame < batch.frames; frame++) {
      if (this.#refused.size > 0 && this.#refused.has(batch.messageOf(frame))) continue;
      const length = batch.lengthOf(frame) - vnetHeaderBytes;
      sent.frames++;
      sent.bytes += length;
      for (const tap of taps) tap.capture(batch.startOf(frame) + vnetHeaderBytes, length, sentMs, true);
    }
    return sent;
  }

  #fetchLong(out: Direction): boolean {
    // Those passed on as they are lie there until they are sent.
    if (this.#longPlace === longPlaces) out.flush();
    this.#longPlace = (this.#longPlace % longPlaces) + 1;
    return this.#ring.fetch(this.#longPlacesAt + (this.#longPlace - 1) * longPlaceBytes);
  }

  #finish(out: Direction): void {
    out.flush();
    this.#ring.release();
  }
}
