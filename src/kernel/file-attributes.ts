import { KernelError } from "./errno.ts";
import { check, lastErrno, libc, pinned } from "./libc.ts";

const ENODATA = 61;
const EOPNOTSUPP = 95;

/** Sets an extended attribute of a file, not of what a symbolic link leads to (lsetxattr(2)). @throws {KernelError} */
export function setAttribute(path: string, name: string, value: Uint8Array): void {
  check(`set ${name} of ${path}`, libc.lsetxattr(path, name, value, value.length, 0));
}

/** An extended attribute of a file (lgetxattr(2)); undefined when it has none of that name. @throws {KernelError} */
export function attributeOf(path: string, name: string): Buffer | undefined {
  const memory = pinned(65_536);
  const size = libc.lgetxattr(path, name, memory, memory.length);
  if (size >= 0) return memory.subarray(0, size);
  const errno = lastErrno();
  if (errno === ENODATA || errno === EOPNOTSUPP) return undefined;
  throw new KernelError(`get ${name} of ${path}`, errno);
}
