import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";
import { busyboxEntries, type Entry, type Settings, tarOf, writeLayout } from "../tests/images/image-layout.ts";

/** Writes `box`: busybox, whose program is what it is told. */
export async function writeBox(folder: string, settings: Settings): Promise<void> {
  writeLayout(folder, [await tarOf(busyboxEntries())], { settings: { Env: ["PATH=/bin"], ...settings } });
}

/** Where a Debian system has its files. */
const sources = ["/usr/bin", "/usr/lib", "/usr/share"] as const;
/** Larger ones are rare in images, and one of them would be a layer of its own. */
const largestBytes = 10e6;

/**
 * Writes an image of files of this machine, in the mix of sizes that they have.
 *
 * @returns the files of its layers, and how many entries are in them
 */
export async function writeSystem(
  folder: string,
  bytes: number,
  layers: number,
): Promise<{ readonly blobs: readonly string[]; readonly entries: number }> {
  const found = sources.flatMap((source) => [...walk(source)]);
  // By chance, and each time the same.
  const order = (path: string) => createHash("sha256").update(path).digest("hex");
  const shuffled = found.map((path) => [order(path), path] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const all = shuffled.map(([, path]) => path).values();
  const tars: Buffer[] = [];
  let entries = 0;
  for (let layer = 0; layer < layers; layer++) {
    const paths: string[] = [];
    for (let size = 0; size < bytes / layers; ) {
      const next = all.next();
      if (next.done === true) throw new Error(`there are not ${bytes} bytes of files in ${sources.join(", ")}`);
      paths.push(next.value);
      size += lstatSync(next.value).size;
    }
    const part = withFolders(paths.toSorted());
    entries += part.length;
    tars.push(await tarOf(part));
  }
  const digests = writeLayout(folder, tars);
  return { blobs: digests.map((digest) => `${folder}/blobs/sha256/${digest.slice(7)}`), entries };
}

/** What everybody may read. */
function* walk(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = `${folder}/${name}`;
    const found = lstatSync(path);
    if (found.isDirectory() && (found.mode & 0o5) === 0o5) yield* walk(path);
    else if (found.isSymbolicLink() || (found.isFile() && (found.mode & 0o4) !== 0 && found.size < largestBytes))
      yield path;
  }
}

/** @param paths sorted */
function withFolders(paths: readonly string[]): readonly Entry[] {
  const known = new Set<string>();
  return paths.flatMap((path) => {
    const parts = path.slice(1).split("/");
    const folders = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join("/"));
    const missing = folders.filter((folder) => !known.has(folder));
    for (const folder of missing) known.add(folder);
    return [...missing.map((folder): Entry => ({ name: `${folder}/`, type: "directory" })), entryOf(path)];
  });
}

function entryOf(path: string): Entry {
  const found = lstatSync(path);
  const common = { name: path.slice(1), mode: found.mode & 0o777, mtime: found.mtime };
  return found.isSymbolicLink()
    ? { ...common, type: "symlink", linkname: readlinkSync(path) }
    : { ...common, content: readFileSync(path) };
}

/** Hands an image of a layout to a Docker daemon. */
export async function giveToDocker(folder: string, socket: string, name: string): Promise<void> {
  await promisify(execFile)("skopeo", [
    "--insecure-policy",
    ...["copy", "--dest-daemon-host", `unix://${socket}`, `oci:${folder}`, `docker-daemon:${name}`],
  ]);
}
