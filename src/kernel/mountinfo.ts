import { readFileSync } from "node:fs";

/** One line of /proc/pid/mountinfo (proc_pid_mountinfo(5)). */
export type MountInfo = {
  readonly id: number;
  readonly parent: number;
  /** The part of the file system that is mounted, `/` when all of it. */
  readonly root: string;
  readonly mountPoint: string;
  /** Of this mount, e.g. `ro`, `nosuid`, `relatime`. */
  readonly options: readonly string[];
  /** E.g. `shared:12`; empty for a private mount. */
  readonly propagation: readonly string[];
  readonly type: string;
  readonly source: string;
  /** Of the file system itself. */
  readonly superOptions: readonly string[];
};

/** The mounts of this thread's mount namespace that its root directory can reach, in the kernel's order: parents first. */
export const readMounts = (): readonly MountInfo[] =>
  parseMountInfo(readFileSync("/proc/thread-self/mountinfo", "utf8"));

/** Those that a path leads to: not lying under another mount, at their own mount point or above it. */
export function uncovered(mounts: readonly MountInfo[]): readonly MountInfo[] {
  // The topmost is its own parent, or has one outside.
  const children = Map.groupBy(
    mounts.filter(({ id, parent }) => id !== parent),
    ({ parent }) => parent,
  );
  const ids = new Set(mounts.map(({ id }) => id));
  const root = mounts.find(({ id, parent }) => id === parent || !ids.has(parent));
  return mounts.filter((mount) => {
    // As the kernel walks a path: from mount to mount, the nearest first.
    let at = root;
    for (let next = at; next !== undefined; ) {
      at = next;
      next = (children.get(at.id) ?? [])
        .filter((child) => isBelow(mount.mountPoint, child.mountPoint))
        .sort((a, b) => a.mountPoint.length - b.mountPoint.length)[0];
    }
    return at === mount;
  });
}

/** Whether an absolute path is `folder` or in it. */
export const isBelow = (path: string, folder: string): boolean =>
  folder === "/" || path === folder || path.startsWith(`${folder}/`);

/** Parses the text of /proc/pid/mountinfo. */
export function parseMountInfo(text: string): readonly MountInfo[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [head = "", tail = ""] = line.split(" - ", 2);
      const [id, parent, , root, mountPoint, options = "", ...propagation] = head.split(" ");
      const [type, source, superOptions = ""] = tail.split(" ");
      return {
        id: Number(id),
        parent: Number(parent),
        root: unescapePath(root ?? ""),
        mountPoint: unescapePath(mountPoint ?? ""),
        options: options.split(","),
        propagation,
        type: type ?? "",
        source: unescapePath(source ?? ""),
        superOptions: superOptions.split(","),
      };
    });
}

/** Spaces, tabs, newlines and backslashes are written as three octal digits, byte by byte. */
function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
