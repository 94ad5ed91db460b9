import { join } from "node:path";
import type { Benchmark } from "../case.ts";
import { Netwright } from "../netwright.ts";
import type { ApiReport } from "../programs/api-load.ts";

const program = join(import.meta.dirname, "../programs/api-load.ts");

/** Reading from a server with 100 labs and 5,000 nodes in its database; who asks runs on the same processors. */
export const benchmark: Benchmark = {
  name: "api",
  targets: [
    { figure: "API reads", atLeast: 1500 },
    { figure: "API reads at 200/s, 99th percentile", atMost: 30 },
    { figure: "API reads that failed", atMost: 0 },
    { figure: "memory of a server with 100 labs", atMost: 200 },
  ],
  async run(context) {
    await using netwright = await Netwright.with(context, "nodes: { h1: {} }\n");
    const { stdout } = await netwright.other(process.execPath, "--disable-warning=ExperimentalWarning", program);
    const { server, floor } = JSON.parse(stdout) as ApiReport;
    return {
      figures: [
        { figure: "API reads", value: server.perSecond, unit: "/s" },
        { figure: "API reads, of the server's processor", value: server.cpuMs, unit: "ms" },
        { figure: "API reads at 200/s, median", value: server.p50Ms, unit: "ms" },
        { figure: "API reads at 200/s, 99th percentile", value: server.p99Ms, unit: "ms" },
        { figure: "API reads that failed", value: server.failed, unit: "" },
        { figure: "memory of a server with 100 labs", value: server.restMegabytes, unit: "MB" },
        { figure: "memory of a server with 100 labs, after all the reads", value: server.megabytes, unit: "MB" },
        { figure: "floor: reads from Node's HTTP server", value: floor.perSecond, unit: "/s" },
        { figure: "floor: reads at 200/s, 99th percentile", value: floor.p99Ms, unit: "ms" },
      ],
      samples: { server, floor },
    };
  },
};
