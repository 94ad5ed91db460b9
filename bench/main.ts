/**
 * Runs the benchmarks of bench/cases, prints each figure beside its target and writes all of it to
 * build/bench.json. ONLY=name,name chooses. Ends with 1 when a target is missed or a case fails.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import type { Benchmark, Context, Figure, Target } from "./case.ts";
import { settle } from "./sandbox.ts";
import { type Row, table } from "./table.ts";
import { chooseUser } from "./user.ts";

type Result = {
  readonly benchmark: string;
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly samples?: unknown;
  /** Targets that could not be measured here, by figure, and why. */
  readonly unmeasured?: Readonly<Record<string, string>>;
  readonly error?: string;
  readonly skipped?: string;
};

const folder = join(import.meta.dirname, "cases");
const output = join(import.meta.dirname, "..", "build");

async function loadCases(): Promise<readonly Benchmark[]> {
  const only = process.env["ONLY"]?.split(",").filter(Boolean);
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .toSorted();
  const modules = await Promise.all(
    files.map((file) => import(join(folder, file)) as Promise<{ benchmark: Benchmark }>),
  );
  const benchmarks = modules.map(({ benchmark }) => benchmark);
  const unknown = only?.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name)) ?? [];
  if (unknown.length > 0)
    throw new Error(`no benchmark ${unknown.join(", ")}; there are ${benchmarks.map(({ name }) => name).join(", ")}`);
  return only === undefined ? benchmarks : benchmarks.filter(({ name }) => only.includes(name));
}

function judge(figure: Figure, targets: readonly Target[]): Row {
  const target = targets.find((one) => one.figure === figure.figure);
  if (target === undefined) return { ...figure, target: "", verdict: "" };
  const met = "atMost" in target ? figure.value <= target.atMost : figure.value >= target.atLeast;
  const bound = "atMost" in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`;
  return { ...figure, target: `${bound} ${figure.unit}`, verdict: met ? "met" : "MISSED" };
}

async function run(benchmark: Benchmark, context: Context): Promise<Result> {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 100) / 10;
  const skipped = benchmark.unavailable?.(context);
  if (skipped !== undefined) return { benchmark: benchmark.name, seconds: 0, rows: [], skipped };
  try {
    await settle(context);
    const { figures, samples, unmeasured = {} } = await benchmark.run(context);
    const rows = figures.map((figure) => judge(figure, benchmark.targets));
    const forgotten = benchmark.targets.filter(
      ({ figure }) => !(figure in unmeasured) && !figures.some((one) => one.figure === figure),
    );
    const missing = forgotten.map(({ figure }) => `"${figure}" was not measured`).join("; ");
    return {
      benchmark: benchmark.name,
      seconds: seconds(),
      rows,
      samples,
      unmeasured,
      ...(missing === "" ? {} : { error: missing }),
    };
  } catch (error) {
    return {
      benchmark: benchmark.name,
      seconds: seconds(),
      rows: [],
      error: error instanceof Error ? error.message : String(error),
    };
  }
}

const context: Context = {
  user: chooseUser(process.env),
  isRoot: process.getuid?.() === 0,
  note: (text) => process.stderr.write(`  ${text}\n`),
};
const results: Result[] = [];
for (const benchmark of await loadCases()) {
  process.stderr.write(`${benchmark.name}…\n`);
  const result = await run(benchmark, context);
  results.push(result);
  process.stdout.write(`\n${benchmark.name} (${result.seconds} s)\n${table(result.rows)}`);
  for (const [figure, why] of Object.entries(result.unmeasured ?? {}))
    process.stdout.write(`  not measured: ${figure}: ${why}\n`);
  if (result.skipped !== undefined) process.stdout.write(`  not run: ${result.skipped}\n`);
  if (result.error !== undefined) process.stdout.write(`  FAILED: ${result.error}\n`);
}

mkdirSync(output, { recursive: true });
const machine = {
  kernel: release(),
  cpus: cpus().length,
  cpu: cpus()[0]?.model ?? "",
  memoryBytes: totalmem(),
  node: process.version,
};
const report = { at: new Date().toISOString(), machine, user: context.user.name, results };
writeFileSync(join(output, "bench.json"), `${JSON.stringify(report, null, 2)}\n`);

const bad = results.some(
  (result) => result.error !== undefined || result.rows.some(({ verdict }) => verdict === "MISSED"),
);
process.exitCode = bad ? 1 : 0;
