import { closeSync } from "node:fs";
import { check, libc, pinned } from "./libc.ts";
import { parseAddress } from "./netlink/address-bytes.ts";
import { SO_SNDTIMEO, SOCK_CLOEXEC, SOL_SOCKET, setOption } from "./sockets.ts";

const SOCK_STREAM = 1;
/** connect(2) waits no longer than for sending (socket(7)). */
const connectSeconds = 1n;

/**
 * Connects to a TCP port at an address of this thread's own network namespace, which takes no time. The
 * connection stays in that namespace, wherever the thread goes.
 *
 * @param address IPv4 or IPv6
 * @returns a file descriptor, blocking, which the caller closes
 * @throws {KernelError} ECONNREFUSED when nobody listens; EINPROGRESS after a second without an answer
 */
export function connectLocally(address: string, port: number): number {
  const { family, bytes } = parseAddress(address);
  const isV6 = bytes.length === 16;
  // struct sockaddr_in: family, port, address; struct sockaddr_in6: family, port, flow information, address, scope.
  const name = pinned(isV6 ? 28 : 16);
  name.writeUInt16LE(family, 0);
  name.writeUInt16BE(port, 2);
  name.set(bytes, isV6 ? 8 : 4);
  const fd = check("socket", libc.socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  try {
    const time = pinned(16);
    time.writeBigInt64LE(connectSeconds, 0);
    setOption(fd, SOL_SOCKET, SO_SNDTIMEO, time);
    check(`connect to ${address} port ${port}`, libc.connect(fd, name, name.length));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
