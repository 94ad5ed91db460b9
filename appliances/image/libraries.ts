import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DebianPackage, dependenciesOf, fetchPackages } from "./debian.ts";
import { isElf, neededLibraries } from "./elf.ts";
import type { Tree } from "./tree.ts";

const architecture = "x86_64-linux-gnu";
const loader = "ld-linux-x86-64.so.2";

/**
 * Puts the shared libraries into a tree that the programs in it need, and those that these need.
 *
 * @param names packages the programs are from
 * @returns packages of which something was taken
 * @throws when no package they depend on has a library
 */
export function addLibraries(tree: Tree, names: readonly string[], cache?: string): readonly DebianPackage[] {
  const index = libraryIndex(names, cache);
  const taken = new Set<DebianPackage>();
  const done = new Set<string>();
  const visit = (name: string, content: Buffer) => {
    if (!isElf(content)) return;
    for (const library of neededLibraries(content)) {
      if (done.has(library)) continue;
      done.add(library);
      const found = index.get(library);
      if (found === undefined) throw new Error(`${name} needs ${library}, which no package has that it depends on`);
      const bytes = readFileSync(found.file);
      tree.file(library === loader ? `/lib64/${loader}` : `/lib/${architecture}/${library}`, bytes, {
        executable: library === loader,
      });
      taken.add(found.from);
      visit(library, bytes);
    }
  };
  for (const { path, content } of tree.programs()) visit(path, Buffer.from(content));
  if (done.size > 0 && !done.has(loader)) {
    const found = index.get(loader);
    if (found === undefined) throw new Error(`no package has ${loader}`);
    tree.file(`/lib64/${loader}`, readFileSync(found.file), { executable: true });
  }
  return [...taken];
}

/** Folders of libraries for programs of packages that run on this machine, by its own C library. */
export function libraryFolders(names: readonly string[], cache?: string): readonly string[] {
  return libraryPackages(names, cache)
    .filter(({ name }) => name !== "libc6")
    .flatMap(({ folder }) => placesOf(folder));
}

function libraryIndex(names: readonly string[], cache: string | undefined) {
  const index = new Map<string, { readonly file: string; readonly from: DebianPackage }>();
  for (const from of libraryPackages(names, cache))
    for (const place of placesOf(from.folder))
      for (const name of readdirSync(place).sort()) {
        const file = join(place, name);
        if (/\.so(\.|$)/.test(name) && existsSync(file) && !index.has(name)) index.set(name, { file, from });
      }
  return index;
}

/** Packages of shared libraries are named for them (Debian policy, 8.1), and zlib's. */
function libraryPackages(names: readonly string[], cache: string | undefined): readonly DebianPackage[] {
  const libraries = dependenciesOf(names, cache).filter((name) => /^(lib|zlib1g$)/.test(name) && !/-perl$/.test(name));
  return libraries.length === 0 ? [] : fetchPackages(libraries, cache);
}

const placesOf = (folder: string): readonly string[] =>
  [`lib/${architecture}`, `usr/lib/${architecture}`]
    .map((path) => join(folder, path))
    .filter((path) => existsSync(path));
