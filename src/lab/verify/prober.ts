import {
  attachFilter,
  Epoll,
  FrameMemory,
  inNamespaces,
  KernelError,
  type Namespace,
  openRing,
  PacketRing,
  type RingKind,
  ringBytes,
  ringFrame,
  SendBatch,
  setTimerSlack,
  tapHeaderBytes,
  vnetHeaderBytes,
  WallClock,
  writeTap,
} from "../../kernel/index.ts";
import { isCorrupted, longestProbeBytes, probeFilter, probeNumber, tagOf, writeProbe } from "./probe-frame.ts";

/**
 * Where one end of a link sends and receives: an interface in a network namespace. The end that is a
 * virtual machine is behind a tap: what it sends is written to the tap's file, and what goes to it is
 * seen as it leaves the tap.
 */
export type ProbePort = { readonly netns: Namespace; readonly ifindex: number; readonly tapFd?: number };

/** Frames to send in one direction: number n at a moment of its own. */
export type Sending = {
  readonly count: number;
  readonly bytes: number;
  /** In milliseconds from the beginning, ascending. */
  dueMs(number: number): number;
  /** From the beginning; what could not be sent by then is not sent. */
  readonly untilMs: number;
  /** How long to wait for what is still under way, after the last one was sent or came. */
  readonly quietMs: number;
  /** The same when each has come once: a second copy may still come. */
  readonly copiesMs: number;
  /**
   * Whether each counts: it is looked at bit by bit when it arrives, and sent by itself, since of several
   * together the kernel does not say which was dropped (sendmmsg(2)).
   */
  readonly eachCounts: boolean;
};

/** What came of it. Times are those of `performance.now()`. */
export type Sent = {
  readonly bytes: number;
  readonly sentMs: Float64Array;
  /** Of the first that arrived of each; Infinity: none did. */
  readonly arrivalMs: Float64Array;
  readonly copies: Uint8Array;
  readonly corrupted: number;
  /** In the order in which they arrived, copies too. */
  readonly order: readonly number[];
  /** Of each in `order`, when it arrived. */
  readonly orderMs: readonly number[];
  /** The longest that sending one took: so uncertain is when it was sent. */
  readonly worstSendMs: number;
  /** How many frames the probe itself missed. */
  readonly overruns: number;
};

const slots = 8192;
const ring = { kind: "link", slots } as const satisfies RingKind;
/** For any header in front of a frame. */
const headRoomBytes = 16;
const frameRoomBytes = Math.ceil((headRoomBytes + longestProbeBytes) / 64) * 64;
const framesPerBatch = 64;
const batchesPerTurn = 4;
const EINTR = 4;
const EIO = 5;
const EAGAIN = 11;
const ENETDOWN = 100;
const ENOBUFS = 105;
/** How long a full socket is left alone. */
const fullPauseMs = 0.5;
/** After this, what arrives has stopped long enough for the loop to look at other things. */
const longestWaitMs = 50;

type Tap = { readonly fd: number; readonly headerBytes: number };
type End = { readonly ring: PacketRing; readonly tap?: Tap };

/** Sends probe frames from either end of a link and sees what arrives at the other. Blocks its thread while it does. */
export class Prober {
  readonly #run: number;
  readonly #ends: readonly [End, End];
  readonly #memory: FrameMemory;
  readonly #batch: SendBatch;
  readonly #epoll = new Epoll();
  readonly #clock = new WallClock();
  readonly #scratch = new Uint8Array(longestProbeBytes);
  #phase = 0;

  private constructor(run: number, memory: FrameMemory, ends: readonly [End, End]) {
    this.#run = run;
    this.#memory = memory;
    this.#ends = ends;
    this.#batch = new SendBatch(memory, framesPerBatch);
    for (const [index, end] of ends.entries()) this.#epoll.add(end.ring.fd, index);
  }

