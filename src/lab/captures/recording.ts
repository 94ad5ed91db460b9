import type { CaptureInterfaceStatus, CaptureStatus } from "../../api/index.ts";
import type { CaptureSpec, CaptureStats } from "../../dataplane/contract.ts";
import { type CaptureLimits, type Endpoint, endpointText } from "../../topology/index.ts";
import type { Place } from "./place.ts";
import type { CaptureStream } from "./stream.ts";

export type EndReason = NonNullable<CaptureStatus["reason"]>;
export type Output =
  /** `from`: where in the file this capture begins. */
  | { readonly kind: "file"; readonly path: string; readonly append: boolean; readonly from: number }
  | { readonly kind: "stream"; readonly stream: CaptureStream };

/** One capture from its start to after its end: what it is to be, where it is, and what is known of it. */
export class Recording {
  readonly id: string;
  readonly interfaces: readonly Endpoint[];
  readonly output: Output;
  readonly #limits: CaptureLimits;
  readonly #startedAtMs = Date.now();
  state: CaptureStatus["state"] = "running";
  /** Where its interfaces are, as the wire process was told. */
  places: readonly Place[] = [];
  interruptions = 0;
  /** Frames, by interface, of the sections before an interruption; of a file. */
  carried: readonly number[] = [];
  #section: CaptureStats | undefined;
  #end: { readonly reason: EndReason; readonly message?: string } | undefined;

  constructor(id: string, interfaces: readonly Endpoint[], limits: CaptureLimits, output: Output) {
    this.id = id;
    this.interfaces = interfaces;
    this.output = output;
    this.#limits = limits;
  }

  get filter(): string | undefined {
    return this.#limits.filter;
  }

  /** What is left to do of it, for a section at these places; undefined when nothing is. */
  spec(
    places: readonly Place[],
    path: string,
    describe: (end: Endpoint) => string | undefined,
  ): CaptureSpec | undefined {
    const { filter, snaplenBytes, ringBytes, maxFrames, durationMs } = this.#limits;
    const framesLeft = maxFrames === undefined ? undefined : maxFrames - sum(this.#carriedFrames);
    const msLeft =
      durationMs === undefined || this.interruptions === 0 ? durationMs : durationMs - (Date.now() - this.#startedAtMs);
    if ((framesLeft ?? 1) <= 0 || (msLeft ?? 1) <= 0) return undefined;
    return {
      id: this.id,
      path,
      append: this.output.kind === "file" && (this.output.append || this.interruptions > 0),
      interfaces: this.interfaces.map((end, index) => {
        const description = describe(end);
        const name = endpointText(end);
        return { ...places[index], name, ...(description === undefined ? {} : { description }) };
      }),
      ...(filter === undefined ? {} : { filter }),
      ...(snaplenBytes === undefined ? {} : { snaplenBytes }),
      ...(ringBytes === undefined ? {} : { ringBytes }),
      ...(framesLeft === undefined ? {} : { maxFrames: framesLeft }),
      ...(msLeft === undefined ? {} : { durationMs: msLeft }),
    };
  }

  /** What the wire process counts of the section it is at. */
  count(section: CaptureStats | undefined): void {
    this.#section = section;
  }

  end(reason: EndReason, message?: string): void {
    this.state = "ended";
    this.#end = { reason, ...(message === undefined ? {} : { message }) };
    if (this.output.kind === "stream") this.output.stream.finish();
  }

  get status(): CaptureStatus {
    const { output, filter, interruptions } = this;
    return {
      id: this.id,
      state: this.state,
      startedAt: new Date(this.#startedAtMs).toISOString(),
      ...(output.kind === "file" ? { file: output.path } : {}),
      ...(filter === undefined ? {} : { filter }),
      bytes: this.#section?.bytes ?? 0,
      interfaces: this.interfaces.map((end, index) => this.#interfaceStatus(endpointText(end), index)),
      interruptions,
      ...this.#end,
    };
  }

  #interfaceStatus(name: string, index: number): CaptureInterfaceStatus {
    const { frames = 0, droppedByRing = 0, droppedByReader = 0 } = this.#section?.interfaces[index] ?? {};
    const carried = this.#carriedFrames[index] ?? 0;
    // What a reader has got by now has the frames of this section too.
    const whole = this.output.kind === "stream" && this.interruptions > 0 ? carried : carried + frames;
    return { name, frames: whole, droppedByRing, droppedByReader };
  }

  get #carriedFrames(): readonly number[] {
    if (this.interruptions === 0) return [];
    return this.output.kind === "file" ? this.carried : this.output.stream.frames;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
