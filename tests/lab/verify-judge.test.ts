import { describe, expect, it } from "vitest";
import { shareInterval } from "../../src/lab/verify/interval.ts";
import { judge, type Observations } from "../../src/lab/verify/judge.ts";
import { longRunLoss, probePlan } from "../../src/lab/verify/pace.ts";
import { delayTables, seededRandom, simulate } from "../../src/lab/verify/reference.ts";
import { type Observation, statisticsOf } from "../../src/lab/verify/statistics.ts";
import type { Impairment } from "../../src/topology/index.ts";

const tables = delayTables();
const every = (count: number, ms: number) => Float64Array.from({ length: count }, (_, number) => number * ms);

describe("the interval of a share", () => {
  /** P(at least `count` of `trials`), added up one by one. */
  function tail(count: number, trials: number, probability: number): number {
    let [sum, term] = [0, (1 - probability) ** trials];
    for (let hits = 0; hits <= trials; hits++) {
      if (hits >= count) sum += term;
      term *= ((trials - hits) / (hits + 1)) * (probability / (1 - probability));
    }
    return sum;
  }

  it.each([
    [1, 10],
    [5, 100],
    [50, 100],
    [90, 100],
    [3, 700],
  ])("ends where %d of %d would come about once in 2,000 times", (count, trials) => {
    const { low, high } = shareInterval(count, trials);
    expect(tail(count, trials, low)).toBeCloseTo(0.0005, 8);
    expect(1 - tail(count + 1, trials, high)).toBeCloseTo(0.0005, 8);
  });

  it("begins at 0 and ends at 1 where nothing and everything happened", () => {
    expect(shareInterval(0, 100)).toEqual({ low: 0, high: expect.closeTo(1 - 0.0005 ** (1 / 100), 9) });
    expect(shareInterval(100, 100)).toEqual({ low: expect.closeTo(0.0005 ** (1 / 100), 9), high: 1 });
  });

  it("is as narrow as it should be for many", () => {
    const { low, high } = shareInterval(2000, 200_000);
    const spread = 3.29 * Math.sqrt((0.01 * 0.99) / 200_000);
    expect(low).toBeCloseTo(0.01 - spread, 4);
    expect(high).toBeCloseTo(0.01 + spread, 4);
  });
});

describe("the model of an impairment", () => {
  const run = (impairment: Impairment, sentMs: Float64Array, bytes = 60, seed = 1) =>
    simulate(impairment, sentMs, bytes, seededRandom(seed), tables);

  it("sends at the rate, and drops what the queue has no room for", () => {
    const sent = new Float64Array(100);
    const { arrivalMs } = run({ rateBps: 1_000_000 }, sent, 1250);
    expect([...arrivalMs]).toEqual(Array.from({ length: 100 }, (_, number) => expect.closeTo((number + 1) * 10, 6)));
    expect(run({ rateBps: 1_000_000, queue: { packets: 20 } }, sent, 1250).order).toHaveLength(20);
    expect(run({ rateBps: 1_000_000, queue: { bytes: 12_600 } }, sent, 1250).order).toHaveLength(10);
  });

  it("keeps frames in order, which delays them as the product of their distributions says", () => {
    const spacing = 2;
    const { arrivalMs, order } = run({ delayMs: 20, jitterMs: 10 }, every(200_000, spacing));
    expect(order).toEqual(Array.from({ length: 200_000 }, (_, number) => number));
    const uniform = (ms: number) => Math.min(1, Math.max(0, (ms - 10) / 20));
    for (const ms of [22, 25, 28]) {
      // A frame is there within `ms` when it is, and each before it, which had so much longer, too.
      let expected = 1;
      for (let before = 0; before < 20; before++) expected *= uniform(ms + before * spacing);
      const seen = arrivalMs.filter((arrival, number) => arrival - number * spacing <= ms).length / 200_000;
      expect(seen).toBeCloseTo(expected, 2);
    }
  });

  it("lets frames overtake each other where they may", () => {
    expect(run({ delayMs: 20, jitterMs: 10, jitterReorders: true }, every(1000, 1)).order).not.toEqual(
      Array.from({ length: 1000 }, (_, number) => number),
    );
    const { arrivalMs } = run({ delayMs: 20, reorder: { probability: 1, gap: 4 } }, every(8, 1));
    expect([...arrivalMs].map((arrival, number) => arrival - number)).toEqual([20, 20, 20, 0, 20, 20, 20, 0]);
  });

  it("loses in bursts as often as the model does in the long run", () => {
    const loss = { gilbertElliott: { p: 0.02, r: 0.2, goodLoss: 0.001, badLoss: 0.6 } };
    const { copies } = run({ loss }, every(300_000, 1));
    const lost = copies.filter((count) => count === 0).length / 300_000;
    expect(longRunLoss({ loss })).toBeCloseTo((0.2 * 0.001 + 0.02 * 0.6) / 0.22, 12);
    expect(lost).toBeCloseTo(longRunLoss({ loss }), 2);
    expect(Math.abs(lost - longRunLoss({ loss }))).toBeLessThan(0.003);
  });

  it("doubles and corrupts", () => {
    const { copies, corrupted, order } = run({ duplicate: 0.1, corrupt: 0.2 }, every(100_000, 1));
    expect(copies.filter((count) => count === 2).length / 100_000).toBeCloseTo(0.1, 2);
    expect(order).toHaveLength(copies.reduce((sum, count) => sum + count, 0));
    expect(corrupted / order.length).toBeCloseTo(0.2, 2);
  });
});

