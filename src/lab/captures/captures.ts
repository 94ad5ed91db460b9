import { mkdirSync, statSync } from "node:fs";
import type { CaptureRequest, CaptureStatus } from "../../api/index.ts";
import type { CaptureStats, DataplaneEvent, DataplaneProblem } from "../../dataplane/contract.ts";
import { within } from "../../engines/index.ts";
import {
  type Capture,
  captureFilePattern,
  captureFileRule,
  captureInterfaces,
  type Endpoint,
  endpointText,
  type Lab,
  labError,
} from "../../topology/index.ts";
import type { EventLog } from "../events.ts";
import type { WireProcess } from "../wire/wire-process.ts";
import { annotationOf } from "./annotations.ts";
import { mendFile } from "./file-section.ts";
import type { Place } from "./place.ts";
import { type EndReason, type Output, Recording } from "./recording.ts";
import { CaptureStream } from "./stream.ts";

export type CapturesOptions = {
  readonly wire: WireProcess;
  readonly events: EventLog;
  /** For files; made when it is needed. */
  readonly folder: string;
  /** Where an interface's frames pass now. */
  readonly placeOf: (end: Endpoint) => Place;
  /** The link an interface is on. */
  readonly linkOf: (end: Endpoint) => string | undefined;
};

/** Bytes for a client, and what came of them. */
export type StreamedCapture = { readonly items: AsyncIterable<Buffer>; result(): CaptureStatus };

/** A stream nobody reads is given up. */
const claimMs = 10_000;
/** How long readers may take for the end of their streams when the lab ends. */
const readMs = 2_000;
/** How many that ended are remembered. */
const endedKept = 100;

/** The captures of a lab: those of its file, and those that were asked for. */
export class Captures {
  readonly #options: CapturesOptions;
  readonly #recordings = new Map<string, Recording>();
  /** Files of this lab's run: what comes later is added to them. */
  readonly #written = new Set<string>();
  #number = 0;
  #diedAtMs = 0;

