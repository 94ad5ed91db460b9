import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** Suites of root share one user, and the machine that is compared before and after: one at a time. */
export const turnFile = "/run/lock/netwright-test-suite";

/**
 * Waits until no other process has its turn. flock(2) is the kernel's: it is given back however this
 * process ends, and nobody has to guess whether a lock that is left still means something.
 *
 * @param waits called once when somebody else has it
 * @returns gives the turn back
 * @throws when it does not come in time, or flock(1) is missing
 */
export async function takeTurn(
  file: string,
  withinMs: number,
  waits: () => void = () => undefined,
): Promise<() => Promise<void>> {
  mkdirSync(dirname(file), { recursive: true });
  const deadline = Date.now() + withinMs;
  const first = await attempt(file, 0);
  if (first !== undefined) return first;
  waits();
  const second = await attempt(file, Math.max(0, deadline - Date.now()));
  if (second === undefined)
    throw new Error(`Another suite is still at work after ${withinMs / 1000} s; it holds ${file}.`);
  return second;
}

/** flock(1) holds it for as long as `cat` can read from this process. */
async function attempt(file: string, waitMs: number): Promise<(() => Promise<void>) | undefined> {
  const wait = ["--wait", String(waitMs / 1000)];
  const holder = spawn("flock", [...wait, file, "sh", "-c", "echo taken; exec cat >/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    // Ctrl-C is for the suite, which gives its turn back when it has cleaned up.
    detached: true,
  });
  const ended = once(holder, "close");
  holder.stdin.on("error", () => undefined);
  const taken = await Promise.race([once(holder.stdout, "data").then(() => true), ended.then(() => false)]);
  if (!taken) return undefined;
  return async () => {
    holder.stdin.end();
    await ended;
  };
}
