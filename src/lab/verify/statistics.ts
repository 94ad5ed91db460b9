import type { Arrivals } from "./reference.ts";

/** Frames that were sent in one phase, all as long, and what arrived. Times are in milliseconds of one clock. */
export type Observation = Arrivals & {
  readonly bytes: number;
  readonly sentMs: ArrayLike<number>;
};

/** What is said of frames that were sent, in numbers. */
export type Statistics = {
  readonly sent: number;
  /** Frames of which at least one arrived. */
  readonly arrived: number;
  /** All that arrived. */
  readonly copies: number;
  /** Frames whose delay is known. */
  readonly delays: number;
  /** Percentiles of the delay, in milliseconds. NaN when nothing arrived. */
  readonly p5: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** From the percentile 5 to the percentile 95. */
  readonly spread: number;
  /** Of the frames sent. */
  readonly loss: number;
  /** Of those that arrived. */
  readonly duplicates: number;
  /** Of all that arrived, copies too. */
  readonly corrupted: number;
  /** Of the frames that arrived: those that did before one that was sent earlier. */
  readonly overtaking: number;
  /** Bits that arrived, by time. NaN for fewer than two frames. */
  readonly rateBps: number;
};

export function statisticsOf({ sentMs, arrivalMs, copies, corrupted, order, orderMs, bytes }: Observation): Statistics {
  const sent = sentMs.length;
  const delays = new Float64Array(sent);
  let arrived = 0;
  let doubled = 0;
  for (let number = 0; number < sent; number++) {
    const count = copies[number] as number;
    if (count === 0) continue;
    delays[arrived++] = (arrivalMs[number] as number) - (sentMs[number] as number);
    if (count > 1) doubled++;
  }
  const sorted = delays.subarray(0, arrived).sort();
  const at = (share: number) => quantile(sorted, share);
  return {
    sent,
    arrived,
    copies: order.length,
    delays: arrived,
    p5: at(0.05),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    spread: at(0.95) - at(0.05),
    loss: sent === 0 ? 0 : 1 - arrived / sent,
    duplicates: arrived === 0 ? 0 : doubled / arrived,
    corrupted: order.length === 0 ? 0 : corrupted / order.length,
    overtaking: arrived === 0 ? 0 : overtakes(order, copies) / arrived,
    rateBps: (bytes * 8000) / msPerFrame(orderMs),
  };
}

/** How many frames arrived before one that was sent earlier and arrived too. */
function overtakes(order: readonly number[], copies: Uint8Array): number {
  // From the end: whoever comes before a smaller number has overtaken it.
  const seen = new Uint8Array(copies.length);
  const firsts = order.filter((number) => {
    const isFirst = seen[number] === 0;
    seen[number] = 1;
    return isFirst;
  });
  let least = Infinity;
  let count = 0;
  for (let index = firsts.length - 1; index >= 0; index--) {
    const number = firsts[index] as number;
    if (number > least) count++;
    least = Math.min(least, number);
  }
  return count;
}

/**
 * The slope of the line that fits arrivals best (least squares): frames that are late for a while
 * hardly move it, whereas the first or the last of them would move a mean from end to end.
 */
function msPerFrame(orderMs: readonly number[]): number {
  const count = orderMs.length;
  const middle = (count - 1) / 2;
  let weighted = 0;
  for (let index = 0; index < count; index++) weighted += (index - middle) * (orderMs[index] as number);
  const squares = (count * (count * count - 1)) / 12;
  return count < 2 || weighted <= 0 ? Number.NaN : weighted / squares;
}

/** Between the two values next to it. */
function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (place - Math.floor(place)) * (above - below);
}