  constructor(options: CapturesOptions) {
    this.#options = options;
    const { wire, events } = options;
    const captures = this;
    wire.watchCaptures({
      get isNeeded() {
        return captures.#in("interrupted").length > 0;
      },
      ended: (event) => this.#endedByItself(event),
      died: (how) => this.#interrupted(how),
      restarted: () => this.#resumeAll(),
    });
    events.subscribe((event) => {
      const text = annotationOf(event);
      // Only a process that has captures is told; one that just died has none.
      if (text !== undefined && this.#in("running").length > 0) wire.comment(text).catch(() => undefined);
    });
  }

  /**
   * Starts what a lab file asks for. Resolves when frames are being captured.
   *
   * @throws CAPTURE_FILTER_INVALID, CAPTURE_FILTER_UNAVAILABLE, CAPTURE_UNWRITABLE, CAPTURE_REFUSED
   */
  async startPlanned({ file, interfaces, ...limits }: Capture): Promise<void> {
    await this.#start(new Recording(file, interfaces, limits, this.#fileOutput(file)));
  }

  /** Stops what a lab file asked for; it may have ended already. */
  async stopPlanned({ file }: Capture): Promise<void> {
    if (this.#recordings.has(file)) await this.stop(file);
  }

  /** Starts what somebody asks for. @throws as `startPlanned`, and those of `captureInterfaces` */
  async start(lab: Lab, { targets, file, ...limits }: CaptureRequest): Promise<CaptureStatus> {
    const interfaces = captureInterfaces(lab, targets);
    if (file !== undefined && !captureFilePattern.test(file))
      throw labError("NAME_INVALID", { what: "a capture's file", name: file, rule: `Use ${captureFileRule}` });
    const output: Output =
      file === undefined ? { kind: "stream", stream: new CaptureStream() } : this.#fileOutput(file);
    const recording = new Recording(`c${++this.#number}`, interfaces, limits, output);
    await this.#start(recording);
    if (output.kind === "stream") this.#giveUpUnlessRead(recording, output.stream);
    return recording.status;
  }

  /** With what is counted now. */
  async list(): Promise<readonly CaptureStatus[]> {
    await this.#refresh();
    return [...this.#recordings.values()].map((recording) => recording.status);
  }

  /** @throws CAPTURE_NOT_FOUND */
  async get(id: string): Promise<CaptureStatus> {
    await this.#refresh();
    return this.#recording(id).status;
  }

  /**
   * Stops a capture. Resolves when all that passed until now is in it; one that has ended stays as it is.
   *
   * @throws CAPTURE_NOT_FOUND
   */
  async stop(id: string, reason: EndReason = "stopped"): Promise<CaptureStatus> {
    const recording = this.#recording(id);
    if (recording.state === "running") {
      try {
        await this.#end(recording, reason, await this.#options.wire.stopCapture(id, refusalOf(recording)));
      } catch (error) {
        // It ended meanwhile by itself, or with its process.
        if (recording.state === "running") throw error;
      }
    }
    if (recording.state === "interrupted") await this.#end(recording, reason, undefined);
    return recording.status;
  }

  /**
   * The capture as a stream. It ends with its reader.
   *
   * @param signal the reader has gone
   * @throws CAPTURE_NOT_FOUND, CAPTURE_NO_STREAM
   */
  stream(id: string, signal: AbortSignal): StreamedCapture {
    const recording = this.#recording(id);
    const { output } = recording;
    if (output.kind !== "stream" || output.stream.isTaken) throw labError("CAPTURE_NO_STREAM", { capture: id });
    const { stream } = output;
    const stopUnread = () => this.stop(id, "reader-gone").catch(() => undefined);
    async function* items() {
      try {
        yield* stream.blocks(signal);
      } finally {
        await stopUnread();
      }
    }
    return { items: items(), result: () => recording.status };
  }

  /**
   * What these interfaces are made of has changed: captures of them go on where they are now.
   *
   * @returns nothing when no capture is concerned
   */
  follow(ends: readonly Endpoint[]): void | Promise<void> {
    if (this.#recordings.size === 0) return;
    const moved = new Set(ends.map(endpointText));
    const concerned = this.#in("running").filter(({ interfaces }) =>
      interfaces.some((end) => moved.has(endpointText(end))),
    );
    if (concerned.length === 0) return;
    return Promise.all(concerned.map((recording) => this.#followOne(recording))).then(() => undefined);
  }

  /** Ends all, and waits a moment for the readers of streams. */
  async stopAll(): Promise<void> {
    const recordings = [...this.#in("running"), ...this.#in("interrupted")];
    await Promise.allSettled(recordings.map(({ id }) => this.stop(id)));
    const read = [...this.#recordings.values()].flatMap(({ output }) => {
      if (output.kind === "file") return [];
      if (!output.stream.isTaken) output.stream.drop();
      return [output.stream.read];
    });
    await within("Reading the ends of captures", readMs, Promise.all(read)).catch(() => undefined);
  }

  async #start(recording: Recording): Promise<void> {
    const other = this.#recordings.get(recording.id);
    if (other !== undefined && other.state !== "ended") throw labError("CAPTURE_FILE_TAKEN", { file: recording.id });
    await this.#begin(recording);
    this.#recordings.set(recording.id, recording);
    const { interfaces, output } = recording;
    this.#options.events.record("capture.started", recording.id, `Capture of ${namesOf(interfaces)} started`, {
      interfaces: interfaces.map(endpointText),
      ...(output.kind === "file" ? { file: output.path } : {}),
    });
    // What moved while it started.
    await this.#followOne(recording);
    this.#forgetOld();
  }

  /** Makes the wire process capture, in a section of its own. @returns false when nothing is left to capture */
  async #begin(recording: Recording): Promise<boolean> {
    const { wire, placeOf, linkOf } = this.#options;
    const { output } = recording;
    const write = async (path: string) => {
      const places = recording.interfaces.map(placeOf);
      const spec = recording.spec(places, path, linkOf);
      if (spec === undefined) return false;
      recording.places = places;
      await wire.startCapture(spec, refusalOf(recording));
      return true;
    };
    if (output.kind === "stream") return output.stream.connect(write);
    const isBegun = await write(output.path);
    this.#written.add(output.path);
    return isBegun;
  }

  async #followOne(recording: Recording): Promise<void> {
    const { wire, placeOf } = this.#options;
    const before = recording.places;
    const places = recording.interfaces.map(placeOf);
    const changed = [...places.keys()].filter((index) => !samePlace(before[index], places[index]));
    if (changed.length === 0) return;
    recording.places = places;
    const sinceMs = performance.now();
    try {
      const moves = changed.map((index) => ({ interface: index, ...places[index] }));
      await wire.moveCapture(recording.id, moves, refusalOf(recording));
    } catch (error) {
      // When its process died, or it ended by itself, there is nothing to follow.
      if (recording.state !== "running") return;
      const reason = error instanceof Error ? error.message : String(error);
      const text = `Capture of ${namesOf(recording.interfaces)} does not see all of them any more: ${reason}`;
      this.#options.events.record("capture.interrupted", recording.id, text);
      return;
    }
    const torn = changed.filter((index) => before[index]?.jack !== undefined);
    if (torn.length === 0) return;
    const names = torn.map((index) => endpointText(recording.interfaces[index] as Endpoint)).join(", ");
    const tookMs = Math.ceil(performance.now() - sinceMs);
    await wire
      .comment(`capture: ${names} went over to another medium; frames of about ${tookMs} ms may be missing here`, [
        recording.id,
      ])
      .catch(() => undefined);
  }

