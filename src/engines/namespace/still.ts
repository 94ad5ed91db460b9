import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { labError } from "../../topology/index.ts";
import { type MachineCode, pauseForEver, staticProgram } from "../static-program.ts";

/*
 * A program that does nothing, as the init of nodes whose image has no program to be one. It must run
 * with any root file system, so it is static; it is made here, since the machine may have no compiler.
 *
 *   write(1, "ready\n", 6); close(1); for (;;) pause();
 *
 * Signals need no handlers: PID 1 gets none that it did not ask for (pid_namespaces(7)), and whoever
 * starts it ignores SIGCHLD, so that the kernel reaps orphans (wait(2), NOTES).
 */

/** With the six bytes that it writes at the end. */
const codes: MachineCode = {
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
      ...pauseForEver.x64,
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
      ...pauseForEver.arm64,
    ],
  },
};

export const stillProgram = (architecture: string): Buffer | undefined => staticProgram(codes, architecture, "ready\n");

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
