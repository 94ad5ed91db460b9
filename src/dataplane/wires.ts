import { type Epoll, interfaceIndex, KernelError, type RingKind, ringBytes, type WallClock } from "../kernel/index.ts";
import {
  type Cut,
  type Impairment,
  impairmentProblems,
  type JackRef,
  type LinkStats,
  type WireChange,
  type WireLink,
} from "./contract.ts";
import { Direction, type Workshop } from "./direction.ts";
import { type RingSpace, slotsFor } from "./frames/ring-space.ts";
import { Jack, type Tap } from "./jack.ts";
import { ProblemError } from "./problem.ts";
import type { RingOpener } from "./ring-opener.ts";
import type { Timetable } from "./timetable.ts";

/** A jack with the part of the memory its ring is in, and its direction's number in the timetable. */
type Plug = {
  readonly jack: Jack;
  readonly offset: number;
  readonly bytes: number;
  /** Out of this jack's node, into the link. */
  readonly out: Direction;
  readonly due: number;
};

type OpenJack = Pick<Plug, "jack" | "offset" | "bytes">;
type Wire = { readonly id: string; readonly a: Plug; readonly b: Plug };
/** A link whose jacks are known. */
type Planned = { readonly link: WireLink; readonly a: number; readonly b: number };

export type WiresOptions = {
  readonly workshop: Workshop;
  readonly opener: RingOpener;
  readonly rings: RingSpace;
  readonly clock: WallClock;
  readonly epoll: Epoll;
  readonly timetable: Timetable;
  /** Where in the memory the places for long frames are. */
  readonly longPlacesAt: number;
  /** Tells that a jack came on a wire, or left one, so that its capture moves. */
  readonly moved: (ifindex: number) => void;
};

/** The links this process carries. */
export class Wires {
  readonly #options: WiresOptions;
  readonly #wires = new Map<string, Wire>();
  /** By interface index, which is also what the epoll knows a jack by. */
  readonly #plugs = new Map<number, Plug>();
  /** Ids and interface indexes of links that are being added. */
  readonly #comingIds = new Set<string>();
  readonly #comingJacks = new Set<number>();

  constructor(options: WiresOptions) {
    this.#options = options;
  }

