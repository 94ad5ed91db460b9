import { execFile } from "node:child_process";
import { promisify } from "node:util";

/**
 * Runs a scenario of tests/dataplane/programs in namespaces of its own, where it is root over nothing
 * but what it makes there, and returns what it reports. The kernel cleans up behind it.
 */
export async function runScenario<T>(program: string, scenario: string, ...parameters: string[]): Promise<T> {
  const file = new URL(`programs/${program}.ts`, import.meta.url).pathname;
  const namespaces = [
    "--user",
    "--map-root-user",
    "--net",
    "--mount",
    "--pid",
    "--fork",
    "--mount-proc",
    "--kill-child",
  ];
  const run = promisify(execFile);
  const { stdout } = await run("unshare", [...namespaces, process.execPath, file, scenario, ...parameters], {
    timeout: 120_000,
    maxBuffer: 64 * 1024 * 1024,
    cwd: "/",
  });
  return JSON.parse(stdout) as T;
}
