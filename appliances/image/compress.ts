import { type DebianPackage, fetchPackages } from "./debian.ts";
import { unpackedPrograms } from "./programs.ts";

const tools = ["zstd"];

/** A balance: a guest without hardware acceleration takes half a second to unpack what a better level makes, too. */
const level = 9;

/** Compresses an initrd so that Linux can read it; Debian's zstd makes the same bytes on any machine. */
export function compress(from: string, to: string, cache?: string): void {
  unpackedPrograms(tools, cache).run("/usr/bin/zstd", [
    `-${level}`,
    "--single-thread",
    "--no-progress",
    "-q",
    from,
    "-o",
    to,
  ]);
}

export const compressPackages = (cache?: string): readonly DebianPackage[] => fetchPackages(tools, cache);
