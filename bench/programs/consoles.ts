/** Has a command print a megabyte on the consoles of Rabbit and of a host, and prints what came and how fast. */
import { join } from "node:path";
import { rabbit } from "../../appliances/rabbit/carrot.ts";

export type ConsolesReport = Readonly<Record<"rabbit" | "host", ConsoleRun>>;
export type ConsoleRun = { readonly bytes: number; readonly lostBytes: number; readonly seconds: number };

type Library = typeof import("../../src/testing/index.ts");
type TestLab = import("../../src/testing/index.ts").TestLab;

const lines = 100_000;
const timeout = 180_000;
const { startLab } = (await import(join(import.meta.dirname, "../../dist/testing/index.js"))) as Library;

/** Lines that differ, so that no lost one can go unnoticed. */
const wanted = Array.from({ length: lines }, (_, index) => `${String(index + 1).padStart(9, "0")}\n`).join("");

async function measure(lab: TestLab, node: string): Promise<ConsoleRun> {
  const console = await lab.node(node).console();
  await console.login({ user: "root", password: "rabbit", timeout });
  // Made before: the console is what is measured.
  await console.check(`seq 1 ${lines} | sed 's/^/00000000/; s/.*\\(.........\\)$/\\1/' >/tmp/lines`, { timeout });
  const began = performance.now();
  const output = await console.check("cat /tmp/lines", { timeout });
  const seconds = (performance.now() - began) / 1000;
  console.close();
  const lostBytes = output === wanted ? 0 : Math.max(1, wanted.length - output.length);
  return { bytes: wanted.length, lostBytes, seconds };
}

await using lab = await startLab({ name: "consoles", nodes: { dut: rabbit({ acceleration: "tcg" }), h1: {} } });
const report = { rabbit: await measure(lab, "dut"), host: await measure(lab, "h1") };
process.stdout.write(JSON.stringify(report satisfies ConsolesReport));
