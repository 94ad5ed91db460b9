import { fstatSync, writeSync } from "node:fs";
import { Epoll, FrameMemory, raiseOpenFileLimit, SendBatch, setTimerSlack, WallClock } from "../kernel/index.ts";
import { Captures } from "./capture/captures.ts";
import {
  type DataplaneProblem,
  type NumberedRequest,
  protocolVersion,
  type Results,
  type StatsResult,
} from "./contract.ts";
import { ControlChannel } from "./control-channel.ts";
import { FrameStore } from "./frames/frame-store.ts";
import { RingSpace } from "./frames/ring-space.ts";
import { SuperFrame } from "./frames/super-frame.ts";
import { Train } from "./frames/train.ts";
import { computeDelayTables } from "./impairment/delay.ts";
import { longPlaceBytes, longPlaces } from "./jack.ts";
import { ProblemError } from "./problem.ts";
import { RingOpener } from "./ring-opener.ts";
import { Timetable } from "./timetable.ts";
import { Wires } from "./wires.ts";

const mebibyte = 1024 * 1024;
/** Address space, not memory: a page costs memory when it is first written to. */
const storeBytes = 1024 * mebibyte;
const ringSpaceBytes = 768 * mebibyte;
const longPlacesBytes = 2 * mebibyte;
const framesPerBatch = 512;
/** The epoll knows jacks by their interface index, and captures by negative numbers. */
const controlToken = 0;
const openerToken = -1_000_000_000;
/** A wait shorter than this is not worth the system call: it takes as long to come back from it. */
const shortestWaitMs = 0.01;

/**
 * The wire process: one loop that blocks until a frame comes, a frame is due or the supervisor wants
 * something, and then does all there is to do. Requests are met between batches of frames, so each sees
 * and leaves a consistent state.
 */
export class Dataplane {
  readonly #epoll = new Epoll();
  readonly #clock = new WallClock();
  readonly #timetable = new Timetable();
  readonly #control: ControlChannel;
  readonly #opener: RingOpener;
  readonly #store: FrameStore;
  readonly #wires: Wires;
  readonly #captures: Captures;
  #isControlWatchedForRoom = false;

  /**
   * In the network namespace this process is in.
   *
   * @param controlFd of the socket to the supervisor
   * @param program that calls `serveRingOpener` when it is not on the main thread
   */
  constructor(controlFd: number, program: URL) {
    raiseOpenFileLimit();
    setTimerSlack(1);
    const memory = FrameMemory.reserve(longPlacesBytes + storeBytes + ringSpaceBytes);
    if (longPlaces * longPlaceBytes > longPlacesBytes) throw new RangeError("the places for long frames do not fit");
    this.#store = new FrameStore(memory, longPlacesBytes, storeBytes);
    const rings = new RingSpace(longPlacesBytes + storeBytes, ringSpaceBytes);
    const batch = new SendBatch(memory, framesPerBatch);
    this.#control = new ControlChannel(controlFd);
    this.#epoll.add(controlFd, controlToken);
    this.#opener = new RingOpener(program);
    this.#epoll.add(this.#opener.fd, openerToken);
    const shared = { opener: this.#opener, rings, clock: this.#clock, epoll: this.#epoll, timetable: this.#timetable };
    this.#wires = new Wires({
      ...shared,
      workshop: {
        memory,
        store: this.#store,
        batch,
        train: new Train(memory, this.#store, batch),
        superFrame: new SuperFrame(memory),
        tables: computeDelayTables(),
      },
      longPlacesAt: 0,
      moved: (ifindex) => this.#captures.jackMoved(ifindex),
    });
    this.#captures = new Captures({
      ...shared,
      memory,
      wires: this.#wires,
      tell: (event) => this.#control.write(event),
    });
  }

  /** Works until the supervisor closes its end. @throws {KernelError} when the kernel refuses what this process cannot do without */
  run(): void {
    this.#control.write({ event: "ready", protocol: protocolVersion, pid: process.pid });
    let beforeMs = performance.now();
    for (let isOpen = true; isOpen; ) {
      this.#watchControlForRoom();
      const waitMs = this.#timetable.nextMs - performance.now();
      const count = this.#epoll.wait(waitMs < shortestWaitMs ? 0 : waitMs);
      const nowMs = this.#clock.read();
      // Of what came before this, everything has been seen when the jacks have been read to the end.
      let seenMs = nowMs;
      for (let index = 0; index < count; index++) {
        const token = this.#epoll.ready[index] as number;
        if (token === controlToken) isOpen = this.#meetRequests();
        else if (token === openerToken) this.#opener.read();
        else if (token > 0) seenMs = Math.min(seenMs, this.#wires.drain(token, nowMs, beforeMs) ?? seenMs);
        else this.#captures.drain(token);
      }
      this.#timetable.runDue(performance.now());
      this.#captures.write(nowMs, seenMs);
      beforeMs = nowMs;
    }
    this.#captures.closeAll();
  }

  #watchControlForRoom(): void {
    const { isFull } = this.#control;
    if (isFull === this.#isControlWatchedForRoom) return;
    this.#epoll.watchWritable(this.#control.fd, controlToken, isFull);
    this.#isControlWatchedForRoom = isFull;
  }

  /** @returns false when the supervisor has gone */
  #meetRequests(): boolean {
    const requests = this.#control.read();
    for (const request of requests ?? []) this.#meet(request);
    return requests !== undefined;
  }

  /** Some requests are met later, when the kernel is ready; the reply is sent then. */
  #meet(request: NumberedRequest): void {
    const { number } = request;
    const done = (result: Results[keyof Results]) => this.#control.write({ number, result });
    const failed = (error: unknown) => this.#control.write({ number, error: problemOf(error) });
    const settled = (error?: unknown) => (error === undefined ? done(null) : failed(error));
    try {
      switch (request.do) {
        case "link.add":
          this.#wires.add(request.links, settled);
          return;
        case "link.set":
          this.#wires.set(request.changes);
          done(null);
          return;
        case "link.remove":
          this.#wires.remove(request.ids);
          this.#captures.whenSettled(settled);
          return;
        case "stats":
          done(this.#stats(request.ids, request.reset ?? false));
          return;
        case "capture.start":
          this.#captures.start(request.capture, settled);
          return;
        case "capture.stop":
          this.#captures.stop(request.id, done);
          return;
        case "capture.move":
          this.#captures.move(request.id, request.moves, settled);
          return;
        case "capture.comment":
          this.#captures.comment(request.text, request.ids);
          done(null);
          return;
        default:
          request satisfies never;
          throw new ProblemError("request-invalid", `there is no request ${JSON.stringify(request)}`);
      }
    } catch (error) {
      failed(error);
    }
  }

  #stats(ids: readonly string[] | undefined, reset: boolean): StatsResult {
    const { user, system } = process.cpuUsage();
    return {
      links: this.#wires.stats(ids, reset),
      captures: this.#captures.stats(),
      cpuMs: (user + system) / 1000,
      frameMemoryBytes: this.#store.bytesInUse,
    };
  }
}

/** Runs the wire process to its end. */
export function runDataplane(controlFd: number, program: URL): void {
  try {
    process.title = "netwright-wire";
    if (!fstatSync(controlFd).isSocket()) throw new TypeError(`file descriptor ${controlFd} is not a socket`);
    new Dataplane(controlFd, program).run();
    process.exit(0);
  } catch (error) {
    writeSync(2, `netwright wire process: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }
}

function problemOf(error: unknown): DataplaneProblem {
  if (error instanceof ProblemError) return error.problem;
  return { code: "request-invalid", message: error instanceof Error ? error.message : String(error) };
}
