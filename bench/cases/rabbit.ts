import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Benchmark, type Context, median } from "../case.ts";
import { Netwright } from "../netwright.ts";
import type { RabbitReport } from "../programs/rabbit.ts";
import { buildRabbit, missingForRabbit } from "../rabbit.ts";
import { settle } from "../sandbox.ts";

const checkout = join(import.meta.dirname, "../..");
const program = join(import.meta.dirname, "../programs/rabbit.ts");
const testsMs = 600_000;

/** The tests that alpy had, by their titles. */
const alpy = {
  "IPv4 forwarding": "Rabbit forwards IPv4 when it is told to",
  "rate limit": "Rabbit limits the rate to 1 Mbit/s",
  "load balancing": "Rabbit balances HTTP requests over two servers",
} as const;

/** As Vitest's json reporter writes it. */
type Report = {
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly duration?: number;
    }[];
  }[];
};

/** An appliance in a virtual machine, emulated: how soon it is there, and how long tests of it take. */
export const benchmark: Benchmark = {
  name: "rabbit",
  targets: [
    { figure: "up to Rabbit's login prompt, emulated", atMost: 8 },
    ...Object.keys(alpy).map((name) => ({ figure: `the test of ${name}`, atMost: 25 })),
    { figure: "all tests of Rabbit, two at a time on two processors", atMost: 120 },
  ],
  unavailable: missingForRabbit,
  async run(context) {
    await buildRabbit(context);
    await using netwright = await Netwright.with(context, "nodes: { h1: {} }\n");
    const { stdout } = await netwright.other(process.execPath, program);
    const { boots } = JSON.parse(stdout) as RabbitReport;
    await settle(context);
    const single = await vitest(context, ["forwarding", "load-balancing"], 1);
    await settle(context);
    const all = await vitest(context, ["appliances/"], 2);
    return {
      figures: [
        { figure: "up to Rabbit's login prompt, emulated", value: median(boots), unit: "s" },
        ...Object.entries(alpy).map(([name, title]) => ({
          figure: `the test of ${name}`,
          value: durationOf(single.report, title) / 1000,
          unit: "s",
        })),
        { figure: "all tests of Rabbit, two at a time on two processors", value: all.seconds, unit: "s" },
      ],
      samples: { boots, single: single.report, all: all.report },
    };
  },
};

/** Runs tests of tests/appliances, on at most two processors. @throws when one fails */
async function vitest({ note }: Context, files: readonly string[], atOnce: number) {
  const folder = await mkdtemp(join(tmpdir(), "netwright-bench-"));
  const output = join(folder, "report.json");
  const pin = existsSync("/usr/bin/taskset") ? ["taskset", "--cpu-list", "0,1"] : [];
  const tests = files.map((name) => (name.includes("/") ? `tests/${name}` : `tests/appliances/${name}`));
  const reporter = ["--reporter", "json", "--outputFile", output];
  const [program = "", ...argv] = [
    ...pin,
    ...[join(checkout, "node_modules/.bin/vitest"), "run", "--project", "guest"],
    ...["--maxWorkers", String(atOnce), ...reporter, ...tests],
  ];
  try {
    const began = performance.now();
    await promisify(execFile)(program, argv, { cwd: checkout, timeout: testsMs }).catch((error: unknown) => {
      // Tests that failed are in the report.
      if (!existsSync(output)) throw error;
    });
    const seconds = (performance.now() - began) / 1000;
    const report = JSON.parse(await readFile(output, "utf8")) as Report;
    for (const { fullName, status, duration = 0 } of report.testResults.flatMap((one) => one.assertionResults))
      note(`${(duration / 1000).toFixed(1)} s  ${status}  ${fullName}`);
    if (report.numFailedTests > 0) throw new Error(`${report.numFailedTests} tests of Rabbit failed`);
    return { seconds, report };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function durationOf({ testResults }: Report, title: string): number {
  const found = testResults.flatMap((one) => one.assertionResults).find(({ fullName }) => fullName === title);
  if (found?.duration === undefined) throw new Error(`the test "${title}" did not run`);
  return found.duration;
}
