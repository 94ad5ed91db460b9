import { setTimeout } from "node:timers/promises";
import type { CountersLine } from "../api/index.ts";
import type { LinkCounters as JackCounters } from "../kernel/index.ts";
import type { Link } from "../topology/index.ts";
import type { Connection } from "./panel/connection.ts";

type Count = Extract<CountersLine, { type: "counts" }>["of"][number];
/** Frames and bytes: sent from a to b, arrived there, sent from b to a, arrived there. */
type Sums = readonly [number, number, number, number, number, number, number, number];

export type LinkCountersOptions = {
  /** All jacks' counters, in one question to the kernel. */
  readonly read: () => readonly JackCounters[];
  readonly links: () => Iterable<{ readonly link: Link; readonly connection: Connection }>;
};

const everyMs = 1_000;

/**
 * What passes on the links, asked of the kernel once a second for all of them together, and for all who read together;
 * not at all while nobody does. Who is slow gets what passed meanwhile as one.
 */
export class LinkCounters {
  readonly #options: LinkCountersOptions;
  readonly #readers = new Set<Reader>();
  #before = new Map<string, Sums>();
  #beforeMs = 0;
  #sampling: Promise<void> | undefined;

  constructor(options: LinkCountersOptions) {
    this.#options = options;
  }

  async *follow(signal: AbortSignal): AsyncGenerator<CountersLine> {
    const reader = new Reader();
    this.#readers.add(reader);
    signal.addEventListener("abort", reader.wake, { once: true });
    this.#sampling ??= this.#sample().finally(() => {
      this.#sampling = undefined;
    });
    try {
      while (!signal.aborted) yield* await reader.next(signal);
    } finally {
      this.#readers.delete(reader);
      signal.removeEventListener("abort", reader.wake);
    }
  }

  async #sample(): Promise<void> {
    this.#look();
    while (this.#readers.size > 0) {
      await setTimeout(everyMs, undefined, { ref: false });
      const { counts, ids, elapsedMs } = this.#look();
      for (const reader of this.#readers) reader.push(ids, counts, elapsedMs);
    }
    this.#before = new Map();
  }

  #look(): { readonly ids: readonly string[]; readonly counts: ReadonlyMap<string, Sums>; readonly elapsedMs: number } {
    const jacks = new Map(this.#options.read().map((one) => [one.ifindex, one]));
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#beforeMs;
    this.#beforeMs = nowMs;
    const now = new Map<string, Sums>();
    const counts = new Map<string, Sums>();
    const ids: string[] = [];
    for (const { link, connection } of this.#options.links()) {
      const { id } = link;
      ids.push(id);
      const sums = sumsOf(link, connection, jacks);
      const before = this.#before.get(id);
      now.set(id, sums);
      if (before === undefined) continue;
      // A link that has been made of something new counts from nothing again.
      const passed = sums.map((sum, index) => Math.max(0, sum - (before[index] ?? 0))) as unknown as Sums;
      if (passed.some((one) => one > 0)) counts.set(id, passed);
    }
    this.#before = now;
    return { ids, counts, elapsedMs };
  }
}

/** What one who follows has not been told. */
class Reader {
  #ids: readonly string[] = [];
  #isNew = false;
  #counts = new Map<string, Sums>();
  #elapsedMs = 0;
  #wake: () => void = () => undefined;

  readonly wake = (): void => this.#wake();

  push(ids: readonly string[], counts: ReadonlyMap<string, Sums>, elapsedMs: number): void {
    if (ids.length !== this.#ids.length || ids.some((id, index) => id !== this.#ids[index])) {
      this.#ids = ids;
      this.#isNew = true;
    }
    for (const [id, sums] of counts) {
      const known = this.#counts.get(id);
      const both = known === undefined ? sums : known.map((one, index) => one + (sums[index] ?? 0));
      this.#counts.set(id, both as unknown as Sums);
    }
    this.#elapsedMs += elapsedMs;
    this.#wake();
  }

  async next(signal: AbortSignal): Promise<readonly CountersLine[]> {
    if (this.#elapsedMs === 0 && !signal.aborted)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#elapsedMs === 0) return [];
    const places = new Map(this.#ids.map((id, index) => [id, index]));
    const of = [...this.#counts].flatMap(([id, sums]): Count[] => {
      const place = places.get(id);
      return place === undefined ? [] : [[place, ...sums]];
    });
    const elapsedMs = Math.round(this.#elapsedMs);
    const lines: CountersLine[] = this.#isNew ? [{ type: "links", ids: [...this.#ids] }] : [];
    this.#isNew = false;
    this.#counts = new Map();
    this.#elapsedMs = 0;
    return [...lines, { type: "counts", at: new Date().toISOString(), elapsedMs, of }];
  }
}

/** A jack receives what its node sends, and sends what its node gets. */
function sumsOf({ a }: Link, connection: Connection, jacks: ReadonlyMap<number, JackCounters>): Sums {
  const received = (ifindex: number) => {
    const jack = jacks.get(ifindex);
    return [jack?.rxFrames ?? 0, jack?.rxBytes ?? 0] as const;
  };
  const sent = (ifindex: number) => {
    const jack = jacks.get(ifindex);
    return [jack?.txFrames ?? 0, jack?.txBytes ?? 0] as const;
  };
  switch (connection.medium) {
    case "kernel":
    case "queues":
    case "wire": {
      const [one = 0, other = 0] = [connection.a, connection.b].map((end) =>
        "jack" in end ? end.jack.ifindex : end.ifindex,
      );
      return [...received(one), ...sent(other), ...received(other), ...sent(one)];
    }
    case "port": {
      const { jack, end } = connection.port;
      const [from, to] = [received(jack.ifindex), sent(jack.ifindex)];
      const isMachineA = !(end.node === a.node && end.interface === a.interface);
      return isMachineA ? [...from, ...from, ...to, ...to] : [...to, ...to, ...from, ...from];
    }
    case "cord": {
      const [one, other] = [connection.a.jack.ifindex, connection.b.jack.ifindex];
      return [...sent(one), ...received(other), ...sent(other), ...received(one)];
    }
    default:
      return connection satisfies never;
  }
}
