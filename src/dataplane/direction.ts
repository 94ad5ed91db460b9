import { type FrameMemory, type SendBatch, vnetHeaderBytes } from "../kernel/index.ts";
import { type DirectionStats, type Impairment, inFlightBytes } from "./contract.ts";
import type { FrameStore } from "./frames/frame-store.ts";
import { SuperFrame } from "./frames/super-frame.ts";
import type { Train } from "./frames/train.ts";
import { finishChecksum } from "./frames/vnet-header.ts";
import { Decisions } from "./impairment/decisions.ts";
import type { DelayTables } from "./impairment/delay.ts";
import { DelayLine } from "./impairment/delay-line.ts";
import { RateQueue } from "./impairment/rate-queue.ts";
import type { Jack } from "./jack.ts";
import type { Due } from "./timetable.ts";

/** What all directions of a process share. */
export type Workshop = {
  readonly memory: FrameMemory;
  readonly store: FrameStore;
  /** Empty whenever no direction is at work. */
  readonly batch: SendBatch;
  readonly superFrame: SuperFrame;
  readonly train: Train;
  readonly tables: DelayTables;
};

/**
 * One direction of a link: takes frames from one jack and sends them out of another, after what
 * contract.ts says happens to a frame on a link. What happens to a frame is decided when it comes; it
 * then waits in the order of its time. What is due is moved on by `run`, in the order of the times at
 * which it was due, not of those at which this process came to it: a late process sends late, and
 * decides as if it were not.
 */
export class Direction implements Due {
  readonly #workshop: Workshop;
  readonly #from: Jack;
  readonly #to: Jack;
  readonly #decisions: Decisions;
  readonly #delayLine = new DelayLine();
  readonly #rate: RateQueue;
  #impaired = false;
  #jitterReorders = false;
  /** Places of the frames kept, in bytes of the store. */
  #keptBytes = 0;
  /** The kept frames of the batch: their places are given back when they are sent. */
  readonly #leaving: Int32Array;
  #leavingCount = 0;
  /** When the first frame of the batch was due. */
  #batchDueMs = Infinity;

  /** Carries nothing that comes from then on. */
  isCut = false;
  #droppedByCut = 0;

  #frames = 0;
  #bytes = 0;
  #sentFrames = 0;
  #sentBytes = 0;
  #droppedByLoss = 0;
  #droppedByQueue = 0;
  #droppedAtJack = 0;
  #corrupted = 0;
  #duplicated = 0;
  #reordered = 0;
  #unsplittable = 0;
  #worstLatenessMs = 0;

  /** @param which 0: from a to b; 1: from b to a */
  constructor(workshop: Workshop, from: Jack, to: Jack, seed: number, which: 0 | 1) {
    this.#workshop = workshop;
    this.#from = from;
    this.#to = to;
    this.#decisions = new Decisions(seed, which, workshop.tables);
    this.#rate = new RateQueue((place) => workshop.store.length(place) - vnetHeaderBytes);
    this.#leaving = new Int32Array(workshop.batch.capacity);
  }

  /** For frames from now on, and the rate of those that wait. @param nowMs `performance.now()` */
  set(impairment: Impairment, nowMs: number): void {
    // What was due under the old rate has left under it.
    this.run(nowMs);
    this.#decisions.set(impairment);
    this.#rate.set(impairment.rateBps, impairment.queue, nowMs, this.#delayLine.latestMs);
    this.#jitterReorders = impairment.jitterReorders ?? false;
    this.#impaired = !this.#decisions.isNothing || impairment.rateBps !== undefined;
  }

