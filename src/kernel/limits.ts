import { check, libc, pinned } from "./libc.ts";

/** RLIMIT_*, asm-generic/resource.h. */
const resourceNumber = { dataBytes: 2, coreBytes: 4, processes: 6, openFiles: 7, lockedBytes: 8 } as const;
export type Resource = keyof typeof resourceNumber;

/** `soft` is enforced; a process may raise it up to `hard`. Infinity: no limit. */
export type Limit = { readonly soft: number; readonly hard: number };

const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/** A resource limit of process `pid`; 0 is this process (prlimit(2)). @throws {KernelError} */
export function getLimit(resource: Resource, pid = 0): Limit {
  const memory = pinned(16);
  check(`prlimit ${resource}`, libc.prlimit(pid, resourceNumber[resource], null, memory));
  return { soft: fromRlim(memory.readBigUInt64LE(0)), hard: fromRlim(memory.readBigUInt64LE(8)) };
}

/** Sets a resource limit of process `pid`; 0 is this process. @throws {KernelError} EPERM when it would raise the hard limit */
export function setLimit(resource: Resource, limit: Limit, pid = 0): void {
  const memory = pinned(16);
  memory.writeBigUInt64LE(toRlim(limit.soft), 0);
  memory.writeBigUInt64LE(toRlim(limit.hard), 8);
  check(`prlimit ${resource}`, libc.prlimit(pid, resourceNumber[resource], memory, null));
}

/** How many files this process may have open. */
export const openFileLimit = (): Limit => getLimit("openFiles");

/** Raises the soft limit on open files to the hard one, and returns it. */
export function raiseOpenFileLimit(): number {
  const { soft, hard } = openFileLimit();
  if (soft < hard) setLimit("openFiles", { soft: hard, hard });
  return hard;
}

const fromRlim = (value: bigint): number => (value === RLIM_INFINITY ? Infinity : Number(value));
const toRlim = (value: number): bigint => (value === Infinity ? RLIM_INFINITY : BigInt(value));
