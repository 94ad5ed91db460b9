import type { WallClock } from "../../kernel/index.ts";
import type { CaptureSpec, CaptureStats } from "../contract.ts";
import type { FrameFilter } from "./frame-filter.ts";
import type { CaptureOutput } from "./output.ts";
import {
  interfaceDescription,
  interfaceStatistics,
  type Moment,
  packetBlockBytes,
  sectionHeader,
  withComments,
  writePacketBlock,
} from "./pcapng.ts";
import { PendingBlocks } from "./pending.ts";

export const defaultSnaplenBytes = 262_144;
/** How long blocks wait to be written together, unless there are many. */
const writeEveryMs = 10;
const manyBytes = 256 * 1024;

export type CaptureEnd = "count" | "duration" | "stopped" | "reader-gone" | "write-failed";

/** Frames of several interfaces on their way into one file. Times are those of `performance.now()`. */
export class Capture {
  readonly #spec: CaptureSpec;
  readonly #output: CaptureOutput;
  readonly #clock: WallClock;
  readonly #filter: FrameFilter | undefined;
  readonly #memory: Uint8Array;
  readonly #snaplenBytes: number;
  readonly #pending = new PendingBlocks();
  readonly #frames: number[];
  readonly #droppedByReader: number[];
  readonly #started: Moment;
  /** What comes after it is not taken. */
  #endMs: number;
  #endReason: CaptureEnd = "duration";
  #comments: { readonly timeNs: number; readonly text: string }[] = [];
  #total = 0;
  #nextWriteMs: number;

  /** @param memory that frames are in */
  constructor(
    spec: CaptureSpec,
    output: CaptureOutput,
    clock: WallClock,
    filter: FrameFilter | undefined,
    memory: Uint8Array,
  ) {
    this.#spec = spec;
    this.#output = output;
    this.#clock = clock;
    this.#filter = filter;
    this.#memory = memory;
    this.#snaplenBytes = spec.snaplenBytes ?? defaultSnaplenBytes;
    this.#frames = spec.interfaces.map(() => 0);
    this.#droppedByReader = spec.interfaces.map(() => 0);
    const nowMs = clock.read();
    this.#started = this.#moment(nowMs);
    this.#nextWriteMs = nowMs + writeEveryMs;
    this.#endMs = nowMs + (spec.durationMs ?? Infinity);
    output.write(
      Buffer.concat([
        sectionHeader("Netwright"),
        ...spec.interfaces.map(({ name, description }) =>
          interfaceDescription({ name, description, filter: spec.filter, snaplenBytes: this.#snaplenBytes }),
        ),
      ]),
    );
  }

  /** When `write` should be called next, at the latest. */
  get nextMs(): number {
    return this.#pending.count === 0 && this.#endMs > this.#nextWriteMs ? this.#endMs : this.#nextWriteMs;
  }

  /**
   * @param start of the frame in the memory, of which `length` bytes are there
   * @param time the same moment as `timeMs`, by the time of day
   */
  take(
    interfaceNumber: number,
    start: number,
    length: number,
    wholeLength: number,
    isInbound: boolean,
    timeMs: number,
    time: Moment = this.#moment(timeMs),
  ): void {
    if (timeMs > this.#endMs) return;
    if (this.#filter !== undefined && !this.#filter.matches(this.#memory, start, length, wholeLength)) return;
    if (!this.#output.hasRoom) {
      this.#droppedByReader[interfaceNumber] = (this.#droppedByReader[interfaceNumber] as number) + 1;
      return;
    }
    const captured = Math.min(length, this.#snaplenBytes);
    const at = this.#pending.add(packetBlockBytes(captured), this.#sinceStartNs(time));
    const info = { interface: interfaceNumber, time, captured, whole: wholeLength, isInbound };
    writePacketBlock(this.#pending.memory, at, info, this.#memory, start);
    this.#frames[interfaceNumber] = (this.#frames[interfaceNumber] as number) + 1;
    this.#total++;
    if (this.#total < (this.#spec.maxFrames ?? Infinity)) return;
    // Even what passed at the same moment is one too many.
    this.#endMs = -Infinity;
    this.#endReason = "count";
  }

  comment(text: string, timeMs: number): void {
    this.#comments.push({ timeNs: this.#sinceStartNs(this.#moment(timeMs)), text });
  }

  /** Takes nothing that comes after now. `write` says when all that came before is there. */
  stop(nowMs: number): void {
    if (nowMs >= this.#endMs) return;
    this.#endMs = nowMs;
    this.#endReason = "stopped";
  }

  /**
   * Writes what may be written, when it is time to.
   *
   * @param seenMs everything until then is here
   * @returns why the capture is over, and is to be finished; undefined when it is not
   */
  write(nowMs: number, seenMs: number): CaptureEnd | undefined {
    if (this.#output.failure !== undefined) return this.#output.failure === "EPIPE" ? "reader-gone" : "write-failed";
    if (seenMs >= this.#endMs) return this.#endReason;
    if (this.#pending.bytes < manyBytes && nowMs < this.#nextWriteMs) return undefined;
    this.#nextWriteMs = nowMs + writeEveryMs;
    this.#writeUntil(seenMs);
    return undefined;
  }

  /** Writes everything that is here, and the end of the file. */
  finish(droppedByRing: readonly number[]): void {
    this.#writeUntil(Infinity);
    const end = this.#moment(this.#clock.read());
    for (const [index] of this.#spec.interfaces.entries()) {
      const delivered = this.#frames[index] as number;
      const dropped = (droppedByRing[index] ?? 0) + (this.#droppedByReader[index] as number);
      this.#output.write(
        interfaceStatistics({
          interface: index,
          start: this.#started,
          end,
          received: delivered + dropped,
          dropped,
          delivered,
          comments: index === 0 ? this.#comments.map(({ text }) => text) : [],
        }),
      );
    }
  }

  stats(droppedByRing: readonly number[]): CaptureStats {
    return {
      id: this.#spec.id,
      bytes: this.#output.bytes,
      interfaces: this.#spec.interfaces.map(({ name }, index) => ({
        name,
        frames: this.#frames[index] as number,
        droppedByRing: droppedByRing[index] ?? 0,
        droppedByReader: this.#droppedByReader[index] as number,
      })),
    };
  }

  #writeUntil(seenMs: number): void {
    if (this.#pending.count === 0) return;
    const untilNs = seenMs === Infinity ? Infinity : this.#sinceStartNs(this.#moment(seenMs));
    this.#output.write(this.#pending.takeUntil(untilNs, (block, timeNs) => this.#commented(block, timeNs)));
  }

  /** With the comments that were made before it. */
  #commented(block: Buffer, timeNs: number): Buffer {
    if (this.#comments.length === 0) return block;
    const due = this.#comments.filter((comment) => comment.timeNs <= timeNs);
    if (due.length === 0) return block;
    this.#comments = this.#comments.filter((comment) => comment.timeNs > timeNs);
    return withComments(
      block,
      due.map(({ text }) => text),
    );
  }

  /** By the time of day, which is what the file is in the order of; exact for a hundred days. */
  #sinceStartNs({ seconds, nanoseconds }: Moment): number {
    return (seconds - this.#started.seconds) * 1e9 + nanoseconds;
  }

  #moment(timeMs: number): Moment {
    return { seconds: this.#clock.secondsOf(timeMs), nanoseconds: this.#clock.nanosecondsOf(timeMs) };
  }
}
