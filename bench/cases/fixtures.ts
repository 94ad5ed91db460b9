import { join } from "node:path";
import { type Benchmark, median } from "../case.ts";
import { Netwright } from "../netwright.ts";
import type { FixturesReport } from "../programs/fixtures.ts";

const program = join(import.meta.dirname, "../programs/fixtures.ts");

/** What a lab of its own costs a test. */
export const benchmark: Benchmark = {
  name: "fixtures",
  targets: [
    { figure: "a lab of two hosts, up and down", atMost: 250 },
    { figure: "failures of 100 labs, 8 at a time", atMost: 0 },
  ],
  async run(context) {
    await using netwright = await Netwright.with(context, "nodes: { h1: {} }\n");
    const { stdout } = await netwright.other(process.execPath, program);
    const { single, many } = JSON.parse(stdout) as FixturesReport;
    const [line = ""] = many.failures;
    if (line !== "") context.note(line);
    return {
      figures: [
        { figure: "a lab of two hosts, up and down", value: median(single), unit: "ms" },
        { figure: "100 labs, 8 at a time, with a ping each", value: many.seconds, unit: "s" },
        { figure: "failures of 100 labs, 8 at a time", value: many.failures.length, unit: "" },
      ],
      samples: { single, many },
    };
  },
};
