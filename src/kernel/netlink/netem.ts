import { distributionEntries, distributionScale, normalDelays, paretoDelays } from "../delay-distribution.ts";
import { Attributes, type MessageWriter } from "./codec.ts";
import * as ps from "./headers/pkt-sched.ts";
import { nsOfTicks, ticksOf } from "./tick.ts";

/** What netem does to frames (tc-netem(8)); probabilities from 0 to 1. What is absent does not happen. */
export type NetemSettings = {
  readonly delayMs?: number;
  /** At most `longestJitterMs`. */
  readonly jitterMs?: number;
  /**
   * `uniform` (when absent): evenly within `jitterMs` of the delay. The others have it as their standard
   * deviation (delay-distribution.ts).
   */
  readonly distribution?: "uniform" | "normal" | "pareto";
  /**
   * Frames never overtake each other, however short their draw of the delay; only `reorder` makes them.
   * netem knows this only as a side effect of its rate: with one, no frame is due before the one in
   * front of it. So without a `rateBps` a rate is set at which a frame takes less than a nanosecond.
   */
  readonly keepOrder?: boolean;
  readonly loss?:
    | { readonly uniform: number }
    /** `loss gemodel`: probabilities of turning bad and good, and of loss in the good state (1-k) and in the bad one (1-h). */
    | {
        readonly gilbertElliott: {
          readonly p: number;
          readonly r: number;
          readonly goodLoss: number;
          readonly badLoss: number;
        };
      };
  readonly duplicate?: number;
  readonly corrupt?: number;
  /** Frames sent at once while others are delayed; at least `gap - 1` (0 when absent) are delayed in between. */
  readonly reorder?: { readonly probability: number; readonly gap?: number };
  /** Bits per second. netem's own rate, which waits within the delay; a tbf below it keeps the two apart. */
  readonly rateBps?: number;
  /** Frames in flight and waiting, those of the queue below included; `defaultNetemLimit` when absent. */
  readonly limitPackets?: number;
  /** For every random draw, from Linux 6.7 on; older kernels draw as they like. */
  readonly seed?: bigint;
};

/** Of netem: longer ones it silently cuts (netem_change, net/sched/sch_netem.c). */
export const longestJitterMs = 0x7fff_ffff / 1e6;

/** Out of reach of what is in flight on a lab's link: 1.2 s of 10 Gbit/s. netem's own 1,000 would drop at 100 Mbit/s and 120 ms. */
export const defaultNetemLimit = 1_000_000;

/** Bytes per second. */
const orderKeepingRate = 1_000_000_000_000_000n;
const most = 0xffff_ffff;

/**
 * struct tc_netem_qopt and attributes behind it. All are there even when they are nothing: netem keeps
 * what a change leaves out (the table of the delay, corruption, the rate).
 *
 * @throws {RangeError} when a jitter is longer than netem has
 */
export function encodeNetem(writer: MessageWriter, settings: NetemSettings): void {
  const { delayMs = 0, jitterMs = 0, distribution = "uniform", loss, reorder } = settings;
  if (jitterMs > longestJitterMs)
    throw new RangeError(`netem: a jitter of ${jitterMs} ms, and the longest is ${longestJitterMs} ms`);
  writer
    .u32(ticksOf(delayMs * 1e6))
    .u32(settings.limitPackets ?? defaultNetemLimit)
    .u32(loss !== undefined && "uniform" in loss ? share(loss.uniform) : 0)
    .u32(reorder === undefined ? 0 : (reorder.gap ?? 1))
    .u32(share(settings.duplicate ?? 0))
    .u32(ticksOf(jitterMs * 1e6));
  writer.attributeBytes(ps.TCA_NETEM_CORR, words(0, 0, 0));
  writer.attributeU64(ps.TCA_NETEM_LATENCY64, BigInt(Math.round(delayMs * 1e6)));
  writer.attributeU64(ps.TCA_NETEM_JITTER64, BigInt(Math.round(jitterMs * 1e6)));
  if (jitterMs > 0) writer.attributeBytes(ps.TCA_NETEM_DELAY_DIST, new Uint8Array(tableOf(distribution).buffer));
  writer.attributeBytes(ps.TCA_NETEM_REORDER, words(share(reorder?.probability ?? 0), 0));
  writer.attributeBytes(ps.TCA_NETEM_CORRUPT, words(share(settings.corrupt ?? 0), 0));
  encodeRate(writer, settings);
  if (loss !== undefined && "gilbertElliott" in loss) {
    const { p, r, goodLoss, badLoss } = loss.gilbertElliott;
    writer.nested(ps.TCA_NETEM_LOSS, () =>
      writer.attributeBytes(ps.NETEM_LOSS_GE, words(share(p), share(r), share(1 - badLoss), share(goodLoss))),
    );
  }
  if (settings.seed !== undefined) writer.attributeU64(ps.TCA_NETEM_PRNG_SEED, settings.seed);
}