/** What a link that does `is` shows to probes that are sent for `asked`; `lateMs` of a machine on top. */
function observe(is: Impairment, asked: Impairment, seed: number, lateMs: (number: number) => number = () => 0) {
  const plan = probePlan(asked, 1500, { frames: 3000, seconds: 3 });
  const random = seededRandom(seed * 1000 + 7);
  const through = (sentMs: Float64Array, bytes: number): Observation => {
    const arrivals = simulate(is, sentMs, bytes, random, tables);
    return { ...arrivals, arrivalMs: arrivals.arrivalMs.map((ms, number) => ms + lateMs(number)), bytes, sentMs };
  };
  const { steady, sparse, flood } = plan;
  const observations: Observations = {
    steady: through(every(steady.count, steady.everyMs), steady.bytes),
    ...(sparse === undefined ? {} : { sparse: through(every(sparse.count, sparse.everyMs), sparse.bytes) }),
    ...(flood === undefined
      ? {}
      : {
          flood: through(
            every(
              Math.floor((flood.durationMs * flood.offeredBps) / 8000 / flood.bytes),
              (flood.bytes * 8000) / flood.offeredBps,
            ),
            flood.bytes,
          ),
        }),
    overruns: 0,
  };
  return observations;
}

const outside = (asked: Impairment, observations: Observations, toleranceMs = 1, seed = 1) =>
  judge(asked, observations, toleranceMs, tables, seed)
    .filter(({ verdict }) => verdict === "outside")
    .map(({ figure }) => figure);

const impairments: Readonly<Record<string, Impairment>> = {
  nothing: {},
  delay: { delayMs: 25 },
  jitter: { delayMs: 45, jitterMs: 15 },
  "normal jitter": { delayMs: 20, jitterMs: 4, distribution: "normal" },
  "pareto jitter that reorders": { delayMs: 20, jitterMs: 4, distribution: "pareto", jitterReorders: true },
  loss: { loss: { uniform: 0.01 } },
  "little loss": { loss: { uniform: 0.0005 } },
  "all lost": { loss: { uniform: 1 } },
  bursts: { loss: { gilbertElliott: { p: 0.02, r: 0.2, goodLoss: 0.001, badLoss: 0.6 } } },
  "duplicates and loss": { duplicate: 0.1, loss: { uniform: 0.1 } },
  corruption: { corrupt: 0.02, delayMs: 5 },
  reordering: { delayMs: 20, reorder: { probability: 0.2, gap: 2 } },
  "a slow line": { rateBps: 384_000, queue: { bytes: 12_000 }, delayMs: 25 },
  "a fast one": { rateBps: 100_000_000, delayMs: 10, jitterMs: 3, loss: { uniform: 0.002 } },
};

