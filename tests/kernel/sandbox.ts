import { execFile } from "node:child_process";
import { promisify } from "node:util";

/**
 * Runs a scenario of tests/kernel/programs in namespaces of its own, where it is root over nothing
 * but what it makes there, and returns what it reports. The kernel cleans up behind it.
 */
export async function runScenario<T>(program: string, scenario: string): Promise<T> {
  const file = new URL(`programs/${program}.ts`, import.meta.url).pathname;
  const namespaces = [
    "--user",
    "--map-root-user",
    "--net",
    "--mount",
    "--uts",
    "--ipc",
    "--pid",
    "--fork",
    "--mount-proc",
    "--kill-child",
  ];
  const { stdout } = await promisify(execFile)("unshare", [...namespaces, process.execPath, file, scenario], {
    timeout: 60_000,
    maxBuffer: 16 * 1024 * 1024,
    cwd: "/",
  });
  return JSON.parse(stdout) as T;
}
