import { KernelError } from "./errno.ts";
import { check, lastErrno, libc, pinned } from "./libc.ts";

const ENODATA = 61;
const EOPNOTSUPP = 95;
/** XATTR_LIST_MAX and XATTR_SIZE_MAX (linux/limits.h). */
const mostBytes = 65_536;

/** Sets an extended attribute of a file, not of what a symbolic link leads to (lsetxattr(2)). @throws {KernelError} */
export function setAttribute(path: string, name: string, value: Uint8Array): void {
  check(`set ${name} of ${path}`, libc.lsetxattr(path, name, value, value.length, 0));
}

/** The extended attributes of a file, not of what a symbolic link leads to, by name (llistxattr(2), lgetxattr(2)). @throws {KernelError} */
export function attributesOf(path: string): ReadonlyMap<string, Buffer> {
  const names = read(`list attributes of ${path}`, (memory) => libc.llistxattr(path, memory, memory.length));
  const attributes = new Map<string, Buffer>();
  for (const name of names?.toString("utf8").split("\0") ?? []) {
    if (name === "") continue;
    const value = read(`get ${name} of ${path}`, (memory) => libc.lgetxattr(path, name, memory, memory.length));
    if (value !== undefined) attributes.set(name, value);
  }
  return attributes;
}

/** @returns undefined where there is no such attribute, or none at all on this file system */
function read(what: string, call: (memory: Buffer) => number): Buffer | undefined {
  const memory = pinned(mostBytes);
  const size = call(memory);
  if (size >= 0) return memory.subarray(0, size);
  const errno = lastErrno();
  if (errno === ENODATA || errno === EOPNOTSUPP) return undefined;
  throw new KernelError(what, errno);
}