  /**
   * @param run a number that no other run has: its frames are told by it
   * @throws {KernelError} when an end cannot be used
   */
  static async open(run: number, a: ProbePort, b: ProbePort): Promise<Prober> {
    setTimerSlack(1);
    const bytes = ringBytes(ring);
    const room = framesPerBatch * frameRoomBytes;
    const first = Math.ceil(room / 65_536) * 65_536;
    const memory = FrameMemory.reserve(first + 2 * bytes);
    const ends: End[] = [];
    for (const [index, { netns, ifindex, tapFd }] of [a, b].entries()) {
      const fd = await inNamespaces([netns], () => openRing({ ...ring, outgoing: tapFd !== undefined }));
      attachFilter(fd, probeFilter(run));
      ends.push({
        ring: new PacketRing({ fd, slots, ifindex, memory, offset: first + index * bytes }),
        ...(tapFd === undefined ? {} : { tap: { fd: tapFd, headerBytes: tapHeaderBytes(tapFd) } }),
      });
    }
    return new Prober(run, memory, ends as [End, End]);
  }

  /**
   * Sends in the directions given, at the same time: `ab` from end a to end b.
   *
   * @param progress called now and then, with the share that is done
   * @throws {KernelError} ENETDOWN for an end that is down
   */
  exchange(
    sendings: readonly [Sending | undefined, Sending | undefined],
    progress: (share: number) => void,
  ): readonly [Sent | undefined, Sent | undefined] {
    const phase = this.#phase++;
    const flows = sendings.map((sending, direction) =>
      sending === undefined
        ? undefined
        : new Flow(sending, tagOf(this.#run, phase, direction as 0 | 1), this.#overrunsAt(direction)),
    );
    const startMs = performance.now();
    let toldMs = startMs;
    for (;;) {
      const nowMs = this.#clock.read();
      for (const [direction, flow] of flows.entries()) {
        if (flow === undefined) continue;
        this.#send(flow, this.#ends[direction as 0 | 1], startMs);
        this.#receive(flow, (this.#ends[1 - direction] as End).ring, nowMs);
      }
      const open = flows.filter((flow) => flow !== undefined && !flow.isOver(performance.now()));
      if (open.length === 0) break;
      if (nowMs - toldMs > 200) {
        toldMs = nowMs;
        progress(Math.min(...flows.map((flow) => flow?.share ?? 1)));
      }
      const nextMs = Math.min(...flows.map((flow) => flow?.nextMs(startMs) ?? Infinity));
      const waitMs = Math.min(longestWaitMs, nextMs - performance.now());
      if (waitMs > 0) this.#epoll.wait(waitMs);
    }
    return flows.map((flow, direction) => flow?.result(this.#overrunsAt(direction))) as [
      Sent | undefined,
      Sent | undefined,
    ];
  }

  /** Those of the end that receives in this direction. */
  #overrunsAt(direction: number): number {
    return (this.#ends[1 - direction] as End).ring.overruns();
  }

  #send(flow: Flow, from: End, startMs: number): void {
    const { sending, sentMs, tag } = flow;
    const batch = this.#batch;
    // What arrives has its turn again soon, however far behind the sender is.
    for (let turn = 0; turn < batchesPerTurn; turn++) {
      const nowMs = performance.now();
      batch.clear();
      const first = flow.next;
      if (nowMs > startMs + sending.untilMs) flow.giveUp();
      const most = sending.eachCounts ? 1 : framesPerBatch;
      while (batch.frames < most && first + batch.frames < flow.count) {
        const number = first + batch.frames;
        if (Math.max(flow.notBeforeMs, startMs + sending.dueMs(number)) > nowMs) break;
        const at = batch.frames * frameRoomBytes + headRoomBytes;
        // A header of zeros: a frame as it is, with nothing left to do.
        this.#memory.u8.fill(0, at - headRoomBytes, at);
        writeProbe(this.#memory.u8, at, sending.bytes, tag, number);
        batch.push(at - vnetHeaderBytes, vnetHeaderBytes + sending.bytes);
      }
      if (batch.frames === 0) return;
      const beforeMs = performance.now();
      let taken = from.tap === undefined ? batch.send(from.ring.fd, 0) : this.#sendBy(from.tap);
      const afterMs = performance.now();
      if (taken === -EINTR) continue;
      if (taken === -EAGAIN) {
        // Frames of this socket are held on their way: this one's time comes later.
        flow.notBeforeMs = afterMs + fullPauseMs;
        return;
      }
      // Dropped on the way, by a queue that is full or a filter: sent, and lost.
      if (taken === -ENOBUFS) taken = 1;
      if (taken < 0) {
        throw new KernelError(
          "send a probe frame",
          -taken,
          -taken === ENETDOWN || -taken === EIO ? "the link is down" : undefined,
        );
      }
      sentMs.fill(beforeMs, first, first + taken);
      flow.next += taken;
      flow.lastMs = afterMs;
      flow.worstSendMs = Math.max(flow.worstSendMs, afterMs - beforeMs);
    }
  }

  /** As many of the batch as the tap takes; or the error number made negative when it takes none. */
  #sendBy({ fd, headerBytes }: Tap): number {
    const { u8 } = this.#memory;
    for (let frame = 0; frame < this.#batch.frames; frame++) {
      const start = this.#batch.startOf(frame) + vnetHeaderBytes;
      const end = this.#batch.startOf(frame) + this.#batch.lengthOf(frame);
      const written = writeTap(fd, u8.subarray(start - headerBytes, end));
      if (written < 0) return frame === 0 ? written : frame;
    }
    return this.#batch.frames;
  }

  #receive(flow: Flow, to: PacketRing, nowMs: number): void {
    const { u8 } = this.#memory;
    for (let count = 0; ; count++) {
      const found = to.next();
      if (found === ringFrame.none) {
        // An interface that went down makes the socket readable until it is asked why.
        if (count === 0) to.takeError();
        break;
      }
      if (found !== ringFrame.here) continue;
      const at = to.start + vnetHeaderBytes;
      const bytes = to.length - vnetHeaderBytes;
      const number = probeNumber(u8, at, bytes, flow.tag);
      if (number < 0 || number >= flow.sending.count) continue;
      // The time of day may have been set meanwhile: nothing arrives after it was seen.
      const arrivalMs = Math.min(nowMs + 1, this.#clock.toMonotonicMs(to.seconds, to.nanoseconds));
      flow.take(number, arrivalMs);
      if (flow.sending.eachCounts && isCorrupted(u8, at, bytes, flow.tag, number, this.#scratch)) flow.corrupted++;
      if (to.isCrowded) to.release();
    }
    to.release();
  }
}

/** What is known of one direction while it is measured. */
class Flow {
  readonly sending: Sending;
  readonly tag: number;
  readonly sentMs: Float64Array;
  readonly #arrivalMs: Float64Array;
  readonly #copies: Uint8Array;
  readonly #order: number[] = [];
  readonly #orderMs: number[] = [];
  readonly #overrunsBefore: number;
  #arrived = 0;
  /** How many are sent. */
  count: number;
  next = 0;
  notBeforeMs = 0;
  /** When something was sent or came last. */
  lastMs = performance.now();
  corrupted = 0;
  worstSendMs = 0;

  constructor(sending: Sending, tag: number, overrunsBefore: number) {
    this.sending = sending;
    this.count = sending.count;
    this.tag = tag;
    this.sentMs = new Float64Array(sending.count);
    this.#arrivalMs = new Float64Array(sending.count).fill(Infinity);
    this.#copies = new Uint8Array(sending.count);
    this.#overrunsBefore = overrunsBefore;
  }

  take(number: number, arrivalMs: number): void {
    if (this.#copies[number] === 0) {
      this.#arrivalMs[number] = arrivalMs;
      this.#arrived++;
    }
    this.#copies[number] = Math.min(255, (this.#copies[number] as number) + 1);
    this.#order.push(number);
    this.#orderMs.push(arrivalMs);
    this.lastMs = performance.now();
  }

  get share(): number {
    return this.count === 0 ? 1 : this.next / this.count;
  }

  giveUp(): void {
    this.count = this.next;
  }

  nextMs(startMs: number): number {
    if (this.next >= this.count) return Infinity;
    return Math.max(this.notBeforeMs, startMs + this.sending.dueMs(this.next));
  }

  isOver(nowMs: number): boolean {
    const { quietMs, copiesMs } = this.sending;
    return this.next >= this.count && nowMs - this.lastMs > (this.#arrived === this.count ? copiesMs : quietMs);
  }

  result(overruns: number): Sent {
    return {
      bytes: this.sending.bytes,
      sentMs: this.sentMs.subarray(0, this.count),
      arrivalMs: this.#arrivalMs.subarray(0, this.count),
      copies: this.#copies.subarray(0, this.count),
      corrupted: this.corrupted,
      order: this.#order,
      orderMs: this.#orderMs,
      worstSendMs: this.worstSendMs,
      overruns: overruns - this.#overrunsBefore,
    };
  }
}
