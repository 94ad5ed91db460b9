/**
 * Brings labs of two hosts up and down with the built test library, one after the other and eight at a
 * time, and prints how long that took.
 */
import { join } from "node:path";

export type FixturesReport = {
  /** Milliseconds from asking for a lab until it is gone, each. */
  readonly single: readonly number[];
  readonly many: {
    readonly labs: number;
    readonly atOnce: number;
    readonly seconds: number;
    readonly failures: readonly string[];
  };
};

type Library = typeof import("../../src/testing/index.ts");

const rounds = 15;
const labs = 100;
const atOnce = 8;
const definition = {
  name: "fixture",
  nodes: { h1: { interfaces: { eth0: ["10.0.0.1/24"] } }, h2: { interfaces: { eth0: ["10.0.0.2/24"] } } },
  links: [["h1", "h2"] as [string, string]],
};

const { startLab } = (await import(join(import.meta.dirname, "../../dist/testing/index.js"))) as Library;

const single: number[] = [];
for (let round = 0; round < rounds; round++) {
  const began = performance.now();
  const lab = await startLab(definition);
  await lab.stop();
  single.push(performance.now() - began);
}

const failures: string[] = [];
let left = labs;
const began = performance.now();
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (left-- > 0) {
      try {
        await using lab = await startLab(definition);
        const { loss } = await lab.node("h1").ping("h2", { count: 1 });
        if (loss > 0) failures.push("a ping was lost");
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  }),
);
const seconds = (performance.now() - began) / 1000;
process.stdout.write(JSON.stringify({ single, many: { labs, atOnce, seconds, failures } } satisfies FixturesReport));
