import { CaptureRing, type Epoll, type FrameMemory, type WallClock } from "../../kernel/index.ts";
import type { RingSpace } from "../frames/ring-space.ts";
import { ProblemError } from "../problem.ts";
import type { Capture } from "./capture.ts";

export type SourceOptions = {
  readonly capture: Capture;
  readonly interfaceNumber: number;
  /** See CaptureInterface. */
  readonly isPort: boolean;
  readonly ifindex: number;
  /** A socket with a ring of `captureRingBytes(…)`; not closed here. */
  readonly fd: number;
  readonly bytes: number;
  /** By which the epoll knows it. */
  readonly token: number;
  readonly memory: FrameMemory;
  readonly rings: RingSpace;
  readonly clock: WallClock;
  readonly epoll: Epoll;
};

/** Takes the frames of an interface that is not on a wire, with a packet socket. */
export class CaptureSource {
  readonly #options: SourceOptions;
  readonly #ring: CaptureRing;
  readonly #offset: number;

  /** @throws {KernelError} see CaptureRing. @throws {ProblemError} too-many-jacks */
  constructor(options: SourceOptions) {
    const { fd, ifindex, bytes, memory, rings, epoll, token } = options;
    this.#options = options;
    const offset = rings.take(bytes);
    if (offset === undefined) throw new ProblemError("too-many-jacks", "there is no memory left for a capture's ring");
    this.#offset = offset;
    try {
      this.#ring = new CaptureRing({ fd, ifindex, memory, offset, bytes });
    } catch (error) {
      rings.give(offset, bytes);
      throw error;
    }
    epoll.add(fd, token);
  }

  get fd(): number {
    return this.#options.fd;
  }

  get token(): number {
    return this.#options.token;
  }

  /** Hands over everything that has come. */
  drain(): void {
    const { capture, interfaceNumber, isPort, clock } = this.#options;
    const ring = this.#ring;
    let count = 0;
    for (; ring.next(); count++) {
      const { start, length, wholeLength, isOutgoing, seconds, nanoseconds } = ring;
      const timeMs = clock.toMonotonicMs(seconds, nanoseconds);
      // What the panel sends out of a jack comes in at the node.
      capture.take(interfaceNumber, start, length, wholeLength, isOutgoing !== isPort, timeMs, {
        seconds,
        nanoseconds,
      });
    }
    if (count === 0) ring.takeError();
  }

  drops(): number {
    return this.#ring.drops();
  }

  /** Lets go of everything but the socket, which is the caller's to close. */
  release(): void {
    const { epoll, rings, fd, bytes } = this.#options;
    epoll.remove(fd);
    this.#ring.unmap();
    rings.give(this.#offset, bytes);
  }
}
