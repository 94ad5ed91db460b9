import { describe, expect, it } from "vitest";
import type { Loss } from "../../src/dataplane/contract.ts";
import { lossModel } from "../../src/dataplane/impairment/loss.ts";
import { binomialBounds, mean } from "./statistics.ts";

const frames = 200_000;
const lossesOf = (loss: Loss, seed: number, count = frames) => {
  const model = lossModel(loss, seed, 0, undefined);
  return Array.from({ length: count }, (_, n) => model?.loses(n) ?? false);
};

describe("uniform loss", () => {
  it.each([1, 2, 3, 4, 5])("of 1 %% is 1 %% of 200,000 frames, within the 99.9 %% interval, with seed %d", (seed) => {
    const lost = lossesOf({ uniform: 0.01 }, seed).filter(Boolean).length;
    const [low, high] = binomialBounds(frames, 0.01);
    expect(lost).toBeGreaterThan(low);
    expect(lost).toBeLessThan(high);
  });

  it("loses more of the same frames when there is more of it", () => {
    const less = lossesOf({ uniform: 0.01 }, 1);
    const more = lossesOf({ uniform: 0.02 }, 1);
    expect(less.every((lost, n) => !lost || more[n])).toBe(true);
  });

  it("of 0 is none, and of 1 is everything", () => {
    expect(lossModel({ uniform: 0 }, 1, 0, undefined)).toBeUndefined();
    expect(lossesOf({ uniform: 1 }, 1, 1000).every(Boolean)).toBe(true);
  });
});

describe("Gilbert–Elliott loss", () => {
  const models = [
    { p: 0.01, r: 0.1, goodLoss: 0, badLoss: 1 },
    { p: 0.02, r: 0.3, goodLoss: 0.001, badLoss: 0.5 },
    { p: 0.5, r: 0.5, goodLoss: 0, badLoss: 0.2 },
  ];

  it.each(models)("loses in the long run what the chain says: %o", (model) => {
    const { p, r, goodLoss, badLoss } = model;
    const expected = (r * goodLoss + p * badLoss) / (p + r);
    // States last 1/p and 1/r frames, so frames are not independent: the variance grows by the
    // correlation of the chain, (1 + c) / (1 - c) with c = 1 - p - r, at most.
    const inflation = Math.sqrt((2 - p - r) / (p + r));
    for (const seed of [1, 2, 3, 4]) {
      const share = lossesOf({ gilbertElliott: model }, seed).filter(Boolean).length / frames;
      const bound = 3.29 * Math.max(1, inflation) * Math.sqrt((expected * (1 - expected)) / frames);
      expect(Math.abs(share - expected)).toBeLessThan(bound);
    }
  });

  it("comes in bursts of 1/r frames, and is good for 1/p frames in between", () => {
    const [p, r] = [0.01, 0.2];
    const lost = lossesOf({ gilbertElliott: { p, r, goodLoss: 0, badLoss: 1 } }, 11);
    const runs = (state: boolean) =>
      lost
        .map((one) => (one === state ? "1" : "0"))
        .join("")
        .split("0")
        .filter((run) => run !== "")
        .map((run) => run.length);
    for (const [state, leave] of [
      [true, r],
      [false, p],
    ] as const) {
      const lengths = runs(state);
      // Geometric: the deviation of a run's length is sqrt(1 - leave) / leave.
      const bound = (3.29 * Math.sqrt(1 - leave)) / leave / Math.sqrt(lengths.length);
      expect(Math.abs(mean(lengths) - 1 / leave)).toBeLessThan(bound);
    }
  });

  it("keeps its state when its numbers change", () => {
    const stuck = lossModel({ gilbertElliott: { p: 1, r: 0, goodLoss: 0, badLoss: 1 } }, 1, 0, undefined);
    expect([stuck?.loses(0), stuck?.loses(1)]).toEqual([false, true]);
    const changed = lossModel({ gilbertElliott: { p: 0, r: 0, goodLoss: 0, badLoss: 1 } }, 1, 0, stuck);
    expect(changed?.loses(2)).toBe(true);
    const fresh = lossModel({ gilbertElliott: { p: 0, r: 0, goodLoss: 0, badLoss: 1 } }, 1, 0, undefined);
    expect(fresh?.loses(2)).toBe(false);
  });
});
