import { existsSync } from "node:fs";
import { type Benchmark, median } from "../case.ts";
import type { TcpReport } from "../programs/wire.ts";
import { runInSandbox } from "../sandbox.ts";

const wirefilter = "/usr/bin/wirefilter";
const times = "1,500-byte frames, times wirefilter";

/** TCP over a wire: as offload frames where it only passes them on, and frame by frame; beside VDE's. */
export const benchmark: Benchmark = {
  name: "wire-tcp",
  targets: [
    { figure: "TCP, not impaired, offload frames", atLeast: 8 },
    { figure: "TCP, delayed, split into 1,500-byte frames", atLeast: 1.5 },
    { figure: times, atLeast: 2 },
  ],
  async run(context) {
    const hasVde = existsSync(wirefilter);
    const parameters = hasVde ? ["wirefilter"] : [];
    const report = await runInSandbox<TcpReport>(context, "programs/wire.ts", "tcp", ...parameters);
    const gbps = (way: keyof TcpReport) => median(report[way]) / 1e9;
    // Round by round: what else the machine does weighs on both alike.
    const ratios = report.plainFrames.map((plain, round) => plain / (report.wirefilter[round] ?? Number.NaN));
    return {
      figures: [
        { figure: "TCP, not impaired, offload frames", value: gbps("offload"), unit: "Gbit/s" },
        { figure: "TCP, delayed, split into 1,500-byte frames", value: gbps("perFrame"), unit: "Gbit/s" },
        { figure: "TCP, not impaired, nodes without offload", value: gbps("plainFrames"), unit: "Gbit/s" },
        ...(hasVde
          ? [
              { figure: "TCP, VDE's wirefilter", value: gbps("wirefilter"), unit: "Gbit/s" },
              { figure: times, value: median(ratios), unit: "×" },
            ]
          : []),
      ],
      ...(hasVde ? {} : { unmeasured: { [times]: "not installed; apt-get install vde2" } }),
      samples: report,
    };
  },
};
