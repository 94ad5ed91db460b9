import { arch } from "node:process";
import { KernelError } from "./errno.ts";

/** asm/unistd_64.h for x86-64, asm-generic/unistd.h for arm64. */
const pivotRootNumbers: Readonly<Record<string, number>> = { x64: 155, arm64: 41 };

const pivotRoot = pivotRootNumbers[arch];
if (pivotRoot === undefined)
  throw new KernelError("system call numbers", 38, `Netwright knows x64 and arm64, and this is ${arch}`);

export const pivotRootNumber: number = pivotRoot;
/** The same everywhere, as for all calls added since Linux 5.1. */
export const mountSetattrNumber = 442;
