import { distributionEntries, distributionScale, normalDelays, paretoDelays } from "../../kernel/index.ts";
import type { Impairment, Loss } from "../../topology/index.ts";

/**
 * What the lab file's words mean, as a computation of its own: neither the wire's code nor the
 * kernel's, so that it can judge both. Frames go through it in the order src/dataplane/contract.ts tells.
 */

/** From 0 to just below 1. */
export type Random = () => number;

/** Of each frame sent: when it arrived first (Infinity: never), how many of it did, how many of them were corrupted. */
export type Arrivals = {
  readonly arrivalMs: Float64Array;
  readonly copies: Uint8Array;
  readonly corrupted: number;
  /** The numbers of frames in the order in which they arrived, copies too; and when each did. */
  readonly order: readonly number[];
  readonly orderMs: readonly number[];
};

/** What waits where nothing is said (src/dataplane/contract.ts). */
const defaultQueue = { packets: 1000 } as const;

/** A repeatable source of chance: mulberry32, by Tommy Ettinger (public domain). */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Tables of the distributions that are not computed draw by draw. */
export type DelayTables = { readonly normal: Int16Array; readonly pareto: Int16Array };
export const delayTables = (): DelayTables => ({ normal: normalDelays(), pareto: paretoDelays() });

/** Sends frames of `bytes` at the moments given, ascending, through an impairment. */
export function simulate(
  impairment: Impairment,
  sentMs: ArrayLike<number>,
  bytes: number,
  random: Random,
  tables: DelayTables,
): Arrivals {
  const flight = inFlight(impairment, sentMs, random, tables);
  const arrivalMs = new Float64Array(sentMs.length).fill(Infinity);
  const copies = new Uint8Array(sentMs.length);
  const order: number[] = [];
  const orderMs: number[] = [];
  let corrupted = 0;
  const line = lineOf(impairment, bytes);
  for (const { number, releaseMs, isCorrupted } of flight) {
    const doneMs = line(releaseMs);
    if (doneMs === undefined) continue;
    if (copies[number] === 0) arrivalMs[number] = doneMs;
    copies[number] = (copies[number] as number) + 1;
    order.push(number);
    orderMs.push(doneMs);
    if (isCorrupted) corrupted++;
  }
  return { arrivalMs, copies, corrupted, order, orderMs };
}

type Flying = { readonly number: number; readonly releaseMs: number; readonly isCorrupted: boolean };

/** Duplicates, loss, corruption and delay: what comes out of the delay, in the order of time. */
function inFlight(
  { duplicate = 0, corrupt = 0, loss, reorder, ...delay }: Impairment,
  sentMs: ArrayLike<number>,
  random: Random,
  tables: DelayTables,
): readonly Flying[] {
  const isLost = lossOf(loss, random);
  const drawMs = delayOf(delay, random, tables);
  const flying: Flying[] = [];
  let latestMs = -Infinity;
  let sinceReorder = 0;
  let isSorted = true;
  const enter = (number: number, atMs: number) => {
    const isCorrupted = corrupt > 0 && random() < corrupt;
    const gap = reorder?.gap ?? 1;
    const atOnce = reorder !== undefined && sinceReorder >= gap - 1 && random() < reorder.probability;
    sinceReorder = atOnce ? 0 : sinceReorder + 1;
    let releaseMs = atOnce ? atMs : atMs + drawMs();
    if (!atOnce && delay.jitterReorders !== true) releaseMs = Math.max(releaseMs, latestMs);
    if (releaseMs < latestMs) isSorted = false;
    latestMs = Math.max(latestMs, releaseMs);
    flying.push({ number, releaseMs, isCorrupted });
  };
  for (let number = 0; number < sentMs.length; number++) {
    const atMs = sentMs[number] as number;
    const lost = isLost();
    const doubled = duplicate > 0 && random() < duplicate;
    if (doubled && !lost && !isLost.ofCopy()) enter(number, atMs);
    if (doubled || !lost) enter(number, atMs);
  }
  return isSorted ? flying : flying.toSorted((one, other) => one.releaseMs - other.releaseMs);
}

type LossDraw = (() => boolean) & { ofCopy(): boolean };

function lossOf(loss: Loss | undefined, random: Random): LossDraw {
  if (loss === undefined) return Object.assign(() => false, { ofCopy: () => false });
  if ("uniform" in loss) {
    const draw = () => random() < loss.uniform;
    return Object.assign(draw, { ofCopy: draw });
  }
  const { p, r, goodLoss, badLoss } = loss.gilbertElliott;
  // As a link that has carried frames for long.
  let bad = p + r > 0 && random() < p / (p + r);
  let probability = 0;
  const draw = () => {
    probability = bad ? badLoss : goodLoss;
    bad = bad ? random() >= r : random() < p;
    return random() < probability;
  };
  return Object.assign(draw, { ofCopy: () => random() < probability });
}

function delayOf(
  { delayMs = 0, jitterMs = 0, distribution = "uniform" }: Impairment,
  random: Random,
  tables: DelayTables,
): () => number {
  if (jitterMs === 0) return () => delayMs;
  if (distribution === "uniform") return () => Math.max(0, delayMs + jitterMs * (2 * random() - 1));
  const table = tables[distribution];
  return () => {
    const deviation = (table[Math.floor(random() * distributionEntries)] as number) / distributionScale;
    return Math.max(0, delayMs + jitterMs * deviation);
  };
}

/** The rate and its queue: when a frame that comes to them has been sent; undefined when there is no room for it. */
function lineOf({ rateBps, queue = defaultQueue }: Impairment, bytes: number): (atMs: number) => number | undefined {
  if (rateBps === undefined) return (atMs) => atMs;
  const eachMs = (bytes * 8000) / rateBps;
  const room = "packets" in queue ? queue.packets : Math.floor(queue.bytes / bytes);
  let finishMs = -Infinity;
  return (atMs) => {
    // All frames are as long, so those that wait are told from when the last of them will have been sent.
    const waiting = finishMs <= atMs ? 0 : Math.ceil((finishMs - atMs) / eachMs - 1e-9);
    if (waiting >= room) return undefined;
    finishMs = Math.max(finishMs, atMs) + eachMs;
    return finishMs;
  };
}
