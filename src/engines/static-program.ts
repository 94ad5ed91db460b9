/** What a processor of a kind is told (elf.h: EM_X86_64, EM_AARCH64), by Node's name for it. */
export type MachineCode = Readonly<
  Partial<Record<string, { readonly machine: number; readonly code: readonly number[] }>>
>;

/** `for (;;) pause();`, by processor, to stand at the end of a program. */
export const pauseForEver = {
  x64: [
    ...[0xb8, 0x22, 0x00, 0x00, 0x00], // mov eax, 34 (pause)
    ...[0x0f, 0x05], // syscall
    ...[0xeb, 0xf7], // jmp, 9 bytes back
  ],
  arm64: [
    ...[0x28, 0x09, 0x80, 0xd2], // mov x8, 73 (ppoll)
    ...[0x00, 0x00, 0x80, 0xd2], // mov x0, 0
    ...[0x01, 0x00, 0x80, 0xd2], // mov x1, 0
    ...[0x02, 0x00, 0x80, 0xd2], // mov x2, 0
    ...[0x03, 0x00, 0x80, 0xd2], // mov x3, 0
    ...[0x01, 0x00, 0x00, 0xd4], // svc 0
    ...[0xfa, 0xff, 0xff, 0x17], // b, 24 bytes back
  ],
} as const;

/** Where the program is loaded: as linkers have it. */
const address = 0x400000n;
const elfHeaderBytes = 64;
const programHeaderBytes = 56;

/**
 * A program that needs nothing of the file system it runs in; made here, since the machine may have no compiler.
 * The format is that of elf(5).
 *
 * @param data what follows the code
 * @returns undefined for a processor that there is no code for
 */
export function staticProgram(codes: MachineCode, architecture: string, data = ""): Buffer | undefined {
  const program = codes[architecture];
  if (program === undefined) return undefined;
  const code = Buffer.concat([Buffer.from(program.code), Buffer.from(data)]);
  const start = elfHeaderBytes + programHeaderBytes;
  const file = Buffer.alloc(start + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // magic, 64 bits, little-endian, version
  file.writeUInt16LE(2, 16); // ET_EXEC
  file.writeUInt16LE(program.machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(address + BigInt(start), 24); // entry
  file.writeBigUInt64LE(BigInt(elfHeaderBytes), 32); // program headers
  file.writeUInt16LE(elfHeaderBytes, 52);
  file.writeUInt16LE(programHeaderBytes, 54);
  file.writeUInt16LE(1, 56);
  const header = elfHeaderBytes;
  file.writeUInt32LE(1, header); // PT_LOAD
  file.writeUInt32LE(5, header + 4); // read, execute
  file.writeBigUInt64LE(address, header + 16);
  file.writeBigUInt64LE(address, header + 24);
  file.writeBigUInt64LE(BigInt(file.length), header + 32);
  file.writeBigUInt64LE(BigInt(file.length), header + 40);
  file.writeBigUInt64LE(0x1000n, header + 48);
  code.copy(file, start);
  return file;
}
