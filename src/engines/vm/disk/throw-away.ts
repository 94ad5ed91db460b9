import { randomBytes } from "node:crypto";
import { openSync, unlinkSync, writeSync } from "node:fs";

/** /var/tmp is on a disk as a rule, /tmp in memory as often as not (hier(7)). */
const folders = ["/var/tmp", "/tmp"];

/**
 * A file without a name, which the kernel frees with its last descriptor: nothing of it can be left,
 * however the lab ends.
 *
 * @param content its first bytes
 * @param fallback a folder that can be written, where none of the usual can
 * @returns a descriptor, closed on exec, that the caller closes
 */
export function openThrowAway(content: Uint8Array, fallback: string): number {
  const fd = openUnnamed([...folders, fallback]);
  for (let at = 0; at < content.length; ) at += writeSync(fd, content, at, content.length - at, at);
  return fd;
}

function openUnnamed(candidates: readonly string[]): number {
  const [folder, ...others] = candidates;
  const path = `${folder}/netwright-${randomBytes(8).toString("hex")}`;
  try {
    const fd = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    return fd;
  } catch (error) {
    if (others.length === 0) throw error;
    return openUnnamed(others);
  }
}
