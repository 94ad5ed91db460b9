import { join } from "node:path";
import type { Benchmark } from "../case.ts";
import { Netwright } from "../netwright.ts";
import type { ConsoleRun, ConsolesReport } from "../programs/consoles.ts";
import { buildRabbit, missingForRabbit } from "../rabbit.ts";

const program = join(import.meta.dirname, "../programs/consoles.ts");

/** Output of a command through `run` on a console: all of it, and how fast. */
export const benchmark: Benchmark = {
  name: "console",
  targets: [
    { figure: "lost of 1 MB through the console of Rabbit, emulated", atMost: 0 },
    { figure: "lost of 1 MB through the console of a host", atMost: 0 },
  ],
  unavailable: missingForRabbit,
  async run(context) {
    await buildRabbit(context);
    await using netwright = await Netwright.with(context, "nodes: { h1: {} }\n");
    const { stdout } = await netwright.other(process.execPath, program);
    const report = JSON.parse(stdout) as ConsolesReport;
    const figures = (whose: string, { bytes, lostBytes, seconds }: ConsoleRun) => [
      { figure: `lost of 1 MB through the console of ${whose}`, value: lostBytes, unit: "B" },
      { figure: `1 MB through the console of ${whose}`, value: bytes / 1e6 / seconds, unit: "MB/s" },
    ];
    return {
      figures: [...figures("Rabbit, emulated", report.rabbit), ...figures("a host", report.host)],
      samples: report,
    };
  },
};
