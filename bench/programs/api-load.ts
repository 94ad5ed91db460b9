/**
 * Asks programs/api-server.ts for what people and pages read, as fast as it answers, and at a steady rate; and the
 * floor, too. Both run on the same processors as this program, which takes its share of them.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { Caller } from "../../tests/controller/caller.ts";
import { percentile } from "../case.ts";
import type { Started, Usage } from "./api-server.ts";

export type ApiReport = Readonly<Record<"server" | "floor", Run>>;
export type Run = {
  readonly perSecond: number;
  /** Of the server's processor, for each request. */
  readonly cpuMs: number;
  /** At `steadyPerSecond`, from when a request was due. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Resident, before it is asked for anything but to deploy, and after everything. */
  readonly restMegabytes: number;
  readonly megabytes: number;
  readonly failed: number;
};

const seconds = 8;
const connections = 16;
export const steadyPerSecond = 200;
/** What the pages ask for: lists by pages, single labs more often than all. */
const paths = [
  "/session",
  "/projects",
  "/projects/demo",
  "/projects/demo/labs?limit=20",
  "/projects/demo/topologies?limit=20",
  ...[3, 17, 42, 63, 88].flatMap((lab) => [`/projects/demo/labs/lab-${lab}`, `/projects/demo/labs/lab-${lab}/text`]),
];

/** In JavaScript, in one file: who strips types takes memory, which is not the server's. */
const folder = mkdtempSync(join(tmpdir(), "netwright-bench-api-"));
const program = join(folder, "api-server.mjs");
await build({
  entryPoints: [join(import.meta.dirname, "api-server.ts")],
  outfile: program,
  bundle: true,
  platform: "node",
  format: "esm",
  external: ["pg-native", "koffi"],
  banner: {
    js: 'import { createRequire as nodeRequire } from "node:module"; const require = nodeRequire(import.meta.url);',
  },
  logLevel: "error",
});

const labs = 100;
const nodes = 50;

/** Deploys labs. @returns a token that may read */
async function fill(port: number): Promise<string> {
  const root = await Caller.signIn(`http://127.0.0.1:${port}`);
  await root.ok("POST", "/projects", { name: "demo" });
  const names = Array.from({ length: nodes }, (_, index) => `h${index}`);
  const links = names.slice(1).map((name, index) => `[${names[index]}, ${name}]`);
  const text = `nodes: {${names.map((name) => `${name}: {}`).join(", ")}}\nlinks: [${links.join(", ")}]\n`;
  for (let lab = 0; lab < labs; lab++) {
    await root.ok("POST", "/projects/demo/labs", { name: `lab-${lab}`, text });
    await root.ok("PUT", `/projects/demo/topologies/t-${lab}`, { text });
  }
  return root.token("bench", "read");
}

async function measure(kind: "server" | "floor"): Promise<Run> {
  const server: ChildProcess = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, kind], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: server.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const next = async <Value>() => JSON.parse((await lines.next()).value as string) as Value;
  const usage = () => {
    server.stdin?.write("\n");
    return next<Usage>();
  };
  try {
    const { port } = await next<Started>();
    const token = kind === "floor" ? "" : await fill(port);
    const rest = await usage();
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    let failed = 0;
    let count = 0;
    const ask = () =>
      new Promise<void>((resolve) => {
        const path = `/api/v1${paths[count++ % paths.length]}`;
        const asked = request({ port, path, agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
          if (response.statusCode !== 200) failed += 1;
          response.resume();
          response.once("end", resolve);
        });
        asked.once("error", () => {
          failed += 1;
          resolve();
        });
        asked.end();
      });
    const until = async (ms: number) => {
      const end = performance.now() + ms;
      const before = count;
      await Promise.all(
        Array.from({ length: connections }, async () => {
          while (performance.now() < end) await ask();
        }),
      );
      return count - before;
    };
    await until(2_000);
    const before = await usage();
    const began = performance.now();
    const answered = await until(seconds * 1000);
    const perSecond = (answered / (performance.now() - began)) * 1000;
    const after = await usage();
    const times: number[] = [];
    const start = performance.now();
    await Promise.all(
      Array.from({ length: steadyPerSecond * seconds }, async (_, index) => {
        const due = start + (index / steadyPerSecond) * 1000;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
        await ask();
        times.push(performance.now() - due);
      }),
    );
    agent.destroy();
    return {
      perSecond,
      cpuMs: ((after.cpuSeconds - before.cpuSeconds) * 1000) / answered,
      p50Ms: percentile(times, 50),
      p99Ms: percentile(times, 99),
      restMegabytes: rest.megabytes,
      megabytes: (await usage()).megabytes,
      failed,
    };
  } finally {
    const gone = once(server, "exit");
    server.stdin?.end();
    await gone;
  }
}

process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const report = { floor: await measure("floor"), server: await measure("server") };
process.stdout.write(JSON.stringify(report satisfies ApiReport));