  /**
   * All of them or, when one cannot be, none.
   *
   * @param done is called when they carry frames, or with the error
   * @throws {ProblemError} at once for what is wrong with the request
   */
  add(links: readonly WireLink[], done: (error?: unknown) => void): void {
    const planned = this.#plan(links);
    const ring: RingKind = { kind: "link", slots: slotsFor(this.#plugs.size + this.#comingJacks.size) };
    const jacks = planned.flatMap(({ a, b }) => [a, b]);
    this.#options.opener.open(
      jacks.map(() => ring),
      (fds, error) => {
        for (const { id } of links) this.#comingIds.delete(id);
        for (const jack of jacks) this.#comingJacks.delete(jack);
        if (fds === undefined) {
          done(new ProblemError("jack-unusable", String(error?.message)));
          return;
        }
        try {
          this.#plugAll(planned, fds, ring.slots);
        } catch (problem) {
          done(problem);
          return;
        }
        done();
      },
    );
    if (jacks.length === 0) done();
  }

  set(changes: readonly WireChange[]): void {
    const found = changes.map((change) => ({ change, wire: this.#wire(change.id) }));
    for (const { id, ab, ba } of changes) for (const one of [ab, ba]) if (one !== undefined) checkImpairment(id, one);
    const nowMs = performance.now();
    for (const { change, wire } of found) {
      cutDirections(wire, change.cut);
      for (const [plug, impairment] of [
        [wire.a, change.ab],
        [wire.b, change.ba],
      ] as const) {
        if (impairment === undefined) continue;
        plug.out.set(impairment, nowMs);
        this.#options.timetable.update(plug.due);
      }
    }
  }

  /** All of them, or, when one is not there, none. */
  remove(ids: readonly string[]): void {
    for (const wire of new Set(ids.map((id) => this.#wire(id)))) this.#remove(wire);
  }

  stats(ids: readonly string[] | undefined, reset: boolean): readonly LinkStats[] {
    const wires = ids === undefined ? [...this.#wires.values()] : ids.map((id) => this.#wire(id));
    return wires.map(({ id, a, b }) => ({ id, ab: a.out.stats(reset), ba: b.out.stats(reset) }));
  }

  /** Reads what has come to a jack. See Jack.drain. */
  drain(ifindex: number, nowMs: number, beforeMs: number): number | undefined {
    const plug = this.#plugs.get(ifindex);
    if (plug === undefined) return undefined;
    const last = plug.jack.drain(nowMs, beforeMs);
    this.#options.timetable.update(plug.due);
    return last;
  }

  has(ifindex: number): boolean {
    return this.#plugs.has(ifindex);
  }

  /** Whether the interface is a jack on a wire; if so, `taps` see its frames from now on. */
  tap(ifindex: number, taps: readonly Tap[]): boolean {
    const plug = this.#plugs.get(ifindex);
    if (plug === undefined) return false;
    plug.jack.taps = taps;
    return true;
  }

  /** Checks everything that can be wrong with links, and holds their ids and jacks until they are there. */
  #plan(links: readonly WireLink[]): readonly Planned[] {
    using undo = new DisposableStack();
    const planned = links.map((link) => {
      const { id, seed } = link;
      if (this.#wires.has(id) || this.#comingIds.has(id))
        throw new ProblemError("link-exists", `there is a wire ${id} already`, id);
      if (!(Number.isSafeInteger(seed) && seed >= 0))
        throw new ProblemError("request-invalid", `the seed ${seed} is not an integer from 0 to 2^53 - 1`, id);
      for (const impairment of [link.ab, link.ba]) checkImpairment(id, impairment);
      this.#comingIds.add(id);
      undo.defer(() => this.#comingIds.delete(id));
      const [a, b] = [link.a, link.b].map((reference) => {
        const ifindex = indexOf(id, reference);
        if (this.#plugs.has(ifindex) || this.#comingJacks.has(ifindex))
          throw new ProblemError("jack-taken", `interface ${ifindex} is a jack of a wire already`, id);
        this.#comingJacks.add(ifindex);
        undo.defer(() => this.#comingJacks.delete(ifindex));
        return ifindex;
      }) as [number, number];
      return { link, a, b };
    });
    undo.move();
    return planned;
  }

  /** @param fds two for each link, which are closed when they are not used */
  #plugAll(planned: readonly Planned[], fds: readonly number[], slots: number): void {
    using undo = new DisposableStack();
    const unused = new Set(fds);
    undo.defer(() => {
      for (const fd of unused) this.#options.opener.close(fd);
    });
    for (const [index, { link, a, b }] of planned.entries()) {
      const [jackA, jackB] = [a, b].map((ifindex, end) => {
        const fd = fds[2 * index + end] as number;
        const jack = this.#openJack(link.id, ifindex, fd, slots);
        unused.delete(fd);
        undo.defer(() => this.#closeJack(jack));
        return jack;
      }) as [OpenJack, OpenJack];
      const wire = { id: link.id, a: this.#plug(link, jackA, jackB, 0), b: this.#plug(link, jackB, jackA, 1) };
      cutDirections(wire, link.cut);
      this.#wires.set(link.id, wire);
      undo.defer(() => this.#withdraw(wire));
      for (const one of [wire.a, wire.b]) {
        this.#plugs.set(one.jack.ifindex, one);
        this.#options.epoll.add(one.jack.fd, one.jack.ifindex);
      }
    }
    undo.move();
    for (const { a, b } of planned) for (const ifindex of [a, b]) this.#options.moved(ifindex);
  }

  #plug(link: WireLink, from: OpenJack, to: OpenJack, which: 0 | 1): Plug {
    const { workshop, timetable } = this.#options;
    const out = new Direction(workshop, from.jack, to.jack, link.seed, which);
    out.set(which === 0 ? link.ab : link.ba, performance.now());
    from.jack.plugInto(out);
    return { ...from, out, due: timetable.add(out) };
  }

  #openJack(link: string, ifindex: number, fd: number, slots: number): OpenJack {
    const { workshop, rings, clock, longPlacesAt } = this.#options;
    const bytes = ringBytes({ kind: "link", slots });
    const offset = rings.take(bytes);
    if (offset === undefined) throw new ProblemError("too-many-jacks", "there is no memory left for a ring", link);
    try {
      const jack = new Jack({ fd, ifindex, memory: workshop.memory, offset, slots }, clock, longPlacesAt);
      return { jack, offset, bytes };
    } catch (error) {
      rings.give(offset, bytes);
      throw unusable(link, ifindex, error);
    }
  }

  #remove(wire: Wire): void {
    this.#withdraw(wire);
    for (const plug of [wire.a, wire.b]) {
      this.#closeJack(plug);
      this.#options.moved(plug.jack.ifindex);
    }
  }

  /** Takes a wire out of everything that knows it; its jacks stay open. */
  #withdraw(wire: Wire): void {
    this.#wires.delete(wire.id);
    for (const { jack, out, due } of [wire.a, wire.b]) {
      this.#plugs.delete(jack.ifindex);
      this.#options.timetable.remove(due);
      this.#options.epoll.remove(jack.fd);
      out.clear();
    }
  }

  #closeJack({ jack, offset, bytes }: OpenJack): void {
    jack.unmap();
    this.#options.opener.close(jack.fd);
    this.#options.rings.give(offset, bytes);
  }

  #wire(id: string): Wire {
    const wire = this.#wires.get(id);
    if (wire === undefined) throw new ProblemError("link-unknown", `there is no wire ${id}`, id);
    return wire;
  }
}

function cutDirections({ a, b }: Wire, cut: Cut | undefined): void {
  if (cut === undefined) return;
  a.out.isCut = cut.ab;
  b.out.isCut = cut.ba;
}

function checkImpairment(link: string, impairment: Impairment): void {
  const problems = impairmentProblems(impairment);
  if (problems.length > 0) throw new ProblemError("impairment-impossible", problems.join("; "), link);
}

/** @throws {ProblemError} jack-unusable */
export function indexOf(subject: string, reference: JackRef): number {
  if ("ifindex" in reference) return reference.ifindex;
  try {
    return interfaceIndex(reference.name);
  } catch (error) {
    throw unusable(subject, reference.name, error);
  }
}

export function unusable(subject: string, jack: number | string, error: unknown): unknown {
  if (!(error instanceof KernelError)) return error;
  return new ProblemError("jack-unusable", `interface ${jack} cannot be used: ${error.message}`, subject);
}
