import { readdir } from "node:fs/promises";
import type { LabRecord } from "../../api/launch.ts";
import { type Locations, labFiles } from "../../api/locations.ts";
import { isAlive } from "./owner.ts";
import { ownerOf, readRecord } from "./record.ts";

/** A lab that is alive: its owner runs. */
export type RegisteredLab = {
  readonly name: string;
  readonly record: LabRecord;
  readonly folder: string;
  readonly socket: string;
};

/** The lab of that name, if its owner is alive. Reads two small files and asks nobody. */
export function findLab(locations: Locations, name: string): RegisteredLab | undefined {
  const record = readRecord(locations.runtime, name);
  if (record === undefined || !isAlive(ownerOf(record))) return undefined;
  const { folder, socket } = labFiles(locations.runtime, name);
  return { name, record, folder, socket };
}

/** The labs whose owners are alive, by name. */
export async function registeredLabs(locations: Locations): Promise<readonly RegisteredLab[]> {
  const names = await readdir(locations.runtime).catch(() => [] as string[]);
  return names
    .filter((name) => !name.startsWith("."))
    .sort()
    .flatMap((name) => findLab(locations, name) ?? []);
}
