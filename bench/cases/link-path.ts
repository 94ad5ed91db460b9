import { type Benchmark, median } from "../case.ts";
import type { LinkPathReport } from "../programs/link-path.ts";
import { runInSandbox } from "../sandbox.ts";

const rounds = 7;

/** A link through the patch panel against one direct veth pair: what every kernel link costs a frame. */
export const benchmark: Benchmark = {
  name: "link-path",
  targets: [
    { figure: "TCP through the panel / direct pair", atLeast: 0.85 },
    { figure: "64-byte packets through the panel / direct pair", atLeast: 0.75 },
  ],
  async run(context) {
    const report = await runInSandbox<LinkPathReport>(context, "programs/link-path.ts", String(rounds));
    const of = (way: "direct" | "panel", rate: "tcpBps" | "framesPerSecond") =>
      report.rounds.map((round) => round[way][rate]);
    const ratio = (rate: "tcpBps" | "framesPerSecond") =>
      // Round by round: what else the machine does weighs on both ways alike.
      median(report.rounds.map((round) => round.panel[rate] / round.direct[rate]));
    return {
      figures: [
        { figure: "TCP, direct pair", value: median(of("direct", "tcpBps")) / 1e9, unit: "Gbit/s" },
        { figure: "TCP, through the panel", value: median(of("panel", "tcpBps")) / 1e9, unit: "Gbit/s" },
        { figure: "TCP through the panel / direct pair", value: ratio("tcpBps"), unit: "×" },
        { figure: "64-byte packets, direct pair", value: median(of("direct", "framesPerSecond")) / 1e6, unit: "M/s" },
        {
          figure: "64-byte packets, through the panel",
          value: median(of("panel", "framesPerSecond")) / 1e6,
          unit: "M/s",
        },
        { figure: "64-byte packets through the panel / direct pair", value: ratio("framesPerSecond"), unit: "×" },
      ],
      samples: report.rounds,
    };
  },
};
