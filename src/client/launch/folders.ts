import { chmod, chown, lstat, mkdir, readdir, rm } from "node:fs/promises";
import type { Locations } from "../../api/locations.ts";
import { labError } from "../../topology/errors/error.ts";

/**
 * Makes the folder that holds labs. It may lie in /tmp, where another user could have made it first,
 * so it must be a real folder of this user's that nobody else may change.
 *
 * @throws FOLDER_UNSAFE, FOLDER_UNUSABLE
 */
export async function prepareRuntime(locations: Locations): Promise<void> {
  const folder = locations.runtime;
  const uid = process.getuid?.() ?? 0;
  // Root's labs run under other ids, which must get through to their own folders.
  await make(folder, uid === 0 ? 0o711 : 0o700, "NETWRIGHT_RUNTIME_DIR");
  const status = await lstat(folder);
  if (!status.isDirectory()) throw labError("FOLDER_UNSAFE", { folder, reason: "it is not a folder" });
  if (status.uid !== uid) throw labError("FOLDER_UNSAFE", { folder, reason: `it belongs to uid ${status.uid}` });
  if (uid === 0 && (status.mode & 0o011) !== 0o011) await chmod(folder, (status.mode & 0o777) | 0o011);
  if ((status.mode & 0o022) !== 0) throw labError("FOLDER_UNSAFE", { folder, reason: "others may write in it" });
}

/**
 * Makes a lab's log folder, without the logs of its last run.
 *
 * @param owner who writes in it, when not this user
 * @throws FOLDER_UNUSABLE
 */
export async function prepareLogs(
  folder: string,
  owner?: { readonly uid: number; readonly gid: number },
): Promise<void> {
  await make(folder, owner === undefined ? 0o700 : 0o755, "NETWRIGHT_STATE_DIR");
  for (const name of await readdir(folder)) {
    if (name.endsWith(".log") || name.endsWith(".ndjson") || /^faults-\d+\.yaml$/.test(name))
      await rm(`${folder}/${name}`, { force: true });
  }
  if (owner === undefined) return;
  await chown(folder, owner.uid, owner.gid);
  await chmod(folder, 0o755);
}

async function make(folder: string, mode: number, variable: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw labError("FOLDER_UNUSABLE", { folder, reason, variable }, { cause: error });
  }
}
