import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { namespaces } from "../tests/namespaces.ts";
import type { BenchUser, Context } from "./case.ts";

const run = promisify(execFile);

/** How to spawn as `user`: only root may, and has to, become somebody else. */
export const as = (user: BenchUser, isRoot: boolean) => ({
  ...(isRoot ? { uid: user.uid, gid: user.gid } : {}),
  env: { PATH: process.env["PATH"] ?? "", HOME: user.home, USER: user.name },
});

/** Runs a program of bench/ in a sandbox, and returns the JSON object it prints. */
export async function runInSandbox<T>({ user, isRoot }: Context, file: string, ...parameters: string[]): Promise<T> {
  const program = new URL(file, import.meta.url).pathname;
  const { stdout } = await run("unshare", [...namespaces, process.execPath, program, ...parameters], {
    ...as(user, isRoot),
    cwd: "/",
    timeout: 300_000,
    maxBuffer: 1 << 24,
  });
  return JSON.parse(stdout) as T;
}

/** How much longer a network namespace and its loopback may take than nothing. */
const quietMs = 60;

/**
 * Waits until the kernel has freed the network namespaces of what ran before: it does so behind the
 * scenes, holding the lock that everything that changes links needs.
 *
 * @throws when that takes longer than a minute
 */
export async function settle({ user, isRoot }: Context): Promise<void> {
  const time = async (...parameters: string[]) => {
    const started = performance.now();
    await run("unshare", ["--user", "--map-root-user", ...parameters], as(user, isRoot));
    return performance.now() - started;
  };
  const deadline = performance.now() + 60_000;
  for (let quiet = 0; quiet < 3; ) {
    if (performance.now() > deadline) throw new Error("the kernel does not come to rest");
    // Beside the same without the kernel's lock: a machine that is busy with other things is slow at both.
    const idle = await time("ip", "-Version");
    quiet = (await time("--net", "ip", "link", "set", "lo", "up")) - idle < quietMs ? quiet + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
