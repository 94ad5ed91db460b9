import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Locations } from "../api/locations.ts";
import { labError } from "../topology/errors/error.ts";
import { LabClient } from "./lab.ts";
import { removeClaimed, tokenOf } from "./registry/claim.ts";
import { findLab, type RegisteredLab, registeredLabs } from "./registry/find.ts";
import { removeGroups } from "./registry/groups.ts";
import { isAlive, type Owner } from "./registry/owner.ts";
import { ownerOf } from "./registry/record.ts";

export type StopOptions = {
  /** How long its processes may take to end before the lab is killed; 70 seconds when absent, longer than the supervisor's own limit. */
  readonly timeoutMs?: number;
  /** Aborts the patience, not the stop: the lab is killed at once. */
  readonly signal?: AbortSignal;
};

const stopMs = 70_000;
const answerMs = 10_000;
/** How long the kernel may take to end what was killed. */
const killedMs = 10_000;
/** The reaper has a moment to begin, and both of us to finish. */
const reaperMs = 100;
const leftoversMs = 1_000;

/**
 * Takes a lab down and waits until it is gone. A lab that does not answer is killed; the kernel then
 * frees all of it.
 *
 * @returns how it went: asked nicely, or killed
 * @throws LAB_NOT_FOUND, TIMED_OUT
 */
export async function stopLab(
  locations: Locations,
  name: string,
  options: StopOptions = {},
): Promise<"stopped" | "killed"> {
  const lab = findLab(locations, name);
  if (lab === undefined) {
    const running = await registeredLabs(locations);
    throw labError("LAB_NOT_FOUND", { lab: name, running: running.map((one) => one.name) });
  }
  const owner = ownerOf(lab.record);
  const token = await tokenOf(lab.folder);
  const how = (await stopsWhenAsked(lab, owner, options)) ? "stopped" : "killed";
  if (how === "killed") {
    killOwner(owner);
    if (!(await gone(owner, killedMs, undefined)))
      throw labError("TIMED_OUT", { what: `Killing lab "${name}"`, afterMs: killedMs });
  }
  await removeLeftovers(lab, token);
  if (lab.record.groups !== undefined) await removeGroups(lab.record.groups);
  const { containers } = lab.record;
  if (containers !== undefined && token !== undefined) {
    const { removeLabContainers } = await import("./registry/containers.ts");
    await removeLabContainers(containers, { runtime: locations.runtime, lab: name, claim: idOf(token) });
  }
  return how;
}

async function stopsWhenAsked(
  lab: RegisteredLab,
  owner: Owner,
  { timeoutMs = stopMs, signal }: StopOptions,
): Promise<boolean> {
  try {
    await new LabClient(lab.name, { socket: lab.socket }).requestStop({ timeoutMs: answerMs });
  } catch {
    // It may just be ending by itself; then it is gone in a moment. If not, it does not listen.
    return gone(owner, 1_000, signal);
  }
  return gone(owner, timeoutMs, signal);
}

/** The reaper removes the folder, which takes a moment; this waits for it, and does it when the reaper was killed. */
async function removeLeftovers(lab: RegisteredLab, token: string | undefined): Promise<void> {
  if (token === undefined) return;
  const id = idOf(token);
  for (let waitedMs = 0; waitedMs < leftoversMs; waitedMs += 5) {
    const now = await tokenOf(lab.folder);
    const beingRemoved =
      now?.startsWith("removing.") || (await readdir(dirname(lab.folder))).some((name) => name.endsWith(`-${id}`));
    if (now !== token && !beingRemoved) return;
    if (now === token && waitedMs >= reaperMs) await removeClaimed(lab.folder, token);
    else await pause(5);
  }
}

const idOf = (token: string): string => token.slice(token.indexOf(".") + 1);

function killOwner(owner: Owner): void {
  if (!isAlive(owner)) return;
  try {
    process.kill(owner.pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** Waits for a process that is no child of ours: there is nothing but to look (pidfds cannot be polled from Node). */
async function gone(owner: Owner, deadlineMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  for (let pauseMs = 2; isAlive(owner); pauseMs = Math.min(pauseMs * 1.5, 100)) {
    if (signal?.aborted || performance.now() > deadline) return false;
    await pause(pauseMs);
  }
  return true;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
