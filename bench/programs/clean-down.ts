/**
 * How long a lab takes to go: runs `up` and `down` in a user namespace of its own (bench/sandbox.ts),
 * which is allowed no network namespace from then on. The kernel counts those of a user namespace and
 * all below it (ucounts, user_namespaces(7)), and takes one from the count when it has been freed: so
 * once this user namespace can make one, those of the lab are gone.
 *
 *   node bench/programs/clean-down.ts CLI LAB_FILE NAME
 *
 * Prints a JSON object: { returned, clean }, seconds since `down` was called.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export type CleanDown = { readonly returned: number; readonly clean: number };

const [commandLine = "", file = "", name = ""] = process.argv.slice(2);
const limit = "/proc/sys/user/max_net_namespaces";
const deadlineMs = 60_000;

const folder = mkdtempSync(join(tmpdir(), "netwright-bench-"));
const env = { ...process.env, NETWRIGHT_RUNTIME_DIR: join(folder, "run"), NETWRIGHT_STATE_DIR: join(folder, "state") };
const netwright = (...parameters: string[]) =>
  execFileSync(process.execPath, [commandLine, ...parameters], { env, stdio: ["ignore", "ignore", "inherit"] });
const canMakeOne = () => spawnSync("unshare", ["--net", "true"], { stdio: "ignore" }).status === 0;

try {
  netwright("up", "--quiet", "-f", file);
  writeFileSync(limit, "1");
  if (canMakeOne()) throw new Error(`${limit} does not count the lab's namespaces`);
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  netwright("down", "--quiet", "-n", name);
  const returned = seconds();
  while (!canMakeOne()) {
    if (performance.now() - started > deadlineMs) throw new Error("the kernel does not free the lab");
    await sleep(10);
  }
  process.stdout.write(JSON.stringify({ returned, clean: seconds() } satisfies CleanDown));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
