import { EAGAIN, EINTR, KernelError } from "./errno.ts";
import { addressOf, check, lastErrno, libc, pinned } from "./libc.ts";
import { SOCK_CLOEXEC, SOCK_NONBLOCK, SOL_SOCKET } from "./sockets.ts";

/** unix(7), asm-generic/socket.h, bits/socket.h. */
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x4000_0000;

/** The two ends of a connected stream socket, as file descriptors that are closed on exec. Whoever holds one closes it. */
export type SocketPair = { readonly ours: number; readonly theirs: number };

/**
 * Makes a pair of connected sockets (socketpair(2)): a connection that no path leads to, and that ends
 * with the processes at its ends. Neither end blocks.
 *
 * @throws {KernelError} EMFILE when no more files may be open
 */
export function openSocketPair(): SocketPair {
  const fds = pinned(8);
  check("socketpair", libc.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
  return { ours: fds.readInt32LE(0), theirs: fds.readInt32LE(4) };
}

/**
 * Sends `data` with a file descriptor in it, which the other end gets one of its own of (unix(7),
 * SCM_RIGHTS). All of it goes at once or not at all, as long as it is a few hundred bytes.
 *
 * @throws {KernelError} EAGAIN when the other end does not read, EPIPE when it is gone
 */
export function sendDescriptor(socket: number, data: Uint8Array, descriptor: number): void {
  const { bytes, control, header } = message(data.length);
  bytes.set(data);
  control.writeBigUInt64LE(20n, 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(descriptor, 16);
  for (;;) {
    const sent = libc.sendmsg(socket, header, MSG_NOSIGNAL);
    if (sent === bytes.length) return;
    if (sent < 0 && lastErrno() === EINTR) continue;
    throw new KernelError("sendmsg", sent < 0 ? lastErrno() : 0, `${sent} of ${bytes.length} bytes were sent`);
  }
}

/** What came, and the file descriptor that came with it. Whoever gets it closes it. */
export type Received = { readonly data: Buffer; readonly descriptor: number | undefined };

/**
 * Receives what is there, and a file descriptor if one came with it (`sendDescriptor`).
 *
 * @param length the most data taken; where every message has the same length, that
 * @returns undefined when nothing has come yet; data without a byte when the other end has closed
 * @throws {KernelError} ECONNRESET and others of recvmsg(2)
 */
export function receiveDescriptor(socket: number, length = 65_536): Received | undefined {
  const { bytes, control, header } = message(length);
  for (;;) {
    const received = libc.recvmsg(socket, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (received >= 0)
      return { data: Buffer.from(bytes.subarray(0, received)), descriptor: descriptorIn(header, control) };
    const errno = lastErrno();
    if (errno === EAGAIN) return undefined;
    if (errno !== EINTR) throw new KernelError("recvmsg", errno);
  }
}

/**
 * Reads a stream socket on which descriptors may come (`sendDescriptor`), into the same memory each
 * time. At most one comes with what is read at once: the kernel stops there (unix(7)).
 */
export class DescriptorReader {
  /** Those that have come, and belong to whoever takes them out. */
  readonly descriptors: number[] = [];
  readonly #socket: number;
  readonly #message: ReturnType<typeof message>;

  /** @param length the most that is read at once */
  constructor(socket: number, length: number) {
    this.#socket = socket;
    this.#message = message(length);
  }

  /**
   * @returns what has come, valid until the next call; without a byte when the other end has closed;
   *   undefined when nothing has come yet
   * @throws {KernelError} ECONNRESET and others of recvmsg(2)
   */
  read(): Buffer | undefined {
    const { bytes, control, header } = this.#message;
    for (;;) {
      header.writeBigUInt64LE(BigInt(control.length), 40);
      const received = libc.recvmsg(this.#socket, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      if (received >= 0) {
        const descriptor = descriptorIn(header, control);
        if (descriptor !== undefined) this.descriptors.push(descriptor);
        return bytes.subarray(0, received);
      }
      const errno = lastErrno();
      if (errno === EAGAIN) return undefined;
      if (errno !== EINTR) throw new KernelError("recvmsg", errno);
    }
  }
}

/** What recvmsg(2) has put beside the data. */
function descriptorIn(header: Buffer, control: Buffer): number | undefined {
  const hasDescriptor =
    header.readBigUInt64LE(40) >= 20n &&
    control.readInt32LE(8) === SOL_SOCKET &&
    control.readInt32LE(12) === SCM_RIGHTS;
  return hasDescriptor ? control.readInt32LE(16) : undefined;
}

/** A `struct msghdr` (recvmsg(2)) for `length` bytes and one descriptor, and the memory it points to. */
function message(length: number): { readonly bytes: Buffer; readonly control: Buffer; readonly header: Buffer } {
  const bytes = pinned(length);
  // struct cmsghdr: length u64, level and type i32; its data, and padding to eight bytes.
  const control = pinned(24);
  // struct msghdr: name and its length, vector and its length, control and its length, 64 bits each, flags;
  // behind it the vector's one struct iovec, in the same memory, so that it lives as long.
  const header = pinned(56 + 16);
  header.writeBigUInt64LE(addressOf(header) + 56n, 16);
  header.writeBigUInt64LE(1n, 24);
  header.writeBigUInt64LE(addressOf(control), 32);
  header.writeBigUInt64LE(BigInt(control.length), 40);
  header.writeBigUInt64LE(addressOf(bytes), 56);
  header.writeBigUInt64LE(BigInt(length), 64);
  return { bytes, control, header };
}
