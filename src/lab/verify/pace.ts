import type { Impairment } from "../../topology/index.ts";
import { longestProbeBytes, shortestFrameBytes } from "./probe-frame.ts";

/** Frames at even distances. */
export type Pace = { readonly count: number; readonly everyMs: number; readonly bytes: number };

/** More frames than the rate takes, so that the rate is all that counts. */
export type Flood = {
  readonly bytes: number;
  readonly durationMs: number;
  /** Bits of frames offered per second, after the first of them, which come together. */
  readonly offeredBps: number;
  readonly firstFrames: number;
};

/** What one direction is measured with. */
export type ProbePlan = {
  /** For loss, duplicates, corruption and order, and for delays where there is nothing else for them. */
  readonly steady: Pace;
  /** For delays that vary and keep their order: so far apart that frames do not wait for each other. */
  readonly sparse?: Pace;
  readonly flood?: Flood;
  /** The longest that a frame is under way when everything is as it should be. */
  readonly longestMs: number;
  /** The longest that a second copy of a frame comes after the first. */
  readonly copiesMs: number;
};

export type ProbeWish = {
  /** In each direction. */
  readonly frames: number;
  /** For the frames at even distances, at most. */
  readonly seconds: number;
};

export const defaultWish: ProbeWish = { frames: 3000, seconds: 3 };
export const mostFrames = 1_000_000;
export const mostSeconds = 600;

/** As fast as frames are sent one by one: a packet socket, and what it feeds, keep up on any machine. */
const mostPerSecond = 5000;
/** Of the rate: frames then hardly wait for each other. */
const mostShareOfRate = 0.15;
/** Frames in flight are held on the sender's account where the kernel delays them, up to net.core.wmem_max. */
const mostInFlight = 250;
/** Fewer say little about how delays lie. */
const fewestSparse = 80;

const leastCopiesMs = 50;

const floodMs = 1200;
const longestFloodMs = 60_000;
/** Above the rate, so that there is always a frame to send. */
const floodExcess = 1.25;
/** Waiting from the beginning, so that a pause of the sender goes unnoticed. */
const floodAheadMs = 60;
/** A rate is told from at least so many frames. */
const fewestFloodFrames = 150;

/** @param mtu of the link */
export function probePlan(impairment: Impairment, mtu: number, { frames, seconds }: ProbeWish): ProbePlan {
  const { rateBps = Infinity, jitterMs = 0, jitterReorders = false, reorder } = impairment;
  const bytes = shortestFrameBytes;
  const longestMs = longestDelayMs(impairment) + (bytes * 8000) / rateBps;
  const leastMs = Math.max(
    1000 / mostPerSecond,
    (bytes * 8000) / (rateBps * mostShareOfRate),
    longestDelayMs(impairment) / mostInFlight,
  );
  const wholeMs = seconds * 1000;
  // The wish for many frames is met by sending them faster, the wish for little time by sending fewer.
  const everyMs = Math.max(leastMs, wholeMs / frames);
  const steady = { count: Math.max(2, Math.min(frames, Math.floor(wholeMs / everyMs))), everyMs, bytes };
  const apartMs = Math.min(spreadMs(impairment), wholeMs / fewestSparse);
  const needsSparse = jitterMs > 0 && !jitterReorders && reorder === undefined && apartMs > everyMs;
  const sparse = { count: Math.max(2, Math.floor(wholeMs / apartMs)), everyMs: apartMs, bytes };
  return {
    steady,
    ...(needsSparse ? { sparse } : {}),
    ...(impairment.rateBps === undefined ? {} : { flood: floodOf(impairment, impairment.rateBps, mtu) }),
    longestMs,
    copiesMs: leastCopiesMs + (impairment.duplicate === undefined ? 0 : spreadMs(impairment) + longestMs / 2),
  };
}

function floodOf(impairment: Impairment, rateBps: number, mtu: number): Flood {
  const most = Math.min(longestProbeBytes, mtu + 14);
  const wanted = Math.floor((rateBps * floodMs) / 8000 / fewestFloodFrames);
  const bytes = Math.max(shortestFrameBytes, Math.min(most, wanted));
  // A very slow line takes longer to show its rate.
  const durationMs = Math.min(longestFloodMs, Math.max(floodMs, (fewestFloodFrames * bytes * 8000) / rateBps));
  const kept = Math.max(0.05, 1 - longRunLoss(impairment));
  const aheadMs = floodAheadMs + 2 * spreadMs(impairment);
  return {
    bytes,
    durationMs,
    offeredBps: (rateBps * floodExcess) / kept,
    firstFrames: Math.ceil((rateBps * aheadMs) / kept / 8000 / bytes),
  };
}

/** Between the shortest delay and the longest, but for a few. */
export function spreadMs({ jitterMs = 0, distribution = "uniform" }: Impairment): number {
  return distribution === "uniform" ? 2 * jitterMs : 5 * jitterMs;
}

/** The tables of the other distributions end four deviations away from the mean. */
export function longestDelayMs({ delayMs = 0, jitterMs = 0, distribution = "uniform" }: Impairment): number {
  return delayMs + (distribution === "uniform" ? jitterMs : 4 * jitterMs);
}

/** The share of frames that is lost when many are sent. */
export function longRunLoss({ loss }: Impairment): number {
  if (loss === undefined) return 0;
  if ("uniform" in loss) return loss.uniform;
  const { p, r, goodLoss, badLoss } = loss.gilbertElliott;
  return p + r === 0 ? goodLoss : (r * goodLoss + p * badLoss) / (p + r);
}
