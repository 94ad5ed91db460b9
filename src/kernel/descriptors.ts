import { closeSync, readdirSync, readFileSync } from "node:fs";

/** O_CLOEXEC of asm-generic/fcntl.h, as proc_pid_fdinfo(5) shows it. */
const O_CLOEXEC = 0o2000000;

/**
 * Closes the file descriptors after `last` that children of this process would inherit. Those that this
 * process has opened itself are closed on exec, so they stay.
 */
export function closeInherited(last: number): void {
  for (const fd of readdirSync("/proc/self/fd").map(Number)) {
    if (fd <= last) continue;
    try {
      const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "0";
      if ((Number.parseInt(flags, 8) & O_CLOEXEC) === 0) closeSync(fd);
    } catch {
      // The one that the folder itself was read with is closed already.
    }
  }
}
