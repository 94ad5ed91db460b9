import { accessSync, constants, realpathSync } from "node:fs";
import { dirname } from "node:path";

/** Folders that every node of a lab sees, as the user that serves. */
const seen = ["/usr", "/opt", "/nix", "/snap", "/gnu", "/bin", "/sbin", "/lib", "/lib64", "/etc"];
/** What of them is kept from nodes. */
const kept = ["/etc/netwright", "/etc/letsencrypt", "/etc/ssl/private"];

const isBelow = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

/** Whether nodes see what is at a path, which need not be there yet. */
export function isSeenByNodes(path: string): boolean {
  for (let known = path; ; known = dirname(known)) {
    try {
      const real = realpathSync(known) + path.slice(known.length);
      return isBelow(real, seen) && !isBelow(real, kept);
    } catch {
      if (known === dirname(known)) return false;
    }
  }
}

/**
 * Whether a node, whose root is this user outside, could change what is in a folder that it sees. Of root's labs, it
 * is a subordinate id.
 */
export function isOpenToNodes(folder: string): boolean {
  if (process.getuid?.() === 0 || !isSeenByNodes(folder)) return false;
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
