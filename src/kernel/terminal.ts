import { closeSync, openSync } from "node:fs";
import { check, libc, pinned } from "./libc.ts";

/** ioctl_tty(2), asm-generic/ioctls.h. */
const TIOCSWINSZ = 0x5414;
const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;

/** A pseudo-terminal (pty(7)). */
export type Terminal = {
  /** What the terminal's program writes is read here, and the other way round. */
  readonly masterFd: number;
  /** The path of the program's side, where /dev/pts is the one it was opened in. */
  readonly path: string;
};

/** Opens a new pseudo-terminal of the /dev/pts that is mounted where this thread is (see `inNamespaces`). */
export function openTerminal(size: { readonly columns: number; readonly rows: number }): Terminal {
  const masterFd = openSync("/dev/ptmx", "r+");
  try {
    const number = pinned(4);
    check("ioctl TIOCSPTLCK", libc.ioctl(masterFd, TIOCSPTLCK, pinned(4)));
    check("ioctl TIOCGPTN", libc.ioctl(masterFd, TIOCGPTN, number));
    resizeTerminal(masterFd, size);
    return { masterFd, path: `/dev/pts/${number.readUInt32LE(0)}` };
  } catch (error) {
    closeSync(masterFd);
    throw error;
  }
}

/** Sets the window size; the program in the foreground gets SIGWINCH. */
export function resizeTerminal(masterFd: number, size: { readonly columns: number; readonly rows: number }): void {
  const winsize = pinned(8);
  winsize.writeUInt16LE(size.rows, 0);
  winsize.writeUInt16LE(size.columns, 2);
  check("ioctl TIOCSWINSZ", libc.ioctl(masterFd, TIOCSWINSZ, winsize));
}
