import koffi, { type KoffiFunc } from "koffi";

/**
 * System calls for loops that make many: as in libc.ts, but memory is given as an address in a
 * number. That saves looking the buffer up, on every call, and lets a structure point into the middle
 * of memory. An address fits: Linux keeps user memory below 2^47 unless asked otherwise.
 */

const process = koffi.load(null);

const bind = <Call extends (...parameters: never[]) => number>(prototype: string): Call =>
  process.func(prototype) as KoffiFunc<Call>;

type Address = number;

export const hotCalls = {
  mmap: bind<
    (address: Address, length: number, protection: number, flags: number, fd: number, offset: number) => number
  >("intptr_t mmap(uintptr_t, size_t, int, int, int, long)"),
  munmap: bind<(address: Address, length: number) => number>("int munmap(uintptr_t, size_t)"),
  recvmsg: bind<(fd: number, message: Address, flags: number) => number>("intptr_t recvmsg(int, uintptr_t, int)"),
  sendmmsg: bind<(fd: number, messages: Address, count: number, flags: number) => number>(
    "int sendmmsg(int, uintptr_t, unsigned int, int)",
  ),
  epollCreate: bind<(flags: number) => number>("int epoll_create1(int)"),
  epollControl: bind<(epoll: number, operation: number, fd: number, event: Address) => number>(
    "int epoll_ctl(int, int, int, uintptr_t)",
  ),
  epollWait: bind<(epoll: number, events: Address, most: number, timeoutMs: number) => number>(
    "int epoll_wait(int, uintptr_t, int, int)",
  ),
  ppoll: bind<(fds: Address, count: number, timeout: Address, signals: Address) => number>(
    "int ppoll(uintptr_t, unsigned long, uintptr_t, uintptr_t)",
  ),
  clockGettime: bind<(clock: number, time: Address) => number>("int clock_gettime(int, uintptr_t)"),
  prctl: bind<(option: number, value: number) => number>("int prctl(int, unsigned long)"),
} as const;

/** A view of memory that something else owns, at `address`. It must not be used once that memory is gone. */
export const viewMemory = (address: Address, bytes: number): ArrayBuffer => koffi.view(BigInt(address), bytes);
