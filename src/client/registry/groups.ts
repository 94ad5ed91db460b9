import { existsSync } from "node:fs";
import { readdir, rmdir } from "node:fs/promises";
import { basename, normalize } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What names of labs' groups begin with. */
export const groupPrefix = "netwright-lab-";

/** 2 s: programs of a machine that is short of everything take their time to die. */
const attempts = 100;

/**
 * Removes control groups of a lab that has ended, with the groups in them. A group can only be removed when no
 * process is in it, so nothing that runs is ever touched; the kernel may take a moment to let go of the last.
 *
 * @returns whether none is left
 */
export async function removeGroups(folders: readonly string[] = []): Promise<boolean> {
  const ours = folders.filter((folder) => normalize(folder) === folder && basename(folder).startsWith(groupPrefix));
  for (const folder of ours) {
    for (let attempt = 0; attempt < attempts && existsSync(folder); attempt++) {
      if (attempt > 0) await sleep(20);
      await removeTree(folder).catch(() => undefined);
    }
  }
  return !ours.some((folder) => existsSync(folder));
}

async function removeTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await removeTree(`${folder}/${entry.name}`);
  await rmdir(folder);
}
