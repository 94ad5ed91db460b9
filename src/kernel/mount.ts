import { KernelError } from "./errno.ts";
import { check, lastErrno, libc, pinned } from "./libc.ts";
import { isBelow, readMounts, uncovered } from "./mountinfo.ts";
import { mountSetattrNumber, pivotRootNumber } from "./syscall-numbers.ts";

/** Flags of mount(2), by linux/mount.h. */
const mountFlag = {
  readonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  remount: 0x20,
  noatime: 0x400,
  nodiratime: 0x800,
  bind: 0x1000,
  move: 0x2000,
  recursive: 0x4000,
  private: 0x40000,
  slave: 0x80000,
  shared: 0x100000,
  relatime: 0x200000,
  strictatime: 0x1000000,
} as const;
export type MountFlag = keyof typeof mountFlag;

/** umount2(2). */
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
/** mount_setattr(2), linux/mount.h and linux/fcntl.h. */
const AT_FDCWD = -100;
const AT_RECURSIVE = 0x8000;
const MOUNT_ATTR_RDONLY = 1;
const EACCES = 13;
const ENOSYS = 38;

export type MountRequest = {
  /** A device, a directory to bind, or a name of one's choosing for file systems that have no source. */
  readonly source?: string;
  readonly target: string;
  /** E.g. `tmpfs`, `overlay`, `proc`; absent for binds and changes of flags. */
  readonly type?: string;
  readonly flags?: readonly MountFlag[];
  /** Options of the file system, e.g. `size=1m,mode=0755`. */
  readonly data?: string;
};

/** mount(2). @throws {KernelError} */
export function mount({ source, target, type, flags = [], data }: MountRequest): void {
  mountWithBits(`mount ${type ?? flags.join(",")} on ${target}`, source, target, type, bitsOf(flags), data);
}

/**
 * Makes what is at `source`, a directory or a file, appear at `target`.
 *
 * @param options.recursive with the mounts below it. A user namespace may only bind whole trees whose
 *   mounts it did not make itself: otherwise the kernel answers EINVAL.
 * @param options.readOnly all of it, the mounts below included
 * @throws {KernelError} the bind is undone when it cannot be made read-only
 */
export function bindMount(
  source: string,
  target: string,
  options: { readonly recursive?: boolean; readonly readOnly?: boolean } = {},
): void {
  const recursive = options.recursive ?? false;
  const what = `bind ${source} on ${target}`;
  mountWithBits(what, source, target, undefined, mountFlag.bind | (recursive ? mountFlag.recursive : 0), undefined);
  if (!options.readOnly) return;
  try {
    makeReadOnly(target, { recursive });
  } catch (error) {
    unmount(target, { detach: true });
    throw error;
  }
}

/** Makes the mount at `target` read-only, with `recursive` those below it too. @throws {KernelError} */
export function makeReadOnly(target: string, options: { readonly recursive: boolean }): void {
  // struct mount_attr: attr_set, attr_clr, propagation, userns_fd, 64 bits each.
  const attributes = pinned(32);
  attributes.writeBigUInt64LE(BigInt(MOUNT_ATTR_RDONLY), 0);
  const flags = options.recursive ? AT_RECURSIVE : 0;
  if (libc.mountSetattr(mountSetattrNumber, AT_FDCWD, target, flags, attributes, attributes.length) === 0) return;
  const errno = lastErrno();
  // mount_setattr is of Linux 5.12.
  if (errno !== ENOSYS) throw new KernelError(`mount_setattr read-only ${target}`, errno);
  remountReadOnly(target, options);
}

/**
 * The same with mount(2) alone, for kernels before 5.12 and where a filter forbids mount_setattr. A
 * remount replaces every flag, and in a user namespace the kernel refuses to drop those that were set
 * outside: so each mount is given its own back.
 */
export function remountReadOnly(target: string, options: { readonly recursive: boolean }): void {
  // No path leads to those that lie under others.
  const mounts = uncovered(readMounts()).filter(
    ({ mountPoint }) => mountPoint === target || (options.recursive && isBelow(mountPoint, target)),
  );
  if (!mounts.some(({ mountPoint }) => mountPoint === target))
    throw new KernelError(`remount ${target}`, 22, "nothing is mounted there");
  for (const { mountPoint, options: kept } of mounts) {
    const flags = mountFlag.remount | mountFlag.bind | mountFlag.readonly | keptBits(kept);
    try {
      mountWithBits(`remount read-only ${mountPoint}`, undefined, mountPoint, undefined, flags, undefined);
    } catch (error) {
      // In a folder that is closed to whoever made this namespace, and so to all that run in it.
      if (!(error instanceof KernelError && error.errno === EACCES && mountPoint !== target)) throw error;
    }
  }
}

/** Takes away the mount at `target`. `detach`: at once for everyone who looks, for good when its last user is gone. @throws {KernelError} */
export function unmount(target: string, options: { readonly detach?: boolean } = {}): void {
  check(`umount ${target}`, libc.umount2(target, UMOUNT_NOFOLLOW | (options.detach ? MNT_DETACH : 0)));
}

/** Keeps mounts made at and below `target` from spreading to other namespaces, and theirs from coming here. @throws {KernelError} */
export function makePrivate(target: string, options: { readonly recursive?: boolean } = {}): void {
  const recursive = (options.recursive ?? true) ? mountFlag.recursive : 0;
  mountWithBits(`make ${target} private`, undefined, target, undefined, mountFlag.private | recursive, undefined);
}

/**
 * Makes `newRoot`, a mount point, the root of this mount namespace, and puts the old root at
 * `putOld`, a directory at or below it. With both the same (`.` and `.`) the old root lies over the
 * new one, to be unmounted next (pivot_root(2)). @throws {KernelError}
 */
export function pivotRoot(newRoot: string, putOld: string): void {
  check(`pivot_root ${newRoot}`, libc.pivotRoot(pivotRootNumber, newRoot, putOld));
}

/** The types of mknod(2) that a user namespace may make: sys/stat.h. A whiteout hides a file of an overlay's lower layer. */
const nodeType = { whiteout: 0o020000, file: 0o100000, fifo: 0o010000, socket: 0o140000 } as const;

/** Makes a file that is not a directory. @param permissions e.g. 0o644 @throws {KernelError} */
export function mknod(path: string, type: keyof typeof nodeType, permissions: number): void {
  check(`mknod ${path}`, libc.mknod(path, nodeType[type] | permissions, 0));
}

function mountWithBits(
  call: string,
  source: string | undefined,
  target: string,
  type: string | undefined,
  flags: number,
  data: string | undefined,
): void {
  check(call, libc.mount(source ?? null, target, type ?? null, flags, data ?? null));
}

const bitsOf = (flags: readonly MountFlag[]): number => flags.reduce((bits, flag) => bits | mountFlag[flag], 0);

const keptBits = (options: readonly string[]): number =>
  bitsOf(
    (["nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime"] as const).filter((flag) =>
      options.includes(flag),
    ),
  );
