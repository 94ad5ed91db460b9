import { readdirSync, readFileSync } from "node:fs";

/** FD_CLOEXEC as /proc shows it among the flags (proc_pid_fdinfo(5)): O_CLOEXEC of asm-generic/fcntl.h. */
const O_CLOEXEC = 0o2000000;

/**
 * File descriptors of this process, beyond the standard streams, that a child would get: those that its
 * own caller had open. Node closes the first of them in its children, and not those after a gap.
 */
export function inheritedDescriptors(): readonly number[] {
  return readdirSync("/proc/self/fd")
    .map(Number)
    .filter((fd) => fd > 2 && !isClosedOnExec(fd));
}

function isClosedOnExec(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
  } catch {
    // The one that the folder itself was read with is closed by now.
    return true;
  }
}
