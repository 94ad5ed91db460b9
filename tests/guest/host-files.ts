import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Entry } from "../../appliances/image/cpio.ts";

/**
 * Files and folders of this machine, at the same paths, with the folders they are in, where the
 * symbolic links on the way lead, and the libraries that programs among them load.
 */
export function hostFiles(paths: readonly string[]): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const path of paths) {
    add(resolve(path), entries);
    if (lstatSync(path).isDirectory()) continue;
    for (const library of librariesOf(path)) add(library, entries);
  }
  return entries;
}

function add(path: string, entries: Map<string, Entry>): void {
  const name = path.slice(1);
  if (name === "" || entries.has(name)) return;
  const parent = dirname(path);
  add(parent, entries);
  const above = entries.get(parent.slice(1));
  if (above?.kind === "link") {
    // What is in it belongs where the link leads.
    add(join(resolve(dirname(parent), above.to), path.slice(parent.length)), entries);
    return;
  }
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) {
    const to = readlinkSync(path);
    entries.set(name, { kind: "link", path: name, to });
    add(resolve(parent, to), entries);
  } else if (stat.isDirectory()) {
    entries.set(name, { kind: "folder", path: name });
  } else {
    entries.set(name, { kind: "file", path: name, content: readFileSync(path), executable: (stat.mode & 0o111) !== 0 });
  }
}

/** A folder with everything in it. */
export function hostFolder(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? hostFolder(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

/** As ldd(1) tells; a script or a file that is no program has none. */
function librariesOf(program: string): readonly string[] {
  try {
    const listing = execFileSync("ldd", [program], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return [...listing.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? "");
  } catch {
    return [];
  }
}
