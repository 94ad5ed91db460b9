import type { FigureName, VerifiedFigure } from "../../api/index.ts";
import type { Impairment } from "../../topology/index.ts";
import { confidenceDeviations, shareInterval } from "./interval.ts";
import { longRunLoss } from "./pace.ts";
import { type DelayTables, seededRandom, simulate } from "./reference.ts";
import { type Observation, type Statistics, statisticsOf } from "./statistics.ts";
import { delayShare, earlyMs, jitterShare, lateTimes, type Percentile, rateShare } from "./tolerance.ts";

/** Everything seen of one direction. */
export type Observations = {
  readonly steady: Observation;
  readonly sparse?: Observation;
  readonly flood?: Observation;
  /** Frames that the probe itself missed: then nothing can be said of loss. */
  readonly overruns: number;
};

/** How many frames are simulated in all for an expectation, and in how many runs at least and at most. */
const simulatedFrames = 600_000;
const fewestRuns = 40;
const mostRuns = 400;
/** Below this, that events come in bursts is more than the model's own chance. */
const clearlyFewer = 0.7;
/** Fewer say nothing of percentiles. */
const fewestDelays = 20;

/**
 * Compares what frames met with what they should have. The model of the impairment is run many times on
 * the frames that were sent, at the moments at which they were: its mean is what is expected, and how
 * its runs differ is what chance explains. Tolerances are on top of that.
 *
 * @param seed of the model's chance
 */
export function judge(
  impairment: Impairment,
  observed: Observations,
  toleranceMs: number,
  tables: DelayTables,
  seed: number,
): readonly VerifiedFigure[] {
  const expect = (phase: Observation, number: number) => expectation(impairment, phase, tables, seed + number);
  const delays = observed.sparse ?? observed.steady;
  const steady = { seen: statisticsOf(observed.steady), expected: expect(observed.steady, 0) };
  const spaced = delays === observed.steady ? steady : { seen: statisticsOf(delays), expected: expect(delays, 1) };
  const flood =
    observed.flood === undefined
      ? undefined
      : {
          seen: statisticsOf(observed.flood),
          expected: simulateOnce(impairment, observed.flood, tables, seed + 2),
          offeredBps: offeredBps(observed.flood),
        };
  return [
    ...delayFigures(impairment, spaced, toleranceMs, sendingMs(impairment, delays)),
    unless(observed.overruns > 0, shareFigure("loss", steady, longRunLoss(impairment))),
    shareFigure("duplicates", steady, impairment.duplicate ?? 0),
    shareFigure("corrupted", steady, impairment.corrupt ?? 0),
    shareFigure("overtaking", steady, undefined),
    ...(flood === undefined || impairment.rateBps === undefined ? [] : [rateFigure(impairment.rateBps, flood)]),
  ];
}

const unless = (isSpoilt: boolean, figure: VerifiedFigure): VerifiedFigure =>
  isSpoilt ? { ...figure, verdict: "unmeasured" } : figure;

type Expectation = { readonly mean: Statistics; readonly deviation: Statistics; readonly runs: number };
type Compared = { readonly seen: Statistics; readonly expected: Expectation };

function expectation(impairment: Impairment, phase: Observation, tables: DelayTables, seed: number): Expectation {
  const runs = Math.min(mostRuns, Math.max(fewestRuns, Math.round(simulatedFrames / phase.sentMs.length)));
  const all = Array.from({ length: runs }, (_, run) => simulateOnce(impairment, phase, tables, seed + 16 * run));
  const mean = mapStatistics((pick) => average(all.map(pick)));
  const deviation = mapStatistics((pick) => spread(all.map(pick)));
  return { mean, deviation, runs };
}

const simulateOnce = (impairment: Impairment, phase: Observation, tables: DelayTables, seed: number): Statistics =>
  statisticsOf({ ...phase, ...simulate(impairment, phase.sentMs, phase.bytes, seededRandom(seed), tables) });

/** How long a frame takes on a line with a rate, by itself. */
const sendingMs = ({ rateBps = Infinity }: Impairment, { bytes }: Observation): number => (bytes * 8000) / rateBps;

/** @param savedMs which a frame may be early by: a token bucket (tbf) lets single frames through at once */
function delayFigures(
  impairment: Impairment,
  { seen, expected }: Compared,
  toleranceMs: number,
  savedMs: number,
): VerifiedFigure[] {
  const { jitterMs = 0, delayMs = 0 } = impairment;
  const percentile = (which: Percentile): VerifiedFigure => {
    const name = `p${which}` as const;
    const mean = expected.mean[name];
    const chance = confidenceDeviations * expected.deviation[name];
    const share = delayShare * mean;
    return bounded({
      figure: which === 50 ? "delay" : `delay-${which}`,
      unit: "ms",
      ...(which === 50 ? { requested: delayMs } : {}),
      expected: mean,
      achieved: seen.delays < fewestDelays ? Number.NaN : seen[name],
      low: Math.max(0, mean - chance - share - earlyMs - savedMs),
      high: mean + chance + share + lateTimes[which] * toleranceMs,
    });
  };
  const isSpread = jitterMs > 0 || impairment.reorder !== undefined;
  return [
    percentile(50),
    ...(isSpread ? [percentile(5)] : []),
    percentile(95),
    percentile(99),
    ...(jitterMs > 0 && impairment.reorder === undefined
      ? [jitterFigure(jitterMs, { seen, expected }, toleranceMs)]
      : []),
  ];
}

