import { join } from "node:path";
import type { Benchmark } from "../case.ts";
import { Netwright } from "../netwright.ts";
import type { Terminals, TerminalsReport } from "../programs/terminals.ts";

const program = join(import.meta.dirname, "../programs/terminals.ts");
const command = join(import.meta.dirname, "../../dist/cli/main.js");

/** 200 terminals through a server, of which 50 print 100 kB/s each; beside it the same at the lab's own socket. */
export const benchmark: Benchmark = {
  name: "terminals",
  targets: [
    { figure: "a key seen, 99th percentile", atMost: 100 },
    { figure: "keys that were not seen", atMost: 0 },
    // 256 KiB of each connection's output may wait at either end of it, and a MiB at the supervisor's.
    { figure: "memory of the server for 20 readers that do not read", atMost: 30 },
    { figure: "memory of the supervisor for 20 readers that do not read", atMost: 60 },
  ],
  async run(context) {
    await using netwright = await Netwright.with(context, "nodes: { h1: {} }\n");
    const { stdout } = await netwright.other(
      process.execPath,
      "--disable-warning=ExperimentalWarning",
      program,
      command,
    );
    const { server, floor, slow } = JSON.parse(stdout) as TerminalsReport;
    const figures = (name: string, { echoP50Ms, echoP99Ms, streamed }: Terminals) => [
      { figure: `${name}a key seen, median`, value: echoP50Ms, unit: "ms" },
      { figure: `${name}a key seen, 99th percentile`, value: echoP99Ms, unit: "ms" },
      { figure: `${name}each of 50 that print`, value: streamed, unit: "kB/s" },
    ];
    return {
      figures: [
        ...figures("", server),
        { figure: "keys that were not seen", value: server.unseen + floor.unseen, unit: "" },
        { figure: "memory of the server for 20 readers that do not read", value: slow.serverMegabytes, unit: "MB" },
        {
          figure: "memory of the supervisor for 20 readers that do not read",
          value: slow.supervisorMegabytes,
          unit: "MB",
        },
        ...figures("floor, without a server: ", floor),
      ],
      samples: { server, floor, slow },
    };
  },
};
