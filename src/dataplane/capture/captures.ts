import { captureLagMs, type Epoll, type FrameMemory, type WallClock } from "../../kernel/index.ts";
import type { CaptureMove, CaptureSpec, CaptureStats, DataplaneEvent } from "../contract.ts";
import type { RingSpace } from "../frames/ring-space.ts";
import { ProblemError } from "../problem.ts";
import type { RingOpener } from "../ring-opener.ts";
import type { Timetable } from "../timetable.ts";
import { unusable, type Wires } from "../wires.ts";
import { Capture, type CaptureEnd } from "./capture.ts";
import type { FrameFilter } from "./frame-filter.ts";
import { type CaptureOutput, openOutput } from "./output.ts";
import { dropsOf, type Place, type Point, placeOf, pointOf } from "./point.ts";
import { checkSpec, filterOf, ringOf } from "./request.ts";
import { CaptureSource } from "./source.ts";

/** How long what is left of a stream may take its reader once the capture is over. */
const drainMs = 60_000;

type Running = {
  readonly spec: CaptureSpec;
  readonly capture: Capture;
  readonly output: CaptureOutput;
  readonly points: readonly Point[];
  readonly due: number;
  readonly outputToken: number;
  /** Who waits for the end. */
  readonly stopped: ((stats: CaptureStats) => void)[];
};

export type CapturesOptions = {
  readonly memory: FrameMemory;
  readonly opener: RingOpener;
  readonly rings: RingSpace;
  readonly clock: WallClock;
  readonly epoll: Epoll;
  readonly timetable: Timetable;
  readonly wires: Wires;
  readonly tell: (event: DataplaneEvent) => void;
};

