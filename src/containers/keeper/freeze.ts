import { readdirSync, readlinkSync } from "node:fs";

/**
 * Sends a signal to all processes of a container: those of the PID namespace that its first one is in. Again until
 * there is none new, since one may have made another meanwhile; a stopped one makes none.
 *
 * @param first as this process numbers it
 */
export function signalAll(first: number, signal: "SIGSTOP" | "SIGCONT"): void {
  const namespace = readlinkSync(`/proc/${first}/ns/pid`);
  const seen = new Set<number>();
  for (let isNew = true; isNew; ) {
    isNew = false;
    for (const pid of readdirSync("/proc").map(Number)) {
      if (!Number.isInteger(pid) || seen.has(pid)) continue;
      try {
        if (readlinkSync(`/proc/${pid}/ns/pid`) !== namespace) continue;
        process.kill(pid, signal);
      } catch {
        // It has ended.
        continue;
      }
      seen.add(pid);
      isNew = true;
    }
  }
}
