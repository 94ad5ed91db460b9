import { check, libc } from "./libc.ts";

/** Constants of socket(7), asm-generic/socket.h, that several kinds of sockets here share. */
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;

/** setsockopt(2). @throws {KernelError} */
export function setOption(fd: number, level: number, name: number, value: Buffer): void {
  check(`setsockopt ${level}/${name}`, libc.setsockopt(fd, level, name, value, value.length));
}
