import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import type { Context } from "./case.ts";

/** Debian's Mininet belongs to Debian's Python, whatever else is first on the path. */
const python = "/usr/bin/python3";
const needed = ["/usr/lib/python3/dist-packages/mininet", "/usr/sbin/brctl"];

export type MininetRun = {
  readonly hosts: number;
  readonly upSeconds: number;
  readonly stopSeconds: number;
  /** Whether the first host reached the last. */
  readonly reachable: boolean;
};

/** Why Mininet cannot run here, or undefined. */
export function mininetUnavailable({ isRoot }: Context): string | undefined {
  if (!isRoot) return "Mininet needs root";
  if (!needed.every(existsSync)) return "not installed; apt-get install mininet bridge-utils";
  return undefined;
}

/** Starts and stops a star of `hosts` on a Linux bridge in Mininet. */
export async function measureMininet(hosts: number): Promise<MininetRun> {
  const program = new URL("peers/mininet_star.py", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(python, [program, String(hosts)], { timeout: 600_000 });
  const run = JSON.parse(stdout) as MininetRun;
  if (!run.reachable) throw new Error("Mininet's star does not carry a ping");
  return run;
}
