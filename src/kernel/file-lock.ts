import { closeSync, openSync } from "node:fs";
import { EAGAIN, KernelError } from "./errno.ts";
import { lastErrno, libc } from "./libc.ts";

/** flock(2), sys/file.h. */
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** A lock that the kernel takes back when its holder ends, however it ends. */
export type FileLock = { release(): void };

/**
 * Takes a lock on a file, which is made when it is not there, if nobody is in the way.
 *
 * @param how `shared`: with others who share it. `exclusive`: alone
 * @returns undefined when somebody is
 * @throws {KernelError} and what open(2) says
 */
export function tryLock(path: string, how: "shared" | "exclusive"): FileLock | undefined {
  const fd = openSync(path, "a", 0o644);
  if (libc.flock(fd, (how === "shared" ? LOCK_SH : LOCK_EX) | LOCK_NB) === 0) return { release: () => closeSync(fd) };
  const errno = lastErrno();
  closeSync(fd);
  if (errno === EAGAIN) return undefined;
  throw new KernelError(`flock ${path}`, errno);
}
