import { entry } from "./entry.ts";

/** Errors of the machine the lab runs on: exit code 3; the remedy is the command that mends it. */
export const hostErrors = {
  USER_NAMESPACES_FORBIDDEN: entry<{ reason: string; mend: string }>({
    exitCode: 3,
    message: ({ reason }) => `This machine does not let you create user namespaces: ${reason}.`,
    remedy: ({ mend }) => mend,
  }),
  PROGRAM_MISSING: entry<{ program: string; needed: string; mend: string }>({
    exitCode: 3,
    message: ({ program, needed }) => `${program} is not installed; ${needed}.`,
    remedy: ({ mend }) => mend,
  }),
  KERNEL_REFUSED: entry<{ what: string; errno: string; hint?: string }>({
    exitCode: 3,
    message: ({ what, errno }) => `The kernel refused to ${what} (${errno}).`,
    remedy: ({ hint }) => hint ?? "See what this machine can do with: netwright doctor",
  }),
  FILE_LIMIT: entry<{ needed: number; limit: number }>({
    exitCode: 3,
    message: ({ needed, limit }) => `This lab needs about ${needed} open files; you may open ${limit}.`,
    remedy: ({ needed }) =>
      `Raise the hard limit (ulimit -Hn): add "* hard nofile ${2 ** Math.ceil(Math.log2(needed))}" to /etc/security/limits.conf and log in again.`,
  }),
  SOCKET_PATH_TOO_LONG: entry<{ path: string; bytes: number; most: number }>({
    exitCode: 3,
    message: ({ path, bytes, most }) =>
      `The lab's socket would be ${path}: ${bytes} bytes, and a unix socket's path holds ${most}.`,
    remedy: () => "Choose a shorter --name, or set NETWRIGHT_RUNTIME_DIR to a folder with a shorter path.",
  }),
  FOLDER_UNSAFE: entry<{ folder: string; reason: string }>({
    exitCode: 3,
    message: ({ folder, reason }) => `${folder} cannot hold labs: ${reason}.`,
    remedy: ({ folder }) =>
      `Remove it (rm -r ${folder}), or set NETWRIGHT_RUNTIME_DIR to another folder that is yours alone.`,
  }),
  FOLDER_UNUSABLE: entry<{ folder: string; reason: string; variable: string }>({
    exitCode: 3,
    message: ({ folder, reason }) => `The folder ${folder} cannot be made or written (${reason}).`,
    remedy: ({ variable }) => `Set ${variable} to a folder you may write.`,
  }),
  FILE_UNREADABLE: entry<{ path: string; blockedBy: string; uid: number }>({
    exitCode: 3,
    message: ({ path, blockedBy, uid }) =>
      `Root's labs run as uid ${uid} and never as root, but that user cannot read ${path}${blockedBy === path ? "" : ` (${blockedBy} is closed to others)`}.`,
    remedy: ({ blockedBy }) =>
      `Open it (chmod o+rX ${blockedBy}), install Node.js and Netwright outside of root's home, or run netwright as an ordinary user.`,
  }),
  HOST_REQUIREMENT: entry<{ what: string; wanted: string; found: string; mend: string }>({
    exitCode: 3,
    message: ({ what, wanted, found }) => `The lab requires ${what}: ${wanted}. Here it is: ${found}.`,
    remedy: ({ mend }) => mend,
  }),
  LIMIT_NOT_ENFORCEABLE: entry<{ limits: readonly string[]; why: string; mend: string }>({
    exitCode: 3,
    message: ({ limits, why }) => `This machine cannot enforce ${limits.join(", ")}: ${why}.`,
    remedy: ({ mend }) =>
      `${mend} Or start the lab without: resources: {enforce: if-possible} at the top of the lab file.`,
  }),
  LIMIT_NOT_ENFORCED: entry<{ limits: readonly string[]; why: string; mend: string }>({
    exitCode: 3,
    message: ({ limits, why }) => `Nothing enforces ${limits.join(", ")}: ${why}.`,
    remedy: ({ mend }) => mend,
  }),
  SANDBOX_FAILED: entry<{ reason: string }>({
    exitCode: 3,
    message: ({ reason }) => `The lab's sandbox could not be made: ${reason}`,
    remedy: () => "See what this machine can do with: netwright doctor",
  }),
} as const;
