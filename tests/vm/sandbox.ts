import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { missingForGuest } from "../guest/missing.ts";
import { closedTun } from "../kernel/tun.ts";
import { testGuest } from "./guest-image.ts";

/** Why there can be no virtual machine with NICs here; undefined when there can. */
export function missingForVm(): string | undefined {
  return missingForGuest() ?? closedTun();
}

/**
 * Runs a scenario of tests/vm/programs in namespaces of its own, and returns what it reports. The
 * kernel ends what it leaves running.
 */
export async function runScenario<T>(program: string, scenario: string): Promise<T> {
  // Here: where the checkout is another user's, root of a sandbox may not write in it.
  testGuest();
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
  const { stdout } = await promisify(execFile)("unshare", [...namespaces, process.execPath, file, scenario], {
    timeout: 180_000,
    killSignal: "SIGKILL",
    maxBuffer: 16 * 1024 * 1024,
    cwd: "/",
  });
  return JSON.parse(stdout) as T;
}
