import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import type { LabRecord } from "../../api/launch.ts";
import { labFiles } from "../../api/locations.ts";
import type { Owner } from "./owner.ts";

/**
 * Reads a lab's record.
 *
 * Checked by hand and not by its schema: every command reads it, and the schema library alone costs
 * more time than all the rest of `exec`.
 *
 * @returns undefined when there is none, or it is not one
 */
export function readRecord(runtime: string, lab: string): LabRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(labFiles(runtime, lab).record, "utf8"));
  } catch {
    return undefined;
  }
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is LabRecord {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Partial<Record<keyof LabRecord, unknown>>;
  return (
    typeof record.name === "string" &&
    (record.file === undefined || typeof record.file === "string") &&
    (record.groups === undefined ||
      (Array.isArray(record.groups) && record.groups.every((one) => typeof one === "string"))) &&
    (record.server === undefined || typeof record.server === "string") &&
    (record.containers === undefined || typeof record.containers === "string") &&
    typeof record.digest === "string" &&
    typeof record.startedAt === "string" &&
    typeof record.ownerPid === "number" &&
    typeof record.ownerStartTime === "string" &&
    typeof record.version === "string"
  );
}

/** Replaces the record in a lab's folder, atomically. */
export async function writeRecord(folder: string, record: LabRecord): Promise<void> {
  const draft = `${folder}/lab.json.new`;
  await writeFile(draft, `${JSON.stringify(record)}\n`, { mode: 0o600 });
  await rename(draft, `${folder}/lab.json`);
}

export const ownerOf = (record: LabRecord): Owner => ({ pid: record.ownerPid, startTime: record.ownerStartTime });