  #endedByItself({ reason, message, capture }: Extract<DataplaneEvent, { event: "capture.ended" }>): void {
    const recording = this.#recordings.get(capture.id);
    if (recording?.state === "running") void this.#end(recording, reason, capture, message);
  }

  /** @param section what the wire process counted; undefined when that is not known any more */
  async #end(
    recording: Recording,
    reason: EndReason,
    section: CaptureStats | undefined,
    message?: string,
  ): Promise<void> {
    const { output } = recording;
    recording.count(section);
    recording.end(reason, message);
    if (section === undefined && output.kind === "file")
      recording.carried = await mendFile(output.path, output.from).catch(() => []);
    const { interfaces } = recording.status;
    const frames = interfaces.reduce((sum, one) => sum + one.frames, 0);
    const lost = interfaces.reduce((sum, one) => sum + one.droppedByRing + one.droppedByReader, 0);
    this.#options.events.record(
      "capture.ended",
      recording.id,
      `Capture of ${namesOf(recording.interfaces)} ended (${reason}): ${frames} frames, ${lost} lost`,
      { reason, frames, lost, interruptions: recording.interruptions, ...(message === undefined ? {} : { message }) },
    );
  }

  #interrupted(how: string): void {
    this.#diedAtMs = Date.now();
    for (const recording of this.#in("running")) {
      recording.state = "interrupted";
      recording.interruptions++;
      recording.count(undefined);
      const text = `Capture of ${namesOf(recording.interfaces)} was interrupted: the wire process ended (${how})`;
      this.#options.events.record("capture.interrupted", recording.id, text);
    }
  }

  async #resumeAll(): Promise<void> {
    await Promise.all(this.#in("interrupted").map((recording) => this.#resume(recording)));
  }

  async #resume(recording: Recording): Promise<void> {
    const { wire, events } = this.#options;
    const { id, output } = recording;
    try {
      if (output.kind === "file") recording.carried = await mendFile(output.path, output.from);
      if (!(await this.#begin(recording))) {
        await this.#end(recording, "duration", undefined);
        return;
      }
      const missingMs = Date.now() - this.#diedAtMs;
      if (recording.state === "interrupted") recording.state = "running";
      else await wire.stopCapture(id, refusalOf(recording));
      await wire.comment(`capture: the wire process ended; frames of about ${missingMs} ms are missing here`, [id]);
      events.record("capture.resumed", id, `Capture of ${namesOf(recording.interfaces)} goes on`, { missingMs });
      await this.#followOne(recording);
    } catch (error) {
      // Once more, when the process died once more; it comes here again.
      if (recording.state === "running")
        await this.#end(recording, "lost", undefined, error instanceof Error ? error.message : String(error));
    }
  }

  #giveUpUnlessRead(recording: Recording, stream: CaptureStream): void {
    const timer = setTimeout(() => {
      if (stream.isTaken) return;
      stream.drop();
      void this.stop(recording.id, "reader-gone").catch(() => undefined);
    }, claimMs);
    timer.unref();
  }

  #fileOutput(file: string): Output {
    const { folder } = this.#options;
    const path = `${folder}/${file}`;
    mkdirSync(folder, { recursive: true });
    const append = this.#written.has(path);
    return { kind: "file", path, append, from: append ? statSync(path).size : 0 };
  }

  async #refresh(): Promise<void> {
    if (this.#in("running").length === 0) return;
    const stats = await this.#options.wire.captureStats().catch(() => []);
    for (const section of stats) {
      const recording = this.#recordings.get(section.id);
      if (recording?.state === "running") recording.count(section);
    }
  }

  #forgetOld(): void {
    const ended = this.#in("ended");
    for (const { id } of ended.slice(0, Math.max(0, ended.length - endedKept))) this.#recordings.delete(id);
  }

  #in(state: CaptureStatus["state"]): readonly Recording[] {
    return [...this.#recordings.values()].filter((recording) => recording.state === state);
  }

  #recording(id: string): Recording {
    const recording = this.#recordings.get(id);
    if (recording === undefined)
      throw labError("CAPTURE_NOT_FOUND", { capture: id, known: [...this.#recordings.keys()] });
    return recording;
  }
}

const namesOf = (ends: readonly Endpoint[]): string => ends.map(endpointText).join(", ");

const samePlace = (a: Place | undefined, b: Place | undefined): boolean =>
  JSON.stringify([a?.jack, a?.isPort ?? false]) === JSON.stringify([b?.jack, b?.isPort ?? false]);

/** Makes the catalogue's error of what the wire process says of a capture. */
const refusalOf =
  ({ filter = "", output }: Recording) =>
  ({ code, message }: DataplaneProblem): Error => {
    if (code === "filter-invalid")
      return labError("CAPTURE_FILTER_INVALID", { filter, reason: message.replace(/^the filter ".*": /s, "") });
    if (code === "filter-unavailable")
      return labError("CAPTURE_FILTER_UNAVAILABLE", { reason: message.replace(/^a filter needs libpcap: /, "") });
    if (code === "capture-unwritable")
      return labError("CAPTURE_UNWRITABLE", {
        file: output.kind === "file" ? output.path : "The stream",
        reason: message.replace(/^.* cannot be written: /, ""),
      });
    return labError("CAPTURE_REFUSED", { reason: message });
  };
