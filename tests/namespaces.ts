import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What a lab's sandbox has, made the same way (unshare(1)). */
export const namespaces = [
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

/**
 * Runs a program in namespaces of its own, where it is root over nothing but what it makes there. The
 * kernel cleans up behind it.
 *
 * @returns the JSON it prints
 */
export async function runInNamespaces<T>(program: URL, parameters: readonly string[], timeoutMs = 60_000): Promise<T> {
  const { stdout } = await promisify(execFile)(
    "unshare",
    [...namespaces, process.execPath, program.pathname, ...parameters],
    { timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: 64 * 1024 * 1024, cwd: "/" },
  );
  return JSON.parse(stdout) as T;
}
