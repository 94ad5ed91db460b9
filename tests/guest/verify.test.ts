import { beforeAll, describe, expect, it } from "vitest";
import type { VerifiedFigure } from "../../src/api/index.ts";
import { bundle } from "./bundle.ts";
import { runInGuest } from "./guest.ts";
import { missingForGuest } from "./missing.ts";

type Measured = { readonly figures: readonly VerifiedFigure[]; readonly attempts: number };
type Verified = { readonly medium: string; readonly ab: Measured; readonly ba: Measured };
type Result = Record<"direct" | "port" | "other", Verified>;

const missing = missingForGuest();
const outside = ({ figures }: Measured) =>
  figures.filter(({ verdict }) => verdict === "outside").map(({ figure }) => figure);
const achieved = ({ figures }: Measured, name: VerifiedFigure["figure"]) =>
  figures.find(({ figure }) => figure === name)?.achieved ?? Number.NaN;

describe("measuring links that the kernel impairs, on Debian's kernel", () => {
  let result: Result;

  beforeAll(async () => {
    if (missing !== undefined) return;
    const { argv, share, files } = await bundle("verify");
    const guest = await runInGuest(argv, { timeoutMs: 170_000, share, files });
    expect(guest).toMatchObject({ exitCode: 0, stderr: "" });
    result = JSON.parse(guest.stdout) as Result;
  }, 180_000);

  const test = (name: string, body: () => void) =>
    it(name, (context) => {
      if (missing !== undefined) context.skip(missing);
      body();
    });

  test("finds that netem does what is asked of it, between machines", () => {
    const { medium, ab, ba } = result.direct;
    expect({ medium, ab: outside(ab), ba: outside(ba) }).toEqual({ medium: "kernel", ab: [], ba: [] });
    expect(achieved(ab, "delay-5")).toBeGreaterThan(44);
    expect(achieved(ab, "loss")).toBeGreaterThan(0.1);
    expect(achieved(ba, "delay")).toBeGreaterThan(99);
    expect(achieved(ba, "duplicates")).toBeGreaterThan(0.1);
    expect(achieved(ba, "corrupted")).toBeGreaterThan(0.1);
  });

  test("finds the same at the port of a switch", () => {
    const { medium, ab, ba } = result.port;
    expect({ medium, ab: outside(ab), ba: outside(ba) }).toEqual({ medium: "kernel", ab: [], ba: [] });
    expect(achieved(ab, "overtaking")).toBeGreaterThan(0.05);
    expect(achieved(ba, "loss")).toBeGreaterThan(0.1);
  });

  test("finds what it does not do, after a second look", () => {
    const { ab, ba } = result.other;
    expect(outside(ab)).toEqual(["loss"]);
    expect(outside(ba)).toContain("delay");
    expect([ab.attempts, ba.attempts]).toEqual([2, 2]);
  });
});
