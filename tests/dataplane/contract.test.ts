import { describe, expect, it } from "vitest";
import { type Impairment, impairmentProblems } from "../../src/dataplane/contract.ts";

describe("an impairment", () => {
  it.each<Impairment>([
    {},
    { delayMs: 0, loss: { uniform: 0 }, duplicate: 0 },
    { delayMs: 20, jitterMs: 30, distribution: "pareto", jitterReorders: true },
    { loss: { uniform: 1 } },
    { loss: { gilbertElliott: { p: 0, r: 1, goodLoss: 0, badLoss: 1 } } },
    { rateBps: 1, queue: { packets: 1 } },
    { rateBps: 1e11, queue: { bytes: 64_000 } },
    { delayMs: 1, reorder: { probability: 0.5, gap: 3 } },
  ])("is possible: %o", (impairment) => {
    expect(impairmentProblems(impairment)).toEqual([]);
  });

  it.each<[Impairment, RegExp]>([
    [{ delayMs: -1 }, /^delayMs is -1, and must be at least 0$/],
    [{ delayMs: Number.NaN }, /^delayMs is NaN/],
    [{ delayMs: Infinity }, /^delayMs is Infinity/],
    [{ jitterMs: -0.1 }, /^jitterMs/],
    [{ loss: { uniform: 1.5 } }, /^loss is 1.5, and a probability is from 0 to 1$/],
    [{ loss: { gilbertElliott: { p: 2, r: 1, goodLoss: 0, badLoss: 1 } } }, /^p is 2/],
    [{ duplicate: -0.5 }, /^duplicate/],
    [{ corrupt: Number.NaN }, /^corrupt/],
    [{ rateBps: 0 }, /^rateBps is 0, and must be more than 0$/],
    [{ rateBps: 1000, queue: { packets: 0 } }, /^queue packets/],
    [{ rateBps: 1000, queue: { bytes: -1 } }, /^queue bytes/],
    [{ queue: { packets: 10 } }, /^there is a queue without a rate/],
    [{ reorder: { probability: 0.5 } }, /^there is reorder without a delay/],
    [{ delayMs: 1, reorder: { probability: 0.5, gap: 0 } }, /^gap/],
  ])("is impossible: %o", (impairment, problem) => {
    expect(impairmentProblems(impairment)).toEqual([expect.stringMatching(problem)]);
  });

  it("has all of its problems told at once", () => {
    expect(impairmentProblems({ delayMs: -1, loss: { uniform: 2 }, rateBps: 0 })).toHaveLength(3);
  });
});
