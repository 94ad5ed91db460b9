import { appendFileSync, statSync } from "node:fs";
import { type DebianPackage, fetchPackages } from "./debian.ts";
import { unpackedPrograms } from "./programs.ts";

const tools = ["lz4"];

/**
 * Compresses an initrd so that Linux can read it; Debian's lz4 makes the same bytes on any machine. A guest
 * without hardware acceleration unpacks this as fast as it would copy what is not compressed; of zstd, which
 * is a fifth smaller, it takes a second for 50 MB.
 */
export function compress(from: string, to: string, cache?: string): void {
  // The kernel reads the legacy format only (lib/decompress_unlz4.c).
  unpackedPrograms(tools, cache).run("/usr/bin/lz4", ["-l", "-9", "-q", from, to]);
  // Four zeros say where it ends: another archive may be appended, at a multiple of four.
  appendFileSync(to, Buffer.alloc(8 - (statSync(to).size % 4)));
}

export const compressPackages = (cache?: string): readonly DebianPackage[] => fetchPackages(tools, cache);
