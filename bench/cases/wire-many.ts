import type { Benchmark } from "../case.ts";
import type { ManyReport } from "../programs/wire.ts";
import { runInSandbox } from "../sandbox.ts";

/** 500 impaired links in one process, with 1,000 frames a second each way over all of them. */
export const benchmark: Benchmark = {
  name: "wire-many",
  targets: [{ figure: "directions that did not deliver every frame", atMost: 0 }],
  async run(context) {
    const report = await runInSandbox<ManyReport>(context, "programs/wire.ts", "many");
    return {
      figures: [
        { figure: "links", value: report.links, unit: "" },
        { figure: "frames sent, both ways", value: report.sentPerSecond, unit: "/s" },
        { figure: "directions that did not deliver every frame", value: report.starved, unit: "" },
        { figure: "processor time", value: 100 * report.cpu, unit: "% of one" },
        { figure: "worst lateness of a direction, median", value: report.medianLatenessMs, unit: "ms" },
        { figure: "worst lateness of a direction, worst", value: report.worstLatenessMs, unit: "ms" },
      ],
    };
  },
};
