import { closeSync } from "node:fs";
import { KernelError } from "./errno.ts";
import { check, lastErrno, libc, pinned } from "./libc.ts";
import { parseAddress } from "./netlink/address-bytes.ts";
import { AF_INET } from "./netlink/headers/rtnetlink.ts";
import { SOCK_CLOEXEC, SOCK_NONBLOCK, SOL_SOCKET, setOption } from "./sockets.ts";

export type Transport = "tcp" | "udp";

/** unix(7), socket(7), ipv6(7). */
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SO_REUSEADDR = 2;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const EINPROGRESS = 115;
const backlog = 511;

/** struct sockaddr_in (ip(7)) or sockaddr_in6 (ipv6(7)). */
function socketAddress(address: string, port: number): { readonly family: number; readonly bytes: Buffer } {
  const { family, bytes } = parseAddress(address);
  const result = pinned(family === AF_INET ? 16 : 28);
  result.writeUInt16LE(family, 0);
  result.writeUInt16BE(port, 2);
  bytes.copy(result, family === AF_INET ? 4 : 8);
  return { family, bytes: result };
}

function openSocket(family: number, transport: Transport): number {
  const type = transport === "tcp" ? SOCK_STREAM : SOCK_DGRAM;
  return check("socket", libc.socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/**
 * A socket of this thread's network namespace at an address; of TCP it listens. It does not block.
 *
 * @param port 0: any that is free
 * @returns a descriptor, which the caller closes
 * @throws {KernelError} EADDRINUSE, EADDRNOTAVAIL, EACCES (a port below net.ipv4.ip_unprivileged_port_start)
 */
export function bindAddress(transport: Transport, address: string, port: number): number {
  const { family, bytes } = socketAddress(address, port);
  const fd = openSocket(family, transport);
  try {
    const one = pinned(4);
    one.writeInt32LE(1, 0);
    if (transport === "tcp") setOption(fd, SOL_SOCKET, SO_REUSEADDR, one);
    if (family !== AF_INET) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, one);
    check("bind", libc.bind(fd, bytes, bytes.length), `${address} port ${port}`);
    if (transport === "tcp") check("listen", libc.listen(fd, backlog));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * A socket of this thread's network namespace on its way to an address (connect(2)): of TCP it may be
 * connected, or refused, only later, which its first use tells.
 *
 * @returns a descriptor, which the caller closes
 * @throws {KernelError} ENETUNREACH, ECONNREFUSED
 */
export function connectAddress(transport: Transport, address: string, port: number): number {
  const { family, bytes } = socketAddress(address, port);
  const fd = openSocket(family, transport);
  if (libc.connect(fd, bytes, bytes.length) === 0) return fd;
  const errno = lastErrno();
  if (errno === EINPROGRESS) return fd;
  closeSync(fd);
  throw new KernelError("connect", errno, `${address} port ${port}`);
}

/** A connection to a unix socket (unix(7)), as a descriptor, which the caller closes. It blocks until then, and not afterwards. */
export function connectPath(path: string): number {
  const text = Buffer.from(path);
  const address = pinned(2 + text.length + 1);
  address.writeUInt16LE(AF_UNIX, 0);
  text.copy(address, 2);
  const fd = check("socket", libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (libc.connect(fd, address, address.length) === 0) return fd;
  const error = new KernelError("connect", lastErrno(), path);
  closeSync(fd);
  throw error;
}
