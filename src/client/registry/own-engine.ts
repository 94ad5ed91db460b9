import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until a lab's own Podman has ended, as it does with the lab's supervisor, and ends it when it does not.
 *
 * @param claim of the lab: in the command line of the keeper, and of those that started it
 * @param withinMs before it is killed
 */
export async function endOwnEngine(claim: string, withinMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += 10) {
    if (keepersOf(claim).length === 0) return;
    await sleep(10);
  }
  for (const pid of keepersOf(claim)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}

const keepersOf = (claim: string): readonly number[] =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return words.includes(`"claim":"${claim}"`) && words.includes("containers/keeper/main");
      } catch {
        return false;
      }
    });