  get nextMs(): number {
    return Math.min(this.#delayLine.firstMs, this.#rate.nextMs);
  }

  /**
   * Takes a frame that came in. It lies at `start`, behind its vnet header, and must stay there until
   * `flush`; what is kept longer is copied.
   *
   * @param length of vnet header and frame
   */
  receive(start: number, length: number, arrivalMs: number): void {
    if (this.isCut) {
      this.#droppedByCut++;
      this.#from.captureIncoming(start, length, arrivalMs);
      return;
    }
    const { memory, superFrame } = this.#workshop;
    if (SuperFrame.is(memory, start)) {
      const canSplit = superFrame.open(start, length);
      if (this.#impaired && !canSplit) {
        this.#unsplittable++;
        return;
      }
      if (canSplit && (this.#impaired || superFrame.isTunnelled)) {
        this.#split(start, arrivalMs);
        return;
      }
    } else if (this.#impaired) finishChecksum(memory, start, length);
    this.#from.captureIncoming(start, length, arrivalMs);
    if (this.#impaired || this.#delayLine.count > 0 || this.#rate.isActive) {
      this.#enter(start, length, -1, arrivalMs);
      return;
    }
    this.#count(length);
    this.#decisions.next();
    this.#passOn(start, length, arrivalMs);
  }

  /** Moves on everything due until `nowMs`, and sends it. */
  run(nowMs: number): void {
    for (;;) {
      const releaseMs = this.#delayLine.firstMs;
      const finishMs = this.#rate.nextMs;
      if (Math.min(releaseMs, finishMs) > nowMs) break;
      if (finishMs <= releaseMs) this.#sendKept(this.#rate.shift(), finishMs);
      else {
        const place = this.#delayLine.shift();
        if (!this.#rate.isActive) this.#sendKept(place, releaseMs);
        else if (!this.#rate.push(place, releaseMs)) {
          this.#droppedByQueue++;
          this.#give(place);
        }
      }
    }
    this.flush();
  }

  /** Sends what is in the batch, and lets go of it. */
  flush(): void {
    const { batch, train } = this.#workshop;
    if (batch.frames === 0) return;
    train.complete();
    this.#worstLatenessMs = Math.max(this.#worstLatenessMs, performance.now() - this.#batchDueMs);
    this.#batchDueMs = Infinity;
    const sent = this.#to.send(batch);
    this.#sentFrames += sent.frames;
    this.#sentBytes += sent.bytes;
    this.#droppedAtJack += batch.frames - sent.frames;
    batch.clear();
    for (let index = 0; index < this.#leavingCount; index++) this.#give(this.#leaving[index] as number);
    this.#leavingCount = 0;
  }

  /** Drops everything in flight and waiting. */
  clear(): void {
    while (this.#delayLine.count > 0) this.#give(this.#delayLine.shift());
    while (this.#rate.count > 0) this.#give(this.#rate.shift());
  }

  /** @param reset sets the worst lateness back after it was read */
  stats(reset: boolean): DirectionStats {
    const worstLatenessMs = this.#worstLatenessMs;
    if (reset) this.#worstLatenessMs = 0;
    return {
      frames: this.#frames,
      bytes: this.#bytes,
      sentFrames: this.#sentFrames,
      sentBytes: this.#sentBytes,
      droppedByLoss: this.#droppedByLoss,
      droppedByCut: this.#droppedByCut,
      droppedByQueue: this.#droppedByQueue,
      droppedAtJack: this.#droppedAtJack,
      corrupted: this.#corrupted,
      duplicated: this.#duplicated,
      reordered: this.#reordered,
      unsplittable: this.#unsplittable,
      overruns: this.#from.overruns(),
      inFlight: this.#delayLine.count,
      queueDepth: this.#rate.count,
      worstLatenessMs,
    };
  }

  /** Takes the frames of the super-frame that is open, one by one. */
  #split(start: number, arrivalMs: number): void {
    const { superFrame } = this.#workshop;
    for (let index = 0; index < superFrame.count; index++) {
      const length = superFrame.lengthOf(index);
      if (this.#from.isCaptured) this.#captureSegment(index, length, arrivalMs);
      this.#enter(start, length, index, arrivalMs);
    }
  }

  /** @param segment of the super-frame that is open; -1: the frame as it is */
  #enter(start: number, length: number, segment: number, arrivalMs: number): void {
    this.#count(length);
    const decisions = this.#decisions;
    decisions.next();
    this.#droppedByLoss += decisions.losses;
    if (decisions.doubled) this.#duplicated++;
    if (decisions.copyGoesOn) this.#keep(start, length, segment, arrivalMs, true);
    if (decisions.goesOn) this.#keep(start, length, segment, arrivalMs, false);
  }

  /** Copies a frame and puts it in flight. */
  #keep(start: number, length: number, segment: number, arrivalMs: number, isCopy: boolean): void {
    const { memory, store, superFrame } = this.#workshop;
    const size = store.sizeFor(length);
    const place = this.#keptBytes + size > inFlightBytes ? -1 : store.take(length);
    if (place === -1) {
      this.#droppedByQueue++;
      return;
    }
    this.#keptBytes += size;
    const to = store.start(place);
    const fate = isCopy ? this.#decisions.copy : this.#decisions.original;
    if (segment >= 0) {
      superFrame.write(segment, to);
      if (!isCopy && fate.corruptAt < 0) superFrame.mark(segment, place, store);
    } else memory.u8.copyWithin(to, start, start + length);
    if (fate.corruptAt >= 0) {
      const bit = Math.floor(fate.corruptAt * (length - vnetHeaderBytes) * 8);
      const at = to + vnetHeaderBytes + (bit >> 3);
      memory.u8[at] = (memory.u8[at] as number) ^ (1 << (bit & 7));
      this.#corrupted++;
    }
    if (fate.atOnce) {
      this.#reordered++;
      this.#delayLine.pushAtOnce(place, arrivalMs);
    } else if (this.#jitterReorders) this.#delayLine.push(place, arrivalMs + fate.delayMs);
    else this.#delayLine.pushInOrder(place, arrivalMs + fate.delayMs);
  }

  #sendKept(place: number, dueMs: number): void {
    const { batch, train } = this.#workshop;
    if (batch.frames === batch.capacity) this.flush();
    this.#batchDueMs = Math.min(this.#batchDueMs, dueMs);
    this.#leaving[this.#leavingCount++] = place;
    // A capture shows the frames by themselves, so they go by themselves.
    train.load(place, !this.#to.isCaptured);
  }

  /** Sends a frame from where it lies. */
  #passOn(start: number, length: number, dueMs: number): void {
    const { batch } = this.#workshop;
    if (batch.frames === batch.capacity) this.flush();
    this.#batchDueMs = Math.min(this.#batchDueMs, dueMs);
    batch.push(start, length);
  }

  #give(place: number): void {
    const { store } = this.#workshop;
    this.#keptBytes -= store.sizeFor(store.length(place));
    store.give(place);
  }

  #count(length: number): void {
    this.#frames++;
    this.#bytes += length - vnetHeaderBytes;
  }

  /** A segment that may be lost is written nowhere else. */
  #captureSegment(index: number, length: number, arrivalMs: number): void {
    const { store, superFrame } = this.#workshop;
    const place = store.take(length);
    if (place === -1) return;
    superFrame.write(index, store.start(place));
    this.#from.captureIncoming(store.start(place), length, arrivalMs);
    store.give(place);
  }
}
