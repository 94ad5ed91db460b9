import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { bundle } from "./bundle.ts";
import { runInGuest } from "./guest.ts";
import { missingForGuest } from "./missing.ts";

type Seen = Record<string, unknown>;
type Looked = { readonly tc: readonly Seen[]; readonly read: readonly Seen[] };
type Result = Record<"delays" | "uniform" | "normal" | "pareto" | "corrupt" | "duplicate", readonly number[]> &
  Record<"overtaking" | "in order" | "uniform loss" | "bursts" | "gap", readonly number[]> &
  Record<"everything" | "delay alone", Looked> & {
    readonly supported: readonly string[];
    readonly left: readonly string[];
    readonly ping: string;
    readonly rate: Looked & { readonly arrivals: readonly { readonly index: number; readonly atMs: number }[] };
  };

const missing = missingForGuest();

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
const least = (numbers: readonly number[]) => Math.min(...numbers);

/**
 * netem for real, in a guest that has it. Emulation is slow and its clock goes by jumps, so times are
 * only bounded from where lateness cannot reach; draws are counted, with five standard deviations to
 * either side, since kernels before 6.7 take no seed.
 */
describe("netem in Debian's kernel", () => {
  let result: Result;

  beforeAll(async () => {
    if (missing !== undefined) return;
    const { argv, share, files } = await bundle("netem");
    const tc = spawnSync("sh", ["-c", "PATH=$PATH:/usr/sbin:/sbin command -v tc"], { encoding: "utf8" }).stdout.trim();
    const guest = await runInGuest(argv, { timeoutMs: 170_000, share: [...share, tc], files });
    expect(guest).toMatchObject({ exitCode: 0, stderr: "" });
    result = JSON.parse(guest.stdout) as Result;
  }, 180_000);

  const test = (name: string, body: () => void) =>
    it(name, (context) => {
      if (missing !== undefined) context.skip(missing);
      body();
    });

  test("has every kind of queue", () => {
    expect(result.supported).toEqual(["netem", "tbf", "pfifo", "bfifo"]);
  });

  test("takes everything as tc would say it", () => {
    const { tc, read } = result.everything;
    expect(tc).toMatchObject([
      {
        kind: "netem",
        handle: "1:",
        root: true,
        options: {
          limit: 12_345,
          delay: { delay: 0.1, jitter: 0.01, correlation: 0 },
          "loss-gemodel": { p: 0.01, r: 0.1, "1-h": 0.7, "1-k": 0.001 },
          duplicate: { duplicate: 0.01, correlation: 0 },
          reorder: { reorder: 0.03, correlation: 0 },
          corrupt: { corrupt: 0.02, correlation: 0 },
          rate: { rate: 10_000_000_000 },
          gap: 5,
        },
      },
    ]);
    expect(read).toMatchObject([
      {
        kind: "netem",
        netem: { delayMs: 100, jitterMs: 10, rateBps: 80e9, limitPackets: 12_345, reorder: { gap: 5 } },
      },
    ]);
  });

  test("forgets what a change leaves out", () => {
    const { tc, read } = result["delay alone"];
    expect(read).toMatchObject([{ handle: 0x10000 }]);
    expect(read[0]?.["netem"]).toEqual({ delayMs: 50, limitPackets: 1_000_000 });
    const options = tc[0]?.["options"] as Seen;
    expect(options).toMatchObject({ delay: { delay: 0.05, jitter: 0 } });
    for (const name of ["loss-gemodel", "loss-random", "duplicate", "reorder", "corrupt", "rate"])
      expect(options).not.toHaveProperty(name);
  });

  test("delays frames", () => {
    const [, fastest = 0] = /= ([\d.]+)\//.exec(result.ping) ?? [];
    expect(result.ping).toContain(" 0% packet loss");
    expect(Number(fastest)).toBeGreaterThanOrEqual(50);
    expect(Number(fastest)).toBeLessThan(100);
    expect(result.delays).toHaveLength(100);
    expect(least(result.delays)).toBeGreaterThanOrEqual(50);
    expect(least(result.delays)).toBeLessThan(75);
  });

  test("draws delays from each distribution", () => {
    for (const name of ["uniform", "normal", "pareto"] as const) expect(result[name]).toHaveLength(400);
    expect(least(result.uniform)).toBeGreaterThanOrEqual(80);
    // Of the normal distribution one in six is shorter than the uniform one has them, and none by four deviations.
    expect(least(result.normal)).toBeLessThan(80);
    expect(least(result.normal)).toBeGreaterThanOrEqual(20);
    // The head of the Pareto distribution is short: nothing is much below the mean.
    expect(least(result.pareto)).toBeGreaterThanOrEqual(80);
  });

  test("lets jitter reorder frames, or not", () => {
    expect(result.overtaking).not.toEqual(sorted(result.overtaking));
    expect(sorted(result.overtaking)).toEqual(Array.from({ length: 300 }, (_, index) => index));
    expect(result["in order"]).toEqual(Array.from({ length: 300 }, (_, index) => index));
  });

  test("loses frames, one by one and in bursts", () => {
    const lost = 5000 - result["uniform loss"].length;
    expect(Math.abs(lost - 1000)).toBeLessThan(5 * Math.sqrt(5000 * 0.2 * 0.8));
    // p / (p + r) of them; neighbours are correlated by 1 - p - r.
    const lostInBursts = 10_000 - result.bursts.length;
    expect(Math.abs(lostInBursts - 10_000 / 6)).toBeLessThan(5 * Math.sqrt(((10_000 / 6) * (5 / 6) * 1.7) / 0.3));
    const gaps = result.bursts.map((index, at) => index - (result.bursts[at - 1] ?? -1) - 1).filter((gap) => gap > 0);
    const meanBurst = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect(meanBurst).toBeGreaterThan(3);
    expect(meanBurst).toBeLessThan(5);
  });

  test("doubles and corrupts frames, and sends some at once", () => {
    expect(sorted(result.duplicate)).toEqual(Array.from({ length: 100 }, (_, index) => index >> 1));
    // A few are not recognised: what was changed is their type, or their number.
    expect(result.corrupt.length).toBeGreaterThan(150);
    expect(result.corrupt.filter((bits) => bits === 1).length).toBeGreaterThan(150);
    expect(Math.max(...result.corrupt)).toBe(1);
    expect(result.gap).toEqual([3, 7, 11, 0, 1, 2, 4, 5, 6, 8, 9, 10]);
  });

  test("passes frames on to a tbf, whose fifo holds what waits for the rate", () => {
    const { arrivals, tc, read } = result.rate;
    expect(read.map(({ kind, parent }) => [kind, parent])).toEqual([
      ["netem", 0xffffffff],
      ["tbf", 0x10001],
      ["pfifo", 0x20001],
    ]);
    expect(tc).toMatchObject([
      { kind: "netem", options: { delay: { delay: 0.1 } } },
      { kind: "tbf", parent: "1:1", options: { rate: 100_000 } },
      { kind: "pfifo", parent: "2:1", options: { limit: 20 } },
    ]);
    const drops = (read[2]?.["statistics"] as { drops: number } | undefined)?.drops ?? 0;
    expect(arrivals.length + drops).toBe(40);
    expect(arrivals.length).toBeGreaterThanOrEqual(21);
    expect(drops).toBeGreaterThan(0);
    // 10 ms each, behind the delay.
    expect(arrivals[0]?.atMs).toBeGreaterThanOrEqual(100);
    expect(arrivals.at(-1)?.atMs).toBeGreaterThanOrEqual(100 + (arrivals.length - 1) * 10 - 1);
  });

  test("goes with the queues in it", () => {
    expect(result.left).toEqual(["noqueue"]);
  });
});