/** The captures of this process. An interface is taken from its wire where it is on one, else by a packet socket. */
export class Captures {
  readonly #options: CapturesOptions;
  readonly #running = new Map<string, Running>();
  readonly #coming = new Set<string>();
  /** What is to be done when the epoll finds a token ready. */
  readonly #ready = new Map<number, () => void>();
  #nextToken = -1;
  /** Rings that are being made for interfaces of running captures, and who waits until there are none. */
  #opening = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: CapturesOptions) {
    this.#options = options;
  }

  /**
   * @param done is called when frames are being captured, or with the error
   * @throws {ProblemError} at once for what is wrong with the request
   */
  start(spec: CaptureSpec, done: (error?: unknown) => void): void {
    const { wires, opener } = this.#options;
    if (this.#running.has(spec.id) || this.#coming.has(spec.id))
      throw new ProblemError("capture-exists", `there is a capture ${spec.id} already`, spec.id);
    checkSpec(spec);
    const filter = filterOf(spec);
    const places = spec.interfaces.map((one) => placeOf(spec.id, one));
    const begin = (fds: readonly number[]) => {
      try {
        this.#begin(spec, filter, places, fds);
      } catch (error) {
        done(error);
        return;
      }
      done();
    };
    const needed = places.filter(({ ifindex }) => ifindex !== undefined && !wires.has(ifindex)).length;
    if (needed === 0) {
      begin([]);
      return;
    }
    this.#coming.add(spec.id);
    opener.open(
      Array.from({ length: needed }, () => ringOf(spec)),
      (fds, error) => {
        this.#coming.delete(spec.id);
        if (fds === undefined) done(new ProblemError("jack-unusable", String(error?.message), spec.id));
        else begin(fds);
      },
    );
  }

  /**
   * @param done is called when all that passed until now is in the file
   * @throws {ProblemError} capture-unknown
   */
  stop(id: string, done: (stats: CaptureStats) => void): void {
    const running = this.#running.get(id);
    if (running === undefined) throw new ProblemError("capture-unknown", `there is no capture ${id}`, id);
    running.stopped.push(done);
    running.capture.stop(performance.now());
    this.#options.timetable.update(running.due);
  }

  /**
   * Goes on with interfaces of a capture at other jacks.
   *
   * @param done is called when frames are being captured there
   * @throws {ProblemError} capture-unknown, jack-unusable, request-invalid
   */
  move(id: string, moves: readonly CaptureMove[], done: () => void): void {
    const running = this.#running.get(id);
    if (running === undefined) throw new ProblemError("capture-unknown", `there is no capture ${id}`, id);
    const found = moves.map((move) => {
      const point = running.points[move.interface];
      if (point === undefined)
        throw new ProblemError("request-invalid", `the capture has no interface ${move.interface}`, id);
      return { point, index: move.interface, to: placeOf(id, move) };
    });
    for (const { point, index, to } of found) {
      const from = point.place;
      if (from.ifindex === to.ifindex && from.isPort === to.isPort) continue;
      this.#closeSource(point);
      point.place = to;
      this.#tapWire(from.ifindex);
      if (!this.#tapWire(to.ifindex)) this.#openSource(running, point, index);
    }
    this.whenSettled(done);
  }

  /** Calls back once every interface of the running captures is captured where it is now. */
  whenSettled(done: () => void): void {
    if (this.#opening === 0) done();
    else this.#waiting.push(done);
  }

  /** @throws {ProblemError} capture-unknown */
  comment(text: string, ids: readonly string[] | undefined): void {
    const unknown = ids?.find((id) => !this.#running.has(id));
    if (unknown !== undefined) throw new ProblemError("capture-unknown", `there is no capture ${unknown}`, unknown);
    const nowMs = performance.now();
    for (const [id, { capture }] of this.#running)
      if (ids === undefined || ids.includes(id)) capture.comment(text, nowMs);
  }

  stats(): readonly CaptureStats[] {
    return [...this.#running.values()].map(({ capture, points }) => capture.stats(points.map(dropsOf)));
  }

  /** Something happened to what the epoll knows by `token`. */
  drain(token: number): void {
    this.#ready.get(token)?.();
  }

  /** Writes what may be written. @param seenMs what came to jacks on wires until then is here */
  write(nowMs: number, seenMs: number): void {
    for (const running of this.#running.values()) {
      const { capture, points, due } = running;
      const lagMs = points.some(({ source }) => source !== undefined) ? captureLagMs : 0;
      const end = capture.write(nowMs, seenMs - lagMs);
      if (end === undefined) this.#options.timetable.update(due);
      else this.#end(running, end);
    }
  }

  /** An interface came on a wire, or left one. */
  jackMoved(ifindex: number): void {
    const isOnWire = this.#tapWire(ifindex);
    for (const running of this.#running.values()) {
      for (const [index, point] of running.points.entries()) {
        if (point.place.ifindex !== ifindex) continue;
        if (isOnWire) this.#closeSource(point);
        else this.#openSource(running, point, index);
      }
    }
  }

  /** Ends all captures with what is here. */
  closeAll(): void {
    for (const running of [...this.#running.values()]) this.#end(running, "stopped");
  }

  /** @param fds of sockets with rings, for the jacks that are not on wires; those that are not used are closed */
  #begin(spec: CaptureSpec, filter: FrameFilter | undefined, places: readonly Place[], fds: readonly number[]): void {
    const { memory, clock, epoll, timetable, opener } = this.#options;
    const spare = [...fds];
    using undo = new DisposableStack();
    using _ = { [Symbol.dispose]: () => spare.forEach((fd) => void opener.close(fd)) };
    const outputToken = this.#nextToken--;
    const output = openOutput(spec, epoll, outputToken);
    undo.defer(() => output.close());
    const capture = new Capture(spec, output, clock, filter, memory.u8);
    const points = places.map((place, index) => pointOf(capture, place, index));
    const due = timetable.add(dueOf(capture));
    undo.defer(() => timetable.remove(due));
    const running: Running = { spec, capture, output, points, due, outputToken, stopped: [] };
    this.#running.set(spec.id, running);
    undo.defer(() => {
      this.#running.delete(spec.id);
      for (const point of points) this.#detach(point);
    });
    for (const [index, point] of points.entries()) {
      const { ifindex } = point.place;
      if (ifindex === undefined || this.#tapWire(ifindex)) continue;
      const fd = spare.shift();
      // A jack that left its wire while the rings were made.
      if (fd === undefined) this.#openSource(running, point, index);
      else this.#useSource(running, point, index, fd);
    }
    this.#ready.set(outputToken, () => output.flush());
    undo.move();
  }

  /** Frames that pass until the ring is there, some ten milliseconds, are not captured. */
  #openSource(running: Running, point: Point, interfaceNumber: number): void {
    const { opener, wires } = this.#options;
    const { place } = point;
    const { ifindex } = place;
    if (ifindex === undefined) return;
    this.#opening++;
    opener.open([ringOf(running.spec)], (fds) => {
      using settled = new DisposableStack();
      settled.defer(() => this.#opened());
      const [fd] = fds ?? [];
      if (fd === undefined) return;
      const isWanted =
        this.#running.get(running.spec.id) === running &&
        point.source === undefined &&
        point.place === place &&
        !wires.has(ifindex);
      try {
        if (isWanted) this.#useSource(running, point, interfaceNumber, fd);
      } catch {
        // The interface has gone, and nothing will pass it.
      }
      if (point.source?.fd !== fd) opener.close(fd);
    });
  }

  #opened(): void {
    this.#opening--;
    if (this.#opening > 0) return;
    for (const done of this.#waiting.splice(0)) done();
  }

  /** @param fd of a socket with a ring; it is the source's when there is no error */
  #useSource({ spec, capture }: Running, point: Point, interfaceNumber: number, fd: number): void {
    const { memory, rings, clock, epoll } = this.#options;
    const token = this.#nextToken--;
    const { ifindex, isPort } = point.place;
    if (ifindex === undefined) throw new ProblemError("jack-unusable", "there is no jack", spec.id);
    const { bytes } = ringOf(spec);
    const shared = { memory, rings, clock, epoll };
    try {
      const source = new CaptureSource({ capture, interfaceNumber, ifindex, isPort, fd, bytes, token, ...shared });
      point.source = source;
      this.#ready.set(token, () => source.drain());
    } catch (error) {
      throw unusable(spec.id, ifindex, error);
    }
  }

  #detach(point: Point): void {
    this.#closeSource(point);
    this.#tapWire(point.place.ifindex);
  }

  /** Gives a wire's jack the taps of all captures of it. @returns false when it is not on a wire */
  #tapWire(ifindex: number | undefined): boolean {
    if (ifindex === undefined) return false;
    const points = [...this.#running.values()].flatMap((running) => running.points);
    return this.#options.wires.tap(
      ifindex,
      points.filter(({ place }) => place.ifindex === ifindex).map(({ tap }) => tap),
    );
  }

  #closeSource(point: Point): void {
    const { source } = point;
    if (source === undefined) return;
    source.drain();
    point.droppedByRing += source.drops();
    point.source = undefined;
    this.#ready.delete(source.token);
    source.release();
    this.#options.opener.close(source.fd);
  }

  #end(running: Running, reason: CaptureEnd): void {
    const { spec, capture, output, points, due, stopped } = running;
    this.#running.delete(spec.id);
    for (const point of points) this.#detach(point);
    this.#options.timetable.remove(due);
    const drops = points.map(dropsOf);
    capture.finish(drops);
    const stats = capture.stats(drops);
    this.#closeWhenRead(running);
    for (const done of stopped) done(stats);
    if (reason === "stopped") return;
    const failed = reason === "write-failed" ? { message: `${spec.path}: ${output.failure}` } : {};
    this.#options.tell({ event: "capture.ended", reason, capture: stats, ...failed });
  }

  /** A stream's reader gets what is still to be read, if it takes it in time. */
  #closeWhenRead({ output, outputToken }: Running): void {
    const { timetable } = this.#options;
    if (output.isDone) {
      this.#ready.delete(outputToken);
      output.close();
      return;
    }
    const finish = () => {
      timetable.remove(due);
      this.#ready.delete(outputToken);
      output.close();
    };
    const due = timetable.add({ nextMs: performance.now() + drainMs, run: finish });
    this.#ready.set(outputToken, () => {
      output.flush();
      if (output.isDone) finish();
    });
  }
}

/** The loop writes after every turn; this makes it turn. */
const dueOf = (capture: Capture) => ({
  get nextMs() {
    return capture.nextMs;
  },
  run: () => undefined,
});
