import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { resolve } from "node:path";
import { openPipe } from "../../kernel/index.ts";
import { type MachineCode, staticProgram } from "../static-program.ts";

/*
 * A program that must be limited before it does anything is started by another, which is static and waits for a
 * word on file descriptor 3. Node starts programs itself, and what is done to one after it was started comes late.
 *
 *   read(3, …, 1); close(3); close(4); execve(argv[1], argv + 2, environ); exit(127);
 */

/** One instruction each, of 4 bytes. */
const words = (...all: readonly number[]): readonly number[] =>
  all.flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24]);

const codes: MachineCode = {
  x64: {
    machine: 62,
    code: [
      ...[0x31, 0xc0], // xor eax, eax (read)
      ...[0xbf, 0x03, 0x00, 0x00, 0x00], // mov edi, 3
      ...[0x48, 0x8d, 0x74, 0x24, 0xf0], // lea rsi, [rsp - 16]
      ...[0xba, 0x01, 0x00, 0x00, 0x00], // mov edx, 1
      ...[0x0f, 0x05], // syscall
      ...[0xb8, 0x03, 0x00, 0x00, 0x00], // mov eax, 3 (close)
      ...[0xbf, 0x03, 0x00, 0x00, 0x00], // mov edi, 3
      ...[0x0f, 0x05], // syscall
      ...[0xb8, 0x03, 0x00, 0x00, 0x00], // mov eax, 3 (close)
      ...[0xbf, 0x04, 0x00, 0x00, 0x00], // mov edi, 4
      ...[0x0f, 0x05], // syscall
      ...[0x48, 0x8b, 0x04, 0x24], // mov rax, [rsp]: argc
      ...[0x48, 0x8b, 0x7c, 0x24, 0x10], // mov rdi, [rsp + 16]: argv[1]
      ...[0x48, 0x8d, 0x74, 0x24, 0x18], // lea rsi, [rsp + 24]: argv + 2
      ...[0x48, 0x8d, 0x54, 0xc4, 0x10], // lea rdx, [rsp + 8 * rax + 16]: environ
      ...[0xb8, 0x3b, 0x00, 0x00, 0x00], // mov eax, 59 (execve)
      ...[0x0f, 0x05], // syscall
      ...[0xbf, 0x7f, 0x00, 0x00, 0x00], // mov edi, 127
      ...[0xb8, 0x3c, 0x00, 0x00, 0x00], // mov eax, 60 (exit)
      ...[0x0f, 0x05], // syscall
    ],
  },
  arm64: {
    machine: 183,
    code: words(
      0xd28007e8, // mov x8, 63 (read)
      0xd2800060, // mov x0, 3
      0xd10043e1, // sub x1, sp, 16
      0xd2800022, // mov x2, 1
      0xd4000001, // svc 0
      0xd2800728, // mov x8, 57 (close)
      0xd2800060, // mov x0, 3
      0xd4000001, // svc 0
      0xd2800728, // mov x8, 57 (close)
      0xd2800080, // mov x0, 4
      0xd4000001, // svc 0
      0xf94003e9, // ldr x9, [sp]: argc
      0xf9400be0, // ldr x0, [sp, 16]: argv[1]
      0x910063e1, // add x1, sp, 24: argv + 2
      0x8b296fe2, // add x2, sp, x9, lsl 3
      0x91004042, // add x2, x2, 16: environ
      0xd2801ba8, // mov x8, 221 (execve)
      0xd4000001, // svc 0
      0xd2800fe0, // mov x0, 127
      0xd2800ba8, // mov x8, 93 (exit)
      0xd4000001, // svc 0
    ),
  },
};

export const holdProgram = (architecture: string): Buffer | undefined => staticProgram(codes, architecture);

/** The program as a file of a folder, made when it is first asked for; undefined where it is not known how. */
export function holdProgramIn(folder: string): string | undefined {
  const path = `${folder}/hold`;
  if (existsSync(path)) return path;
  const program = holdProgram(process.arch);
  if (program === undefined) return undefined;
  writeFileSync(path, program);
  chmodSync(path, 0o755);
  return path;
}

/**
 * Starts a program that waits until it is let go, where it is known how; else, it goes on at once.
 *
 * @param hold a descriptor of `holdProgram`; undefined: it need not wait
 * @param options with an environment, and with standard input, output and error
 */
export function spawnHeld(
  argv: readonly string[],
  options: Omit<SpawnOptions, "stdio" | "env"> & {
    readonly stdio: readonly (number | "ignore")[];
    readonly env: NodeJS.ProcessEnv;
  },
  hold: number | undefined,
): { readonly child: ChildProcess; readonly letGo: () => void } {
  const [name = ""] = argv;
  const { stdio } = options;
  const path =
    hold === undefined ? undefined : executableOf(name, String(options.cwd ?? "/"), options.env["PATH"] ?? "");
  if (hold === undefined || path === undefined)
    return { child: spawn(name, argv.slice(1), { ...options, stdio: [...stdio] }), letGo: () => undefined };
  const word = openPipe();
  const child = spawn("/proc/self/fd/4", [path, ...argv], { ...options, stdio: [...stdio, word.readFd, hold] });
  closeSync(word.readFd);
  return {
    child,
    letGo: () => {
      try {
        writeSync(word.writeFd, "!");
      } catch {
        // It was killed while it waited.
      } finally {
        closeSync(word.writeFd);
      }
    },
  };
}

/**
 * The file that execvp(3) would execute, called in the file system where it is to be.
 *
 * @returns undefined when there is none, or one that the kernel itself cannot execute: the caller does as ever,
 * and is told what is wrong with it, or has it run by a shell
 */
function executableOf(name: string, directory: string, path: string): string | undefined {
  const candidates = name.includes("/") ? [name] : path.split(":").map((folder) => `${folder || "."}/${name}`);
  const found = candidates.map((one) => resolve(directory, one)).find(isExecutable);
  if (found === undefined) return undefined;
  const start = startOf(found);
  if (start.startsWith("\x7fELF")) return found;
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(start)?.[1];
  return interpreter !== undefined && isExecutable(resolve(directory, interpreter)) ? found : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function startOf(path: string): string {
  try {
    const fd = openSync(path, "r");
    try {
      const start = Buffer.alloc(256);
      return start.toString("latin1", 0, readSync(fd, start, 0, start.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
}
