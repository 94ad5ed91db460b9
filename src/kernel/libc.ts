import koffi, { type KoffiFunc } from "koffi";
import { KernelError } from "./errno.ts";

/**
 * The system calls Netwright makes through FFI, by their names in libc. Call them on the main thread
 * only: namespaces and errno belong to a thread.
 *
 * Pointers are passed as Node buffers, without a copy; structures are laid out by hand in the files
 * that use them, for 64-bit little-endian Linux (x86-64 and arm64, which agree on all of them).
 */

/** Memory the kernel reads or fills. */
export type Memory = Uint8Array | null;

// The process already carries its libc: no file name to guess, and musl works as glibc does.
const process = koffi.load(null);

const bind = <Call extends (...parameters: never[]) => number>(prototype: string): Call =>
  process.func(prototype) as KoffiFunc<Call>;

export const libc = {
  setns: bind<(fd: number, type: number) => number>("int setns(int, int)"),
  unshare: bind<(flags: number) => number>("int unshare(int)"),
  mount: bind<
    (source: string | null, target: string, type: string | null, flags: number, data: string | null) => number
  >("int mount(const char *, const char *, const char *, unsigned long, const char *)"),
  umount2: bind<(target: string, flags: number) => number>("int umount2(const char *, int)"),
  mknod: bind<(path: string, mode: number, device: number) => number>(
    "int mknod(const char *, unsigned int, uint64_t)",
  ),
  lsetxattr: bind<(path: string, name: string, value: Memory, size: number, flags: number) => number>(
    "int lsetxattr(const char *, const char *, const void *, size_t, int)",
  ),
  lgetxattr: bind<(path: string, name: string, value: Memory, size: number) => number>(
    "intptr_t lgetxattr(const char *, const char *, void *, size_t)",
  ),
  llistxattr: bind<(path: string, names: Memory, size: number) => number>(
    "intptr_t llistxattr(const char *, void *, size_t)",
  ),
  flock: bind<(fd: number, operation: number) => number>("int flock(int, int)"),
  sethostname: bind<(name: Memory, length: number) => number>("int sethostname(const void *, size_t)"),
  setdomainname: bind<(name: Memory, length: number) => number>("int setdomainname(const void *, size_t)"),
  fchdir: bind<(fd: number) => number>("int fchdir(int)"),
  prlimit: bind<(pid: number, resource: number, set: Memory, get: Memory) => number>(
    "int prlimit(int, int, const void *, void *)",
  ),
  socket: bind<(domain: number, type: number, protocol: number) => number>("int socket(int, int, int)"),
  bind: bind<(fd: number, address: Memory, length: number) => number>("int bind(int, const void *, uint32_t)"),
  connect: bind<(fd: number, address: Memory, length: number) => number>("int connect(int, const void *, uint32_t)"),
  listen: bind<(fd: number, backlog: number) => number>("int listen(int, int)"),
  setsockopt: bind<(fd: number, level: number, name: number, value: Memory, length: number) => number>(
    "int setsockopt(int, int, int, const void *, uint32_t)",
  ),
  getsockopt: bind<(fd: number, level: number, name: number, value: Memory, length: Memory) => number>(
    "int getsockopt(int, int, int, void *, void *)",
  ),
  send: bind<(fd: number, data: Memory, length: number, flags: number) => number>(
    "intptr_t send(int, const void *, size_t, int)",
  ),
  recv: bind<(fd: number, data: Memory, length: number, flags: number) => number>(
    "intptr_t recv(int, void *, size_t, int)",
  ),
  socketpair: bind<(domain: number, type: number, protocol: number, fds: Memory) => number>(
    "int socketpair(int, int, int, void *)",
  ),
  sendmsg: bind<(fd: number, message: Memory, flags: number) => number>("intptr_t sendmsg(int, const void *, int)"),
  recvmsg: bind<(fd: number, message: Memory, flags: number) => number>("intptr_t recvmsg(int, void *, int)"),
  sendmmsg: bind<(fd: number, messages: Memory, count: number, flags: number) => number>(
    "int sendmmsg(int, void *, unsigned int, int)",
  ),
  poll: bind<(fds: Memory, count: number, timeoutMs: number) => number>("int poll(void *, unsigned long, int)"),
  read: bind<(fd: number, data: Memory, length: number) => number>("intptr_t read(int, void *, size_t)"),
  write: bind<(fd: number, data: Memory, length: number) => number>("intptr_t write(int, const void *, size_t)"),
  fcntl: bind<(fd: number, command: number, argument: number) => number>("int fcntl(int, int, int)"),
  pipe2: bind<(fds: Memory, flags: number) => number>("int pipe2(void *, int)"),
  inetPton: bind<(family: number, text: string, bytes: Memory) => number>("int inet_pton(int, const char *, void *)"),
  inetNtop: bind<(family: number, bytes: Memory, text: Memory, size: number) => number>(
    "intptr_t inet_ntop(int, const void *, void *, uint32_t)",
  ),
  ifNametoindex: bind<(name: string) => number>("unsigned int if_nametoindex(const char *)"),
  ioctl: bind<(fd: number, request: number, argument: Memory) => number>("int ioctl(int, unsigned long, void *)"),
  /** pivot_root(2) and mount_setattr(2), which libc does not wrap, or only lately. */
  pivotRoot: bind<(number: number, newRoot: string, putOld: string) => number>(
    "long syscall(long, const char *, const char *)",
  ),
  mountSetattr: bind<
    (number: number, dirfd: number, path: string, flags: number, attributes: Memory, size: number) => number
  >("long syscall(long, int, const char *, unsigned int, const void *, size_t)"),
} as const;

/** The error number of the last failed call. Read it before anything else runs. */
export const lastErrno = (): number => koffi.errno();

/**
 * Passes a result of zero or more through.
 *
 * @throws {KernelError} for a negative one, with `call` and the error number
 */
export function check(call: string, result: number, detail?: string): number {
  if (result < 0) throw new KernelError(call, koffi.errno(), detail);
  return result;
}

/** The address of a buffer's memory, for structures that hold pointers. The buffer must stay alive and in place while the kernel may use it. */
export const addressOf = (memory: Uint8Array): bigint => koffi.address(memory);

/** Memory that V8 never moves: small Node buffers live in the movable heap until someone asks for their ArrayBuffer. */
export const pinned = (bytes: number): Buffer => Buffer.from(new ArrayBuffer(bytes));
