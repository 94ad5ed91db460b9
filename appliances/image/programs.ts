import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fetchPackages } from "./debian.ts";
import { libraryFolders } from "./libraries.ts";
import { inPackage } from "./tree.ts";

const runMs = 60_000;

/** Programs and files of packages that are not installed, for use while an image is built. */
export type UnpackedPrograms = {
  /** Where a file or folder is. @param path in its package @throws when it is in none */
  readonly find: (path: string) => string;
  /** @param program its path in its package, e.g. `/usr/bin/lz4` @throws when it does not end with 0 */
  readonly run: (program: string, argv: readonly string[], environment?: Readonly<Record<string, string>>) => void;
};

/** With their libraries, but by this machine's own C library. They find each other before those of this machine. */
export function unpackedPrograms(names: readonly string[], cache?: string): UnpackedPrograms {
  const packages = fetchPackages(names, cache);
  const libraries = libraryFolders(names, cache).join(":");
  const folders = packages.map(({ folder }) => join(folder, "usr/bin")).filter((folder) => existsSync(folder));
  const find = (path: string): string => {
    const [found] = packages.flatMap(({ folder }) => inPackage(folder, path) ?? []);
    if (found === undefined) throw new Error(`${path} is in none of ${names.join(", ")}`);
    return found;
  };
  return {
    find,
    run: (program, argv, environment = {}) => {
      execFileSync(find(program), argv, {
        stdio: ["ignore", "ignore", "pipe"],
        timeout: runMs,
        env: {
          PATH: [...folders, process.env["PATH"]].join(":"),
          LD_LIBRARY_PATH: libraries,
          LC_ALL: "C",
          ...environment,
        },
      });
    },
  };
}
