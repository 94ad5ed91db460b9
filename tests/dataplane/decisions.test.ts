import { describe, expect, it } from "vitest";
import type { Impairment } from "../../src/dataplane/contract.ts";
import { Decisions } from "../../src/dataplane/impairment/decisions.ts";
import { computeDelayTables } from "../../src/dataplane/impairment/delay.ts";
import { binomialBounds, deviation, mean } from "./statistics.ts";

const tables = computeDelayTables();
const decisionsOf = (impairment: Impairment, seed = 1) => {
  const decisions = new Decisions(seed, 0, tables);
  decisions.set(impairment);
  return decisions;
};

type Decided = {
  goesOn: boolean;
  copyGoesOn: boolean;
  losses: number;
  doubled: boolean;
  delayMs: number;
  atOnce: boolean;
  corruptAt: number;
};

const next = (decisions: Decisions): Decided => {
  decisions.next();
  const { goesOn, copyGoesOn, losses, doubled, original } = decisions;
  return { goesOn, copyGoesOn, losses, doubled, ...fields(original) };
};
const fields = ({ delayMs, atOnce, corruptAt }: { delayMs: number; atOnce: boolean; corruptAt: number }) => ({
  delayMs,
  atOnce,
  corruptAt,
});
const run = (impairment: Impairment, count: number, seed = 1) => {
  const decisions = decisionsOf(impairment, seed);
  return Array.from({ length: count }, () => next(decisions));
};

const within = (hits: number, n: number, p: number) => {
  const [low, high] = binomialBounds(n, p);
  expect(hits).toBeGreaterThan(low);
  expect(hits).toBeLessThan(high);
};

describe("decisions", () => {
  const all: Impairment = {
    delayMs: 50,
    jitterMs: 10,
    distribution: "normal",
    loss: { gilbertElliott: { p: 0.05, r: 0.3, goodLoss: 0.01, badLoss: 0.5 } },
    duplicate: 0.1,
    corrupt: 0.1,
    reorder: { probability: 0.25, gap: 3 },
  };

  it("repeat with the same seed, and differ with another", () => {
    expect(run(all, 5000, 7)).toEqual(run(all, 5000, 7));
    expect(run(all, 5000, 7)).not.toEqual(run(all, 5000, 8));
  });

  it("about loss, doubling and corruption do not change with the delay", () => {
    const pick = (decided: readonly Decided[]) =>
      decided.map(({ goesOn, copyGoesOn, losses, doubled, corruptAt }) => [
        goesOn,
        copyGoesOn,
        losses,
        doubled,
        corruptAt,
      ]);
    expect(pick(run({ ...all, delayMs: 1, jitterMs: 0, distribution: "uniform" }, 5000))).toEqual(pick(run(all, 5000)));
  });

  it("about the n-th frame are the same whenever the impairment was set", () => {
    const late = decisionsOf({});
    const early = run({ loss: { uniform: 0.2 }, delayMs: 5, jitterMs: 5 }, 2000);
    for (let n = 0; n < 1000; n++) expect(next(late).goesOn).toBe(true);
    late.set({ loss: { uniform: 0.2 }, delayMs: 5, jitterMs: 5 });
    expect(Array.from({ length: 1000 }, () => next(late))).toEqual(early.slice(1000));
  });

  it("double as often as asked for, and a frame doubled and lost at once goes on once", () => {
    const count = 100_000;
    const decided = run({ duplicate: 0.1, loss: { uniform: 0.2 } }, count);
    within(decided.filter(({ doubled }) => doubled).length, count, 0.1);
    within(decided.filter(({ goesOn }) => !goesOn).length, count, 0.2 * 0.9);
    // Doubled, not lost, and the copy not lost.
    within(decided.filter(({ copyGoesOn }) => copyGoesOn).length, count, 0.1 * 0.8 * 0.8);
    const unbalanced = decided.filter(
      ({ goesOn, copyGoesOn, doubled, losses }) => Number(goesOn) + Number(copyGoesOn) !== 1 + Number(doubled) - losses,
    );
    expect(unbalanced).toEqual([]);
  });

  it("corrupt as often as asked for, anywhere", () => {
    const count = 100_000;
    const places = run({ corrupt: 0.05 }, count)
      .map(({ corruptAt }) => corruptAt)
      .filter((at) => at >= 0);
    within(places.length, count, 0.05);
    expect(Math.abs(mean(places) - 0.5)).toBeLessThan((3.29 * 0.2887) / Math.sqrt(places.length));
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...places)).toBeLessThan(1);
  });

  it("send at once as often as asked for, and keep the gap", () => {
    const count = 100_000;
    const each = run({ delayMs: 10, reorder: { probability: 0.3 } }, count);
    within(each.filter(({ atOnce }) => atOnce).length, count, 0.3);
    expect(each.every(({ atOnce, delayMs }) => delayMs === (atOnce ? 0 : 10))).toBe(true);
    const spaced = run({ delayMs: 10, reorder: { probability: 1, gap: 5 } }, 100);
    expect(spaced.map(({ atOnce }) => atOnce)).toEqual(Array.from({ length: 100 }, (_, n) => n % 5 === 4));
  });

  it.each(["uniform", "normal", "pareto"] as const)(
    "delay by %s draws with the mean and spread asked for",
    (distribution) => {
      const count = 100_000;
      const [delayMs, jitterMs] = [100, 10];
      const delays = run({ delayMs, jitterMs, distribution }, count).map((one) => one.delayMs);
      const sigma = distribution === "uniform" ? jitterMs / Math.sqrt(3) : jitterMs;
      expect(Math.abs(mean(delays) - delayMs)).toBeLessThan((3.29 * sigma) / Math.sqrt(count) + 0.001);
      expect(Math.abs(deviation(delays) / sigma - 1)).toBeLessThan(0.02);
      const reach = distribution === "uniform" ? 1 : 4;
      expect(Math.max(...delays)).toBeLessThanOrEqual(delayMs + reach * jitterMs);
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(delayMs - reach * jitterMs);
    },
  );

  it("delay a normal tenth by what a normal tenth is", () => {
    const delays = run({ delayMs: 100, jitterMs: 10, distribution: "normal" }, 100_000).map((one) => one.delayMs);
    within(delays.filter((delay) => delay < 100 - 12.8155).length, 100_000, 0.1);
    const pareto = run({ delayMs: 100, jitterMs: 10, distribution: "pareto" }, 100_000).map((one) => one.delayMs);
    // Most are a little early and few are very late.
    expect(pareto.filter((delay) => delay < 100).length).toBeGreaterThan(65_000);
    expect(Math.max(...pareto)).toBeGreaterThan(135);
    expect(Math.min(...pareto)).toBeGreaterThan(90);
  });

  it("never delay by less than nothing", () => {
    const delays = run({ delayMs: 1, jitterMs: 10, distribution: "normal" }, 1000).map((one) => one.delayMs);
    expect(Math.min(...delays)).toBe(0);
  });
});
