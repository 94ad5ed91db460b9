import { check, libc, pinned } from "./libc.ts";

/** O_CLOEXEC, asm-generic/fcntl.h. */
const O_CLOEXEC = 0o2000000;
/** linux/fcntl.h. */
const F_SETPIPE_SZ = 1031;

/** The two ends of a pipe(7), as file descriptors that are closed on exec. Whoever holds one closes it. */
export type Pipe = { readonly readFd: number; readonly writeFd: number };

/**
 * Makes a pipe. Node's own `stdio: "pipe"` makes sockets, and a program that opens /dev/stdout again
 * (a shell's redirection, many servers' log settings) fails on a socket with ENXIO.
 *
 * @throws {KernelError} EMFILE when no more files may be open
 */
export function openPipe(): Pipe {
  const fds = pinned(8);
  check("pipe2", libc.pipe2(fds, O_CLOEXEC));
  return { readFd: fds.readInt32LE(0), writeFd: fds.readInt32LE(4) };
}

/** Asks for room for so many bytes in a pipe; the kernel may give less (/proc/sys/fs/pipe-max-size). */
export function widenPipe(fd: number, bytes: number): void {
  libc.fcntl(fd, F_SETPIPE_SZ, bytes);
}
