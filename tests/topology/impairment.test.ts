import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LabFileError } from "../../src/topology/errors/error.ts";
import { describeImpairment, impairmentSettings } from "../../src/topology/impairment/describe.ts";
import type { Impairment } from "../../src/topology/impairment/impairment.ts";
import { type Preset, presetNames, presets } from "../../src/topology/impairment/presets.ts";
import { impairmentOf, readImpairment } from "../../src/topology/impairment/read.ts";
import type { ImpairmentSettings } from "../../src/topology/impairment/settings.ts";
import { arbitraryImpairment } from "./arbitrary/impairment.ts";

const codes = (settings: ImpairmentSettings): readonly string[] => {
  try {
    impairmentOf(settings, "up");
  } catch (error) {
    if (error instanceof LabFileError) return error.errors.map(({ code }) => code);
    throw error;
  }
  return [];
};

const layered = (...layers: readonly ImpairmentSettings[]): Impairment | undefined =>
  readImpairment(
    layers.map((settings, index) => ({ settings, path: [index] })),
    "up",
    (code) => {
      throw new Error(code);
    },
  );

describe("units", () => {
  test.each<[ImpairmentSettings, Impairment]>([
    [{ delay: "20ms" }, { delayMs: 20 }],
    [{ delay: "500us" }, { delayMs: 0.5 }],
    [{ delay: "1.5 s" }, { delayMs: 1500 }],
    [
      { delay: "0.1ms", jitter: "1µs" },
      { delayMs: 0.1, jitterMs: 0.001 },
    ],
    [{ loss: "0.1%" }, { loss: { uniform: 0.001 } }],
    [{ loss: "0.7%" }, { loss: { uniform: 0.007 } }],
    [{ loss: "100%" }, { loss: { uniform: 1 } }],
    [{ loss: { p: "1%", r: "25%" } }, { loss: { gilbertElliott: { p: 0.01, r: 0.25, goodLoss: 0, badLoss: 1 } } }],
    [{ rate: "100mbit" }, { rateBps: 100_000_000 }],
    [{ rate: "1.5 Gbit/s" }, { rateBps: 1_500_000_000 }],
    [
      { rate: "64kbit", queue: "64kb" },
      { rateBps: 64_000, queue: { bytes: 65_536 } },
    ],
    [
      { rate: "64kbit", queue: "1000p" },
      { rateBps: 64_000, queue: { packets: 1000 } },
    ],
    [
      { rate: "64kbit", queue: "1500b" },
      { rateBps: 64_000, queue: { bytes: 1500 } },
    ],
    [
      { delay: "1ms", reorder: "25%" },
      { delayMs: 1, reorder: { probability: 0.25 } },
    ],
    [
      { delay: "1ms", reorder: { probability: "25%", gap: 5 } },
      { delayMs: 1, reorder: { probability: 0.25, gap: 5 } },
    ],
    [
      { duplicate: "1%", corrupt: "2%" },
      { duplicate: 0.01, corrupt: 0.02 },
    ],
    [
      { delay: "1ms", jitter: "2ms", distribution: "pareto", "jitter-reorders": true },
      { delayMs: 1, jitterMs: 2, distribution: "pareto", jitterReorders: true },
    ],
  ])("%j", (settings, impairment) => {
    expect(impairmentOf(settings, "up")).toEqual(impairment);
  });

  test("what is printed is read as the same", () => {
    fc.assert(
      fc.property(arbitraryImpairment, (impairment) => {
        expect(impairmentOf(impairmentSettings(impairment), "up")).toEqual(impairment);
      }),
      { numRuns: 1000 },
    );
  });

  test("a line for people", () => {
    expect(describeImpairment({ delayMs: 20, loss: { uniform: 0.001 }, rateBps: 1_000_000 })).toBe(
      "delay 20ms, loss 0.1%, rate 1mbit",
    );
    expect(describeImpairment({ delayMs: 1, jitterMs: 2, jitterReorders: true })).toBe(
      "delay 1ms, jitter 2ms, jitter-reorders",
    );
    expect(describeImpairment({})).toBe("none");
    expect(describeImpairment(undefined)).toBe("none");
  });
});

