import type { PacketSocket } from "../../../src/kernel/index.ts";

/** An EtherType for experiments (IEEE 802, 9.2.4), so that nobody else's frames are counted. */
const etherType = "88b5";
const addresses = "02aaaaaaaa01020000000001";
const numberAt = 14;
const shortestBytes = 18;

/** The frame with this number. */
export function numbered(number: number, bytes = 60): Buffer {
  const frame = Buffer.alloc(Math.max(shortestBytes, bytes), number & 0xff);
  frame.write(addresses + etherType, 0, "hex");
  frame.writeUInt32BE(number, numberAt);
  return frame;
}

/** A frame that arrived: its number, and how long after it was sent. */
export type Arrival = { readonly number: number; readonly latencyMs: number; readonly atMs: number };

export type Flow = {
  readonly count: number;
  /** Between two frames; 0: as fast as this process can. */
  readonly everyMs: number;
  readonly bytes?: number;
  /** The number of the first. */
  readonly first?: number;
  /** Called before a frame is sent. */
  readonly before?: (number: number) => void;
};

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Sends numbered frames, and takes what arrives, while it sends and until nothing has come for `quietMs`. Blocks the thread. */
export function exchange(from: PacketSocket, to: PacketSocket, flow: Flow, quietMs = 500): readonly Arrival[] {
  const { count, everyMs, bytes, first = 0, before } = flow;
  const sentMs = new Float64Array(count);
  const arrivals: Arrival[] = [];
  let lastMs = performance.now();
  const take = () => {
    for (let frame = to.receive(); frame !== undefined; frame = to.receive()) {
      if (frame.toString("hex", 12, 14) !== etherType) continue;
      const number = frame.readUInt32BE(numberAt);
      lastMs = performance.now();
      arrivals.push({ number, latencyMs: lastMs - (sentMs[number - first] ?? Number.NaN), atMs: lastMs });
    }
  };
  const startMs = performance.now();
  for (let index = 0; index < count; index++) {
    while (performance.now() < startMs + index * everyMs) {
      take();
      Atomics.wait(pause, 0, 0, 0.05);
    }
    before?.(first + index);
    sentMs[index] = performance.now();
    from.send(numbered(first + index, bytes));
    if (index % 16 === 0) take();
  }
  lastMs = performance.now();
  while (performance.now() < lastMs + quietMs) {
    take();
    Atomics.wait(pause, 0, 0, 0.05);
  }
  return arrivals;
}

export const numbersOf = (arrivals: readonly Arrival[]): readonly number[] => arrivals.map(({ number }) => number);

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
