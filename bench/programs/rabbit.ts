/** Boots Rabbit with the built test library, and prints how long it took from asking for the lab to the login prompt. */
import { join } from "node:path";
import { rabbit } from "../../appliances/rabbit/carrot.ts";

export type RabbitReport = {
  /** Seconds from `up` to the login prompt, each. */
  readonly boots: readonly number[];
};

type Library = typeof import("../../src/testing/index.ts");

const rounds = 5;
const timeout = 180_000;
const { startLab } = (await import(join(import.meta.dirname, "../../dist/testing/index.js"))) as Library;

const definition = {
  name: "boot",
  nodes: { dut: rabbit({ acceleration: "tcg" }), h1: { interfaces: { eth0: "10.0.0.2/24" } } },
  links: [["dut", "h1"] as [string, string]],
};

const boots: number[] = [];
for (let round = 0; round < rounds; round++) {
  const began = performance.now();
  await using lab = await startLab(definition);
  const console = await lab.node("dut").console();
  await console.expect("rabbit login: ", { timeout });
  boots.push((performance.now() - began) / 1000);
}
process.stdout.write(JSON.stringify({ boots } satisfies RabbitReport));
