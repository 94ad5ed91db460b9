import { readFileSync } from "node:fs";
import { KernelError, sendDescriptor } from "../kernel/index.ts";
import type { HandedFile } from "./hand-over.ts";

const EAGAIN = 11;
const EPIPE = 32;

/** Sends a file over a connection. @returns false when there is no room for it now, or nobody to take it */
export function sendFile(socket: number, { fd, block }: HandedFile): boolean {
  try {
    sendDescriptor(socket, block, fd);
    return true;
  } catch (error) {
    if (error instanceof KernelError && [EAGAIN, EPIPE].includes(error.errno)) return false;
    throw error;
  }
}

/** How far a file has been read, by whoever shares its description (proc_pid_fdinfo(5)). */
export const positionOf = (fd: number): number =>
  Number(/^pos:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1]);
