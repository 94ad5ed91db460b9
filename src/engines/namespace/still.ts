import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { labError } from "../../topology/index.ts";

/*
 * A program that does nothing, as the init of nodes whose image has no program to be one. It must run
 * with any root file system, so it is static; it is made here, since the machine may have no compiler.
 *
 *   write(1, "ready\n", 6); close(1); for (;;) pause();
 *
 * Signals need no handlers: PID 1 gets none that it did not ask for (pid_namespaces(7)), and whoever
 * starts it ignores SIGCHLD, so that the kernel reaps orphans (wait(2), NOTES).
 */

/** Where the program is loaded: as linkers have it. */
const address = 0x400000n;
const elfHeaderBytes = 64;
const programHeaderBytes = 56;

/** Machine (elf.h: EM_X86_64, EM_AARCH64) and code, with the six bytes that it writes at the end. */
const programs: Readonly<Partial<Record<string, { readonly machine: number; readonly code: readonly number[] }>>> = {
  x64: {
    machine: 62,
    code: [
      ...[0xb8, 0x01, 0x00, 0x00, 0x00], // mov eax, 1 (write)
      ...[0xbf, 0x01, 0x00, 0x00, 0x00], // mov edi, 1
      ...[0x48, 0x8d, 0x35, 0x1c, 0x00, 0x00, 0x00], // lea rsi, [rip + 28]
      ...[0xba, 0x06, 0x00, 0x00, 0x00], // mov edx, 6
      ...[0x0f, 0x05], // syscall
      ...[0xb8, 0x03, 0x00, 0x00, 0x00], // mov eax, 3 (close)
      ...[0xbf, 0x01, 0x00, 0x00, 0x00], // mov edi, 1
      ...[0x0f, 0x05], // syscall
      ...[0xb8, 0x22, 0x00, 0x00, 0x00], // mov eax, 34 (pause)
      ...[0x0f, 0x05], // syscall
      ...[0xeb, 0xf7], // jmp, 9 bytes back
    ],
  },
  arm64: {
    machine: 183,
    code: [
      ...[0x08, 0x08, 0x80, 0xd2], // mov x8, 64 (write)
      ...[0x20, 0x00, 0x80, 0xd2], // mov x0, 1
      ...[0xa1, 0x01, 0x00, 0x10], // adr x1, 52 bytes on
      ...[0xc2, 0x00, 0x80, 0xd2], // mov x2, 6
      ...[0x01, 0x00, 0x00, 0xd4], // svc 0
      ...[0x28, 0x07, 0x80, 0xd2], // mov x8, 57 (close)
      ...[0x20, 0x00, 0x80, 0xd2], // mov x0, 1
      ...[0x01, 0x00, 0x00, 0xd4], // svc 0
      ...[0x28, 0x09, 0x80, 0xd2], // mov x8, 73 (ppoll)
      ...[0x00, 0x00, 0x80, 0xd2], // mov x0, 0
      ...[0x01, 0x00, 0x80, 0xd2], // mov x1, 0
      ...[0x02, 0x00, 0x80, 0xd2], // mov x2, 0
      ...[0x03, 0x00, 0x80, 0xd2], // mov x3, 0
      ...[0x01, 0x00, 0x00, 0xd4], // svc 0
      ...[0xfa, 0xff, 0xff, 0x17], // b, 24 bytes back
    ],
  },
};

/** The program for a processor as Node names it; undefined where it is not known how. The format is that of elf(5). */
export function stillProgram(architecture: string): Buffer | undefined {
  const program = programs[architecture];
  if (program === undefined) return undefined;
  const code = Buffer.concat([Buffer.from(program.code), Buffer.from("ready\n")]);
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

/** The program as a file of a folder, made when it is first asked for. @throws PROCESSOR_UNKNOWN where it is not known how */
export function stillProgramIn(folder: string): string {
  const path = `${folder}/still`;
  if (existsSync(path)) return path;
  const program = stillProgram(process.arch);
  if (program === undefined) throw labError("PROCESSOR_UNKNOWN", { processor: process.arch });
  writeFileSync(path, program);
  chmodSync(path, 0o755);
  return path;
}
