import { describe, expect, it } from "vitest";
import { Draws, type Purpose, purposes, threshold } from "../../src/dataplane/impairment/draws.ts";
import { binomialBounds, correlation, isEven } from "./statistics.ts";

const count = 200_000;
const draw = (draws: Draws, from = 0, length = count) => Array.from({ length }, (_, index) => draws.at(from + index));
const seeds = [0, 1, 2, 3, 4_294_967_295, 4_294_967_296, 123_456_789_012, Number.MAX_SAFE_INTEGER];

describe("draws", () => {
  it("are what they were: changing them would change every recorded run", () => {
    const first = (["loss", "delay", "corruptBit"] as const).map((purpose) => draw(new Draws(42, 0, purpose), 0, 3));
    expect(first).toMatchInlineSnapshot(`
      [
        [
          742092087,
          1961247653,
          1772978927,
        ],
        [
          3809084593,
          46626512,
          13036689,
        ],
        [
          3219988169,
          1009101980,
          236132887,
        ],
      ]
    `);
    expect(draw(new Draws(42, 1, "loss"), 2 ** 32, 2)).toMatchInlineSnapshot(`
      [
        3533069303,
        465356918,
      ]
    `);
  });

  it.each(seeds)("are even in their upper, middle and lower bits, with seed %d", (seed) => {
    const values = draw(new Draws(seed, 0, "loss"));
    for (const shift of [24, 12, 0]) {
      const bins = Array.from({ length: 256 }, () => 0);
      for (const value of values) bins[(value >>> shift) & 0xff] = (bins[(value >>> shift) & 0xff] ?? 0) + 1;
      expect(isEven(bins)).toBe(true);
    }
  });

  it("do not depend on the ones before", () => {
    const values = draw(new Draws(7, 0, "delay"), 0, 50_000);
    for (const lag of [1, 2, 3, 16, 1024]) {
      const own = Math.abs(correlation(values.slice(lag), values.slice(0, -lag)));
      expect(own).toBeLessThan(3.29 / Math.sqrt(values.length - lag));
    }
  });

  it("come in pairs, of which every combination is as likely", () => {
    const values = draw(new Draws(99, 1, "loss"));
    const bins = Array.from({ length: 1024 }, () => 0);
    for (let index = 0; index + 1 < values.length; index += 2) {
      const bin = ((values[index] ?? 0) >>> 27) * 32 + ((values[index + 1] ?? 0) >>> 27);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    expect(isEven(bins)).toBe(true);
  });

  it("have nothing to do with those for other purposes, directions and neighbouring seeds", () => {
    const names = Object.keys(purposes) as Purpose[];
    const streams = [
      ...names.map((purpose) => new Draws(5, 0, purpose)),
      ...names.map((purpose) => new Draws(5, 1, purpose)),
      ...[6, 7, 4, 5 + 2 ** 32].map((seed) => new Draws(seed, 0, "loss")),
    ].map((draws) => draw(draws, 0, 4000));
    // 378 pairs: four in a thousand may be beyond 99.9 %, five deviations none.
    for (const [index, one] of streams.entries())
      for (const other of streams.slice(index + 1))
        expect(Math.abs(correlation(one, other))).toBeLessThan(5 / Math.sqrt(4000));
  });

  it("go on beyond 2^32 frames", () => {
    const draws = new Draws(3, 0, "loss");
    const [below, above] = [draw(draws, 0, 1000), draw(draws, 2 ** 32, 1000)];
    expect(Math.abs(correlation(below, above))).toBeLessThan(0.15);
    expect(new Set([...below, ...above]).size).toBe(2000);
  });

  it.each([0.5, 0.01, 0.001])("happen with the probability asked for: %d", (probability) => {
    for (const seed of seeds) {
      const hits = draw(new Draws(seed, 0, "loss")).filter((value) => value < threshold(probability)).length;
      const [low, high] = binomialBounds(count, probability);
      expect(hits).toBeGreaterThan(low);
      expect(hits).toBeLessThan(high);
    }
  });

  it("never happen for 0 and always for 1", () => {
    const values = draw(new Draws(1, 0, "loss"));
    expect(values.some((value) => value < threshold(0))).toBe(false);
    expect(values.every((value) => value < threshold(1))).toBe(true);
  });
});