/** From the distance between the percentiles 5 and 95: some frames that are late would spoil a deviation. */
function jitterFigure(jitterMs: number, { seen, expected }: Compared, toleranceMs: number): VerifiedFigure {
  const scale = jitterMs / expected.mean.spread;
  const chance = confidenceDeviations * expected.deviation.spread;
  const share = jitterShare * expected.mean.spread;
  return bounded({
    figure: "jitter",
    unit: "ms",
    requested: jitterMs,
    expected: jitterMs,
    achieved: seen.delays < fewestDelays ? Number.NaN : seen.spread * scale,
    low: Math.max(0, jitterMs - (chance + share + earlyMs + toleranceMs) * scale),
    high: jitterMs + (chance + share + lateTimes[95] * toleranceMs) * scale,
  });
}

type ShareName = "loss" | "duplicates" | "corrupted" | "overtaking";
/** Of how many what is counted. */
const basis = { loss: "sent", duplicates: "arrived", corrupted: "copies", overtaking: "arrived" } as const;

function shareFigure(name: ShareName, { seen, expected }: Compared, requested: number | undefined): VerifiedFigure {
  const mean = expected.mean[name];
  const trials = seen[basis[name]];
  const figure = { figure: name, unit: "share", ...(requested === undefined ? {} : { requested }) } as const;
  if (trials === 0) return { ...figure, expected: mean, bounds: "confidence", low: 0, high: 1, verdict: "unmeasured" };
  // How many independent frames these are worth: bursts, and frames that wait for each other, make them fewer.
  const independent = (mean * (1 - mean)) / expected.deviation[name] ** 2;
  const worth = mean > 0 && mean < 1 && independent < clearlyFewer * trials ? Math.max(1, independent) : trials;
  const achieved = seen[name];
  const { low, high } = shareInterval(achieved * worth, worth);
  // The model's mean is that of its runs, and as uncertain.
  const doubt = (confidenceDeviations * expected.deviation[name]) / Math.sqrt(expected.runs);
  const isWithin = mean === 0 ? achieved === 0 : low - doubt <= mean && mean <= high + doubt;
  return {
    ...figure,
    expected: mean,
    achieved,
    bounds: "confidence",
    low,
    high,
    verdict: isWithin ? "within" : "outside",
  };
}

type Flooded = { readonly seen: Statistics; readonly expected: Statistics; readonly offeredBps: number };

function rateFigure(rateBps: number, flood: Flooded): VerifiedFigure {
  // What keeps the sender from sending as much is on the way, too: then the rate is not to be had.
  const expected = flood.offeredBps < rateBps ? rateBps : flood.expected.rateBps;
  return bounded({
    figure: "rate",
    unit: "bps",
    requested: rateBps,
    expected,
    achieved: flood.seen.rateBps,
    low: expected * (1 - rateShare),
    high: expected * (1 + rateShare),
  });
}

function offeredBps({ sentMs, bytes }: Observation): number {
  const tookMs = (sentMs[sentMs.length - 1] ?? 0) - (sentMs[0] ?? 0);
  return tookMs > 0 ? (sentMs.length * bytes * 8000) / tookMs : 0;
}

function bounded(figure: {
  readonly figure: FigureName;
  readonly unit: VerifiedFigure["unit"];
  readonly requested?: number;
  readonly expected: number;
  /** NaN: not measured. */
  readonly achieved: number;
  readonly low: number;
  readonly high: number;
}): VerifiedFigure {
  const { achieved, expected, ...rest } = figure;
  const isMeasured = Number.isFinite(achieved) && Number.isFinite(expected);
  const verdict = !isMeasured ? "unmeasured" : achieved >= rest.low && achieved <= rest.high ? "within" : "outside";
  const finite = (value: number) => (Number.isFinite(value) ? value : 0);
  return {
    ...rest,
    expected: finite(expected),
    ...(isMeasured ? { achieved } : {}),
    bounds: "tolerance",
    low: finite(rest.low),
    high: finite(rest.high),
    verdict,
  };
}

const statisticNames = [
  "sent",
  "arrived",
  "copies",
  "delays",
  "p5",
  "p50",
  "p95",
  "p99",
  "spread",
  "loss",
  "duplicates",
  "corrupted",
  "overtaking",
  "rateBps",
] as const satisfies readonly (keyof Statistics)[];

const mapStatistics = (value: (pick: (one: Statistics) => number) => number): Statistics =>
  Object.fromEntries(statisticNames.map((name) => [name, value((one) => one[name])])) as Statistics;

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function spread(values: readonly number[]): number {
  const middle = average(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}
