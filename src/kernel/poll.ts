import { EINTR, KernelError } from "./errno.ts";
import { lastErrno, libc, pinned } from "./libc.ts";

/** poll(2). */
const POLLIN = 1;
const POLLOUT = 4;

/**
 * Blocks this thread until `fd` has something to read (or has failed, which reading tells), at most
 * `timeoutMs`.
 *
 * @returns whether there is something
 */
export const waitReadable = (fd: number, timeoutMs: number): boolean => wait(fd, POLLIN, timeoutMs);

/** The same for room to write. */
export const waitWritable = (fd: number, timeoutMs: number): boolean => wait(fd, POLLOUT, timeoutMs);

/** Whether the other end has closed both ways: poll(2) says so without being asked (POLLHUP). */
export const isHungUp = (fd: number): boolean => wait(fd, 0, 0);

function wait(fd: number, events: number, timeoutMs: number): boolean {
  const pollfd = pinned(8);
  pollfd.writeInt32LE(fd, 0);
  pollfd.writeInt16LE(events, 4);
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const ready = libc.poll(pollfd, 1, Math.max(0, Math.ceil(deadline - performance.now())));
    if (ready >= 0) return ready > 0;
    const errno = lastErrno();
    if (errno !== EINTR) throw new KernelError("poll", errno);
  }
}
