import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { labError } from "../../topology/errors/error.ts";

/**
 * Checks that a user who owns nothing and is in no group, such as root's labs run as, can read `files`
 * and get through to what is in `folders`.
 *
 * @param uid for the message
 * @throws FILE_UNREADABLE naming the file or folder that is in the way
 */
export function requireOpenToOthers(
  paths: { readonly files: readonly string[]; readonly folders: readonly string[] },
  uid: number,
): void {
  const seen = new Map<string, string | undefined>();
  for (const path of paths.files) {
    if (!existsSync(path)) continue;
    const blockedBy = blockedFolder(dirname(path), seen) ?? (statSync(path).mode & 0o004 ? undefined : path);
    if (blockedBy !== undefined) throw labError("FILE_UNREADABLE", { path, blockedBy, uid });
  }
  for (const path of paths.folders) {
    const blockedBy = blockedFolder(path, seen);
    if (blockedBy !== undefined) throw labError("FILE_UNREADABLE", { path, blockedBy, uid });
  }
}

/** The outermost folder on the way that others may not enter. */
function blockedFolder(folder: string, seen: Map<string, string | undefined>): string | undefined {
  if (seen.has(folder)) return seen.get(folder);
  const above = dirname(folder) === folder ? undefined : blockedFolder(dirname(folder), seen);
  const blockedBy = above ?? (statSync(folder).mode & 0o001 ? undefined : folder);
  seen.set(folder, blockedBy);
  return blockedBy;
}
