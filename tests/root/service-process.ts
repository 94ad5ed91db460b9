import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerEngine } from "../../src/containers/engine.ts";

/** Until a container engine that has been started answers. @throws with the end of its log, when it does not */
export async function answers(engine: ContainerEngine, child: ChildProcess, log: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await engine.ping();
    } catch (error) {
      if (Date.now() > deadline || child.exitCode !== null)
        throw new Error(`${child.spawnfile}:\n${readFileSync(log, "utf8").slice(-4000)}`, { cause: error });
      await sleep(100);
    }
  }
}

/** Ends it by a signal, or by SIGKILL when it takes too long. */
export async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await gone;
  clearTimeout(timer);
}

/** SIGKILL for every program whose command line names a path; resolves when they have gone, and let go of their files. */
export async function killThoseAt(path: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const those = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && names(name, path));
    if (those.length === 0) return;
    for (const pid of those) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
    await sleep(20);
  }
  throw new Error(`programs at ${path} do not end`);
}

function names(pid: string, path: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(path);
  } catch {
    return false;
  }
}
