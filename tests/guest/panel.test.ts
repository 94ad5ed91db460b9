import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { bundle } from "./bundle.ts";
import { runInGuest } from "./guest.ts";
import { missingForGuest } from "./missing.ts";

type Impaired = {
  readonly medium: string;
  readonly both: readonly number[];
  readonly rated: { readonly times: readonly number[]; readonly queues: readonly string[] };
  readonly unrated: readonly string[];
  readonly statistics: {
    readonly queues: Record<"ab" | "ba", { readonly sentFrames: number; readonly dropped: number }>;
  };
  readonly after: { readonly medium: string; readonly times: readonly number[]; readonly queues: readonly string[] };
};
type Result = Record<"direct" | "port" | "trunk", Impaired> & {
  readonly plain: {
    readonly direct: readonly number[];
    readonly switched: readonly number[];
    readonly queues: readonly string[];
  };
  readonly carrier: readonly [string, string];
  readonly control: Record<string, boolean>;
  readonly refused: { readonly jitter: string; readonly seed: string; readonly left: readonly string[] };
};

const missing = missingForGuest();
const least = (times: readonly number[]) => Math.min(...times);

/** Emulation is slow and its clock goes by jumps: times are bounded from below, where lateness cannot reach. */
describe("links that the kernel impairs, on Debian's kernel", () => {
  let result: Result;

  beforeAll(async () => {
    if (missing !== undefined) return;
    const { argv, share, files } = await bundle("panel");
    const tools = ["tc", "ping"].map((name) =>
      spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${name}`], { encoding: "utf8" }).stdout.trim(),
    );
    const guest = await runInGuest(argv, { timeoutMs: 170_000, share: [...share, ...tools], files });
    expect(guest).toMatchObject({ exitCode: 0, stderr: "" });
    result = JSON.parse(guest.stdout) as Result;
  }, 180_000);

  const test = (name: string, body: () => void) =>
    it(name, (context) => {
      if (missing !== undefined) context.skip(missing);
      body();
    });

  test("are plain when nothing is asked", () => {
    expect(result.plain.direct).toHaveLength(5);
    expect(result.plain.switched).toHaveLength(5);
    expect(result.plain.queues).toEqual([]);
  });

  for (const name of ["direct", "port", "trunk"] as const) {
    test(`are delayed each way, changed live and cleared: ${name}`, () => {
      const { medium, both, rated, unrated, statistics, after } = result[name];
      expect(medium).toBe("kernel");
      expect(both).toHaveLength(5);
      expect(least(both)).toBeGreaterThanOrEqual(300);
      expect(rated.times).toHaveLength(5);
      expect(least(rated.times)).toBeGreaterThanOrEqual(150);
      expect(least(rated.times)).toBeLessThan(300);
      expect(rated.queues).toEqual(["bfifo", "netem", "netem", "tbf"]);
      expect(unrated).toEqual(["netem", "netem"]);
      for (const direction of ["ab", "ba"] as const) {
        expect(statistics.queues[direction].sentFrames).toBeGreaterThanOrEqual(10);
        expect(statistics.queues[direction].dropped).toBe(0);
      }
      expect(after.medium).toBe(name === "direct" ? "kernel" : "bridge");
      expect(after.times).toHaveLength(5);
      expect(least(after.times)).toBeLessThan(150);
      expect(after.queues).toEqual([]);
    });
  }

  test("keep the carrier of their nodes through all of it", () => {
    expect(result.carrier[1]).toBe(result.carrier[0]);
  });

  test("pass LLDP, STP, LACP and 802.1X byte for byte", () => {
    expect(result.control).toEqual({ lldp: true, stp: true, lacp: true, "802.1x": true });
  });

  test("are refused what queues cannot do, and nothing is left of it", () => {
    expect(result.refused.jitter).toContain("jitter is at most 2147 ms");
    expect(result.refused.seed).toMatch(/takes no seed|^nothing$/);
    expect(result.refused.left).toEqual([]);
  });
});