describe("judging", () => {
  it.each(Object.entries(impairments))("finds nothing wrong with a link that does as it should: %s", (_, asked) => {
    for (let seed = 1; seed <= 4; seed++) expect(outside(asked, observe(asked, asked, seed), 1, seed)).toEqual([]);
  });

  it.each<[string, Impairment, Impairment, string]>([
    ["too long a delay", { delayMs: 23 }, { delayMs: 20 }, "delay"],
    ["too short a delay", { delayMs: 19 }, { delayMs: 20 }, "delay"],
    ["a delay nobody asked for", { delayMs: 3 }, {}, "delay"],
    ["too much jitter", { delayMs: 45, jitterMs: 22 }, { delayMs: 45, jitterMs: 15 }, "jitter"],
    ["no jitter", { delayMs: 45 }, { delayMs: 45, jitterMs: 15 }, "jitter"],
    [
      "another distribution",
      { delayMs: 50, jitterMs: 10, jitterReorders: true },
      { delayMs: 50, jitterMs: 10, distribution: "pareto", jitterReorders: true },
      "delay-99",
    ],
    ["too much loss", { loss: { uniform: 0.03 } }, { loss: { uniform: 0.01 } }, "loss"],
    ["too little loss", { loss: { uniform: 0.01 } }, { loss: { uniform: 0.03 } }, "loss"],
    ["one lost frame in 500 where none should be", { loss: { uniform: 0.002 } }, {}, "loss"],
    ["duplicates", { duplicate: 0.01 }, {}, "duplicates"],
    ["corruption", { corrupt: 0.01 }, { corrupt: 0.03 }, "corrupted"],
    ["frames out of order", { delayMs: 20, reorder: { probability: 0.05 } }, { delayMs: 20 }, "overtaking"],
    ["too low a rate", { rateBps: 9_600_000 }, { rateBps: 10_000_000 }, "rate"],
    ["too high a rate", { rateBps: 10_500_000 }, { rateBps: 10_000_000 }, "rate"],
    ["no rate at all", {}, { rateBps: 10_000_000 }, "rate"],
  ])("finds %s", (_, is, asked, figure) => {
    for (let seed = 1; seed <= 4; seed++) expect(outside(asked, observe(is, asked, seed), 1, seed)).toContain(figure);
  });

  it("allows a machine to be late by as much as it is told, and no more", () => {
    const asked = { delayMs: 20 };
    const late = (ms: number, one: number) => observe(asked, asked, 1, (number) => (number % one === 0 ? ms : 0));
    expect(outside(asked, late(0.8, 1))).toEqual([]);
    expect(outside(asked, late(2, 1))).toContain("delay");
    expect(outside(asked, late(2, 1), 3)).toEqual([]);
    // One frame in fifty: the percentile 99 sees it, and has more room.
    expect(outside(asked, late(4, 50))).toEqual([]);
    expect(outside(asked, late(10, 50))).toEqual(["delay-99"]);
  });

  it("says nothing of what it could not measure", () => {
    const verdicts = (asked: Impairment, observations: Observations) =>
      Object.fromEntries(judge(asked, observations, 1, tables, 1).map(({ figure, verdict }) => [figure, verdict]));
    const lost = { loss: { uniform: 1 }, delayMs: 5 };
    expect(verdicts(lost, observe(lost, lost, 1))).toMatchObject({
      delay: "unmeasured",
      loss: "within",
      duplicates: "unmeasured",
    });
    // The probe itself missed frames.
    expect(verdicts({}, { ...observe({ loss: { uniform: 0.1 } }, {}, 1), overruns: 3 })).toMatchObject({
      loss: "unmeasured",
    });
  });

  it("does not take the rate for reached where not as much could be sent", () => {
    const plain = observe({}, {}, 1);
    const flood = { ...plain.steady, bytes: 1500 };
    expect(outside({ rateBps: 1e9 }, { ...plain, flood })).toEqual(["rate"]);
    expect(outside({ rateBps: 11_990_000 }, { ...plain, flood })).toEqual([]);
  });

  it("counts frames that overtook one sent earlier", () => {
    const frames = (order: readonly number[]): Observation => ({
      bytes: 60,
      sentMs: every(6, 1),
      arrivalMs: Float64Array.from({ length: 6 }, () => 10),
      copies: Uint8Array.from({ length: 6 }, (_, number) => order.filter((one) => one === number).length),
      corrupted: 0,
      order,
      orderMs: order.map((_, index) => index),
    });
    expect(statisticsOf(frames([0, 1, 2, 3, 4, 5])).overtaking).toBe(0);
    expect(statisticsOf(frames([1, 0, 2, 3, 5, 4])).overtaking).toBe(2 / 6);
    expect(statisticsOf(frames([5, 0, 1, 2, 3, 4])).overtaking).toBe(1 / 6);
    // A second copy overtakes nobody; one that is lost was not overtaken.
    expect(statisticsOf(frames([0, 1, 0, 3, 3, 4, 5])).overtaking).toBe(0);
  });
});
