import { labError } from "../../topology/index.ts";
import { type MachineCode, pauseForEver, staticProgram } from "../static-program.ts";

/*
 * A program that does nothing, as the first process of containers that run nothing of their image. It must
 * run with any image, so it is static. With SIGCHLD ignored, the kernel reaps what programs leave to the
 * first process (wait(2), NOTES), which gets no signal that it did not ask for (pid_namespaces(7)).
 *
 *   rt_sigaction(SIGCHLD, {SIG_IGN}, 0, 8); for (;;) pause();
 */

const codes: MachineCode = {
  x64: {
    machine: 62,
    code: [
      ...[0xb8, 0x0d, 0x00, 0x00, 0x00], // mov eax, 13 (rt_sigaction)
      ...[0xbf, 0x11, 0x00, 0x00, 0x00], // mov edi, 17 (SIGCHLD)
      ...[0x48, 0x8d, 0x35, 0x13, 0x00, 0x00, 0x00], // lea rsi, [rip + 19]
      ...[0x31, 0xd2], // xor edx, edx
      ...[0x41, 0xba, 0x08, 0x00, 0x00, 0x00], // mov r10d, 8
      ...[0x0f, 0x05], // syscall
      ...pauseForEver.x64,
    ],
  },
  arm64: {
    machine: 183,
    code: [
      ...[0xc8, 0x10, 0x80, 0xd2], // mov x8, 134 (rt_sigaction)
      ...[0x20, 0x02, 0x80, 0xd2], // mov x0, 17 (SIGCHLD)
      ...[0x61, 0x01, 0x00, 0x10], // adr x1, 44 bytes on
      ...[0x02, 0x00, 0x80, 0xd2], // mov x2, 0
      ...[0x03, 0x01, 0x80, 0xd2], // mov x3, 8
      ...[0x01, 0x00, 0x00, 0xd4], // svc 0
      ...pauseForEver.arm64,
    ],
  },
};

/** struct sigaction of the kernel's: handler SIG_IGN (1), flags, restorer and mask, eight bytes each. */
const ignored = `\u0001${"\0".repeat(31)}`;

/** In a container: mounts may not be executable, where labs keep their files. */
export const idlePath = "/.netwright-idle";

/** @throws PROCESSOR_UNKNOWN where it is not known how */
export function idleProgram(): Buffer {
  const program = staticProgram(codes, process.arch, ignored);
  if (program === undefined) throw labError("PROCESSOR_UNKNOWN", { processor: process.arch });
  return program;
}
