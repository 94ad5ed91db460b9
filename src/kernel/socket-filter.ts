import type { BpfInstruction } from "./filter-compiler.ts";
import { addressOf, pinned } from "./libc.ts";
import { SOL_SOCKET, setOption } from "./sockets.ts";

/** socket(7), asm-generic/socket.h. */
const SO_ATTACH_FILTER = 26;
/** struct sock_filter: code u16, two jumps u8, operand u32. */
const instructionBytes = 8;

/**
 * Makes a socket receive only what a program of classic BPF lets through (linux/filter.h): what it
 * returns is how many bytes to keep, 0 drops the frame. Before the socket is bound, or it has received others already.
 *
 * @throws {KernelError} EINVAL for a program that the kernel does not take
 */
export function attachFilter(fd: number, program: readonly BpfInstruction[]): void {
  const instructions = pinned(program.length * instructionBytes);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    const at = index * instructionBytes;
    instructions.writeUInt16LE(code, at);
    instructions.writeUInt8(jt, at + 2);
    instructions.writeUInt8(jf, at + 3);
    instructions.writeUInt32LE(k, at + 4);
  }
  // struct sock_fprog: length u16, padding, pointer.
  const header = pinned(16);
  header.writeUInt16LE(program.length, 0);
  header.writeBigUInt64LE(addressOf(instructions), 8);
  setOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, header);
}