describe("what is impossible", () => {
  test.each<[ImpairmentSettings, string]>([
    [{ delay: "-1ms" }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ delay: "25h" }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ delay: "20" }, "IMPAIRMENT_INVALID"],
    [{ delay: "20 parsecs" }, "IMPAIRMENT_INVALID"],
    [{ delay: "10ms", jitter: "11ms" }, "JITTER_ABOVE_DELAY"],
    [{ jitter: "1ms" }, "JITTER_ABOVE_DELAY"],
    [{ delay: "10ms", distribution: "normal" }, "IMPAIRMENT_NEEDS"],
    [{ delay: "10ms", "jitter-reorders": true }, "IMPAIRMENT_NEEDS"],
    [{ delay: "10ms", jitter: "1ms", distribution: "gauss" }, "IMPAIRMENT_INVALID"],
    [{ loss: "101%" }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ loss: "-1%" }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ loss: "0.1" }, "IMPAIRMENT_INVALID"],
    [{ loss: { p: "0%", r: "1%" } }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ loss: { p: "1%", r: "0%" } }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ loss: { p: "1%", r: "1%", "bad-loss": "200%" } }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ duplicate: "101%" }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ corrupt: "lots" }, "IMPAIRMENT_INVALID"],
    [{ reorder: "10%" }, "IMPAIRMENT_NEEDS"],
    [{ delay: "1ms", reorder: { probability: "10%", gap: 0 } }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ rate: "0mbit" }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ rate: "-1mbit" }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ rate: "100mbps" }, "IMPAIRMENT_INVALID"],
    [{ queue: "10p" }, "IMPAIRMENT_NEEDS"],
    [{ rate: "1mbit", queue: "0p" }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ rate: "1mbit", queue: "1.5p" }, "IMPAIRMENT_OUT_OF_RANGE"],
    [{ rate: "1mbit", queue: "10" }, "IMPAIRMENT_INVALID"],
    [{ preset: "6g" }, "PRESET_UNKNOWN"],
    [{ preset: "4g sideways" }, "PRESET_UNKNOWN"],
    [{ preset: "constructor" }, "PRESET_UNKNOWN"],
  ])("%j", (settings, code) => {
    expect(codes(settings)).toEqual([code]);
  });

  test("all is told at once, and the nearest preset", () => {
    expect(codes({ delay: "-1ms", loss: "200%", rate: "0bit" })).toHaveLength(3);
    expect(() => impairmentOf({ preset: "satelite-geo" }, "up")).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ remedy: 'Did you mean "satellite-geo"?' })] }),
    );
  });
});

describe("presets", () => {
  test.each(presetNames)("%s is in the documentation with its figures", (name) => {
    const { up, down }: Preset = presets[name];
    const row = readFileSync(new URL("../../docs/links.md", import.meta.url), "utf8")
      .split("\n")
      .find((line) => line.startsWith(`| \`${name}\` `));
    const [, , , rates = "", roundTrip = "", more = "", figures = ""] = (row ?? "")
      .split("|")
      .map((cell) => cell.trim());
    const mbit = ({ rateBps }: Impairment) => (rateBps === undefined ? [] : [rateBps / 1e6]);
    expect(rates).toBe([...mbit(down), ...mbit(up)].join(", "));
    const ms = (up.delayMs ?? 0) + (down.delayMs ?? 0);
    expect(roundTrip).toBe(ms === 0 ? "" : `${ms} ms`);
    const { jitterMs, loss } = down;
    const share = loss !== undefined && "uniform" in loss ? loss.uniform : undefined;
    const said = [
      ...(jitterMs === undefined ? [] : [`jitter ${jitterMs} ms`]),
      ...(share === undefined ? [] : [`loss ${share * 100} %`]),
    ];
    expect(more).toBe(said.join(", "));
    expect(figures).toMatch(/^\[\d+\]/);
  });

  test.each(presetNames)("%s holds together, and has another name and figures than the rest", (name) => {
    const preset: Preset = presets[name];
    for (const side of ["up", "down"] as const) {
      expect(impairmentOf({ preset: name }, side)).toEqual(preset[side]);
      expect(impairmentOf(impairmentSettings(preset[side]), side)).toEqual(preset[side]);
    }
    expect(preset.source).not.toBe("");
  });

  test("a side can be named", () => {
    expect(impairmentOf({ preset: "4g down" }, "up")).toEqual(presets["4g"].down);
    expect(impairmentOf({ preset: "4g up" }, "down")).toEqual(presets["4g"].up);
    expect(presets["4g"].up).not.toEqual(presets["4g"].down);
  });
});

describe("layers", () => {
  test("keys win over the preset, and a later layer over one before", () => {
    expect(impairmentOf({ preset: "dsl", delay: "5ms" }, "down")).toEqual({ ...presets.dsl.down, delayMs: 5 });
    expect(layered({ delay: "5ms", loss: "1%" }, { loss: "2%" })).toEqual({ delayMs: 5, loss: { uniform: 0.02 } });
    expect(layered({ delay: "5ms", corrupt: "1%" }, { preset: "lossy" })).toEqual({
      delayMs: 5,
      corrupt: 0.01,
      loss: { uniform: 0.1 },
    });
  });

  test("nothing takes away, with what hangs on it", () => {
    expect(layered({ preset: "4g" }, { delay: "0ms" })).toEqual({
      loss: { uniform: 0.002 },
      rateBps: 7_600_000,
      queue: { bytes: 237_500 },
    });
    expect(layered({ delay: "5ms", jitter: "1ms", distribution: "normal" }, { jitter: "0ms" })).toEqual({ delayMs: 5 });
    expect(layered({ preset: "dsl" }, { rate: "unlimited" })).toEqual({ delayMs: 25 });
    expect(
      layered({ loss: "1%", corrupt: "1%", duplicate: "1%" }, { loss: "0%", corrupt: "0%", duplicate: "0%" }),
    ).toEqual({});
    expect(layered({ delay: "5ms", reorder: "5%" }, { reorder: "0%" })).toEqual({ delayMs: 5 });
    expect(layered({ delay: "5ms", jitter: "5ms", "jitter-reorders": true }, { "jitter-reorders": false })).toEqual({
      delayMs: 5,
      jitterMs: 5,
    });
  });
});
