import { existsSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { type Locations, labFiles, uiName } from "../../api/locations.ts";
import type { LabSummary } from "../../api/resources.ts";
import { moveAway, removeClaimed, tokenOf } from "./claim.ts";
import { findLab, type RegisteredLab, registeredLabs } from "./find.ts";
import { removeGroups } from "./groups.ts";
import { isAlive, startTimeOf } from "./owner.ts";
import { ownerOf, readRecord } from "./record.ts";

/** What a lab says of itself, or why it says nothing. */
export type ListedLab = RegisteredLab & {
  /** `starting` until its socket answers; `unresponsive` when it has one and does not answer in time. */
  readonly state: LabSummary["state"] | "unresponsive";
  readonly summary?: LabSummary;
};

/** A folder without a token is being removed; after this long, whoever did that has died. */
const removalMs = 10_000;
const answerMs = 5_000;

/** The labs and what each says of itself, all asked at once. Removes what dead labs left. */
export async function listLabs(locations: Locations): Promise<readonly ListedLab[]> {
  await collectGarbage(locations);
  const labs = await registeredLabs(locations);
  const listed = await Promise.all(labs.map((lab) => ask(lab)));
  // A lab may have ended while it was asked.
  return listed.filter((lab) => isAlive(ownerOf(lab.record)));
}

async function ask(lab: RegisteredLab): Promise<ListedLab> {
  if (!existsSync(lab.socket)) return { ...lab, state: "starting" };
  const { Transport } = await import("../transport.ts");
  try {
    const summary = await new Transport(lab.name, { socket: lab.socket }).call("labSummary", { timeoutMs: answerMs });
    return { ...lab, state: summary.state, summary };
  } catch {
    // Why does not matter here: it was asked and did not answer.
    return { ...lab, state: "unresponsive" };
  }
}

/**
 * Removes what labs left whose owners have died: their runtime folders, and folders of claims that
 * were never finished.
 *
 * @returns the names of the labs that were removed
 */
export async function collectGarbage(locations: Locations): Promise<readonly string[]> {
  const names = await readdir(locations.runtime).catch(() => [] as string[]);
  const removed = await Promise.all(
    names.map(async (name) => {
      const folder = `${locations.runtime}/${name}`;
      const draftOf = /^\.(?:claim|gone)-(\d+)-/.exec(name)?.[1];
      if (draftOf !== undefined) {
        if (startTimeOf(Number(draftOf)) === undefined) await rm(folder, { recursive: true, force: true });
        return [];
      }
      // The server of one's own labs is no lab; what it left goes all the same.
      if (name === uiName) await removeIfDead(locations, name);
      return !name.startsWith(".") && (await removeIfDead(locations, name)) ? [name] : [];
    }),
  );
  return removed.flat();
}

/** Removes a lab's folder if its owner is dead. Safe against anyone who does the same, or claims the name, meanwhile. */
export async function removeIfDead(locations: Locations, name: string): Promise<boolean> {
  const { folder } = labFiles(locations.runtime, name);
  // In this order: a token read before the record was judged is that record's, or fails to be renamed.
  const token = await tokenOf(folder);
  const removerOf = token === undefined ? undefined : /^removing\.(\d+)/.exec(token)?.[1];
  if (removerOf !== undefined && startTimeOf(Number(removerOf)) !== undefined) return false;
  const groups = readRecord(locations.runtime, name)?.groups;
  if (removerOf === undefined && findLab(locations, name) !== undefined) return false;
  // Their names are in the record: as long as there are any, it stays.
  if (groups !== undefined && !(await removeGroups(groups))) return false;
  if (token !== undefined) return removeClaimed(folder, token);
  const changed = await stat(folder).catch(() => undefined);
  if (changed === undefined || !changed.isDirectory() || Date.now() - changed.mtimeMs < removalMs) return false;
  return moveAway(folder);
}