/** struct tc_netem_rate: rate, overhead of a packet, size and overhead of a cell (ATM). */
function encodeRate(writer: MessageWriter, { rateBps, keepOrder }: NetemSettings): void {
  const fastest = keepOrder === true ? orderKeepingRate : 0n;
  const rate = rateBps === undefined ? fastest : BigInt(Math.max(1, Math.round(rateBps / 8)));
  if (rate > BigInt(most)) writer.attributeU64(ps.TCA_NETEM_RATE64, rate);
  writer.attributeBytes(ps.TCA_NETEM_RATE, words(rate > BigInt(most) ? most : Number(rate), 0, 0, 0));
}

/** What the kernel tells of a netem: not the distribution, and of the seed only newer ones. Probabilities are in steps of 2^-32. */
export function decodeNetem(options: Buffer): NetemSettings {
  const attributes = Attributes.read(options, 24);
  const [latency = 0, limit = 0, loss = 0, gap = 0, duplicate = 0, jitter = 0] = wordsOf(options.subarray(0, 24));
  const delayNs = Number(attributes.u64(ps.TCA_NETEM_LATENCY64) ?? nsOfTicks(latency));
  const jitterNs = Number(attributes.u64(ps.TCA_NETEM_JITTER64) ?? nsOfTicks(jitter));
  const [corrupt = 0] = wordsOf(attributes.bytes(ps.TCA_NETEM_CORRUPT));
  const [reorder = 0] = wordsOf(attributes.bytes(ps.TCA_NETEM_REORDER));
  const [p, r, h, k1] = wordsOf(attributes.nested(ps.TCA_NETEM_LOSS)?.bytes(ps.NETEM_LOSS_GE));
  const rate = attributes.u64(ps.TCA_NETEM_RATE64) ?? BigInt(wordsOf(attributes.bytes(ps.TCA_NETEM_RATE))[0] ?? 0);
  const seed = attributes.u64(ps.TCA_NETEM_PRNG_SEED);
  return {
    limitPackets: limit,
    ...(delayNs === 0 ? {} : { delayMs: delayNs / 1e6 }),
    ...(jitterNs === 0 ? {} : { jitterMs: jitterNs / 1e6 }),
    ...(loss === 0 ? {} : { loss: { uniform: loss / most } }),
    ...(p === undefined || r === undefined || h === undefined || k1 === undefined
      ? {}
      : { loss: { gilbertElliott: { p: p / most, r: r / most, goodLoss: k1 / most, badLoss: 1 - h / most } } }),
    ...(duplicate === 0 ? {} : { duplicate: duplicate / most }),
    ...(corrupt === 0 ? {} : { corrupt: corrupt / most }),
    ...(gap === 0 ? {} : { reorder: { probability: reorder / most, gap } }),
    ...(rate === 0n ? {} : { keepOrder: true }),
    ...(rate === 0n || rate === orderKeepingRate ? {} : { rateBps: Number(rate) * 8 }),
    ...(seed === undefined ? {} : { seed }),
  };
}

function tableOf(distribution: "uniform" | "normal" | "pareto"): Int16Array<ArrayBuffer> {
  switch (distribution) {
    // netem draws evenly when it has no table, but once it has one there is no way to take it away.
    case "uniform":
      return Int16Array.from({ length: distributionEntries }, (_, index) =>
        Math.round(((index + 0.5) / distributionEntries) * 2 * distributionScale - distributionScale),
      );
    case "normal":
      return normalDelays();
    case "pareto":
      return paretoDelays();
    default:
      return distribution satisfies never;
  }
}

const share = (probability: number): number => Math.round(probability * most);

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
}

const wordsOf = (bytes: Buffer = Buffer.alloc(0)): readonly number[] =>
  Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readUInt32LE(4 * index));
