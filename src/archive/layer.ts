import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, type Stats } from "node:fs";
import { labError } from "../topology/errors/error.ts";
import { contentsOf, pieceBytes } from "./contents.ts";
import { type CopyCounts, newCounts, skip } from "./counts.ts";
import { Folder, type OpenFiles } from "./folder.ts";
import { encodeHeader, endOfArchive, padding, type WrittenEntry } from "./header.ts";

export type LayerOptions = {
  readonly files: OpenFiles;
  /** Full paths of what is no change of the node's: left out. A folder among them stays for what else is in it. */
  readonly without: ReadonlySet<string>;
  /** Files that changed later get this time instead, in milliseconds since 1970: so the same files are the same bytes. */
  readonly latestMs?: number;
  /** Extended attributes of a file or folder, by name. */
  readonly attributes: (path: string) => ReadonlyMap<string, Uint8Array>;
  /** How a path is told to people. */
  readonly show: (path: string) => string;
};

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** Names of the layers of images (OCI image specification, layer.md, "Whiteouts"). */
const whiteoutPrefix = ".wh.";
const opaqueName = ".wh..wh..opq";
const keptAttribute = /^(security\.capability$|user\.(?!overlay\.))/;

/**
 * Packs what an overlay has written above its layers as the next layer of an image: the folder is the
 * upper one of overlayfs, mounted with `userxattr` (Documentation/filesystems/overlayfs.rst). Sorted by
 * name. Each piece is valid until the next is asked for.
 *
 * @param upper the folder
 * @returns what was packed; the first that could not be read is told in it
 * @throws COPY_FAILED when the folder cannot be opened
 */
export function* packLayer(upper: string, options: LayerOptions): Generator<Uint8Array, CopyCounts> {
  const packing = new LayerPacking(options);
  let root: Folder;
  try {
    root = Folder.at(options.files, upper);
  } catch (error) {
    throw failed(options.show("/"), error);
  }
  using folder = root;
  yield* packing.inFolder(folder, "");
  yield endOfArchive();
  return packing.counts;
}

class LayerPacking {
  readonly counts = newCounts();
  readonly #options: LayerOptions;
  readonly #piece = Buffer.allocUnsafeSlow(pieceBytes);
  /** Names of files that have several, by inode: an upper folder is of one file system. */
  readonly #linked = new Map<number, string>();

  constructor(options: LayerOptions) {
    this.#options = options;
  }

  /** @param name of the folder in the archive; empty for the root, which has no entry */
  *inFolder(folder: Folder, name: string): Generator<Uint8Array> {
    for (const each of this.#namesIn(folder, name)) {
      const inArchive = name === "" ? each : `${name}/${each}`;
      try {
        const stats = lstatSync(folder.path(each));
        if (!stats.isDirectory()) {
          if (!this.#options.without.has(`/${inArchive}`)) yield* this.#one(folder, name, each, stats);
          continue;
        }
        using inside = folder.open(each);
        if (this.#isLeftOut(inside, inArchive)) continue;
        const attributes = this.#options.attributes(inside.itself);
        this.counts.folders += 1;
        yield this.#header("folder", inArchive, stats, { attributes });
        if (String(attributes.get("user.overlay.opaque") ?? "").startsWith("y"))
          yield this.#mark(`${inArchive}/${opaqueName}`);
        yield* this.inFolder(inside, inArchive);
      } catch (error) {
        // It went away meanwhile, or may not be read.
        this.#fail(inArchive, error);
      }
    }
  }

  #isLeftOut(folder: Folder, name: string): boolean {
    const { without } = this.#options;
    if (!without.has(`/${name}`)) return false;
    return this.#namesIn(folder, name).every((each) => {
      const inArchive = `${name}/${each}`;
      if (!without.has(`/${inArchive}`)) return false;
      if (!lstatSync(folder.path(each)).isDirectory()) return true;
      using inside = folder.open(each);
      return this.#isLeftOut(inside, inArchive);
    });
  }

  #namesIn(folder: Folder, name: string): readonly string[] {
    try {
      return readdirSync(folder.itself).sort((a, b) => (a < b ? -1 : 1));
    } catch (error) {
      this.#fail(name, error);
      return [];
    }
  }

  *#one(folder: Folder, place: string, name: string, stats: Stats): Generator<Uint8Array> {
    const inArchive = place === "" ? name : `${place}/${name}`;
    // What was removed (overlayfs.rst, "whiteouts and opaque directories").
    if (stats.isCharacterDevice() && stats.rdev === 0) {
      yield this.#mark(`${place === "" ? "" : `${place}/`}${whiteoutPrefix}${name}`);
      return;
    }
    if (stats.isSocket()) return;
    if (stats.isBlockDevice() || stats.isCharacterDevice()) {
      skip(this.counts, this.#options.show(`/${inArchive}`), "it is a device");
      return;
    }
    if (name.startsWith(whiteoutPrefix)) {
      skip(this.counts, this.#options.show(`/${inArchive}`), "its name means something else in images");
      return;
    }
    const earlier = stats.nlink > 1 ? this.#linked.get(stats.ino) : undefined;
    if (earlier !== undefined) {
      this.counts.links += 1;
      yield this.#header("hardlink", inArchive, stats, { target: earlier });
      return;
    }
    if (stats.nlink > 1) this.#linked.set(stats.ino, inArchive);
    if (stats.isSymbolicLink()) {
      this.counts.links += 1;
      yield this.#header("symlink", inArchive, stats, { target: readlinkSync(folder.path(name)) });
    } else if (stats.isFIFO()) {
      this.counts.files += 1;
      yield this.#header("fifo", inArchive, stats);
    } else yield* this.#file(folder.path(name), inArchive);
  }

  *#file(place: string, inArchive: string): Generator<Uint8Array> {
    // Not blocking: what was a file a moment ago may be a pipe now.
    const fd = openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) return;
      this.counts.files += 1;
      this.counts.bytes += stats.size;
      yield this.#header("file", inArchive, stats, {
        sizeBytes: stats.size,
        attributes: this.#options.attributes(place),
      });
      yield* contentsOf(fd, stats.size, this.#piece, (error) => this.#fail(inArchive, error));
      if (padding(stats.size) > 0) yield Buffer.alloc(padding(stats.size));
    } finally {
      closeSync(fd);
    }
  }

  /** An empty file whose name says something of the layers below. */
  #mark(name: string): Buffer {
    this.counts.files += 1;
    return encodeHeader({ type: "file", name, mode: 0o600, uid: 0, gid: 0, sizeBytes: 0, modifiedMs: 0 });
  }

  #header(
    type: WrittenEntry["type"],
    name: string,
    { mode, uid, gid, mtimeMs }: Stats,
    { attributes, ...more }: Partial<Pick<WrittenEntry, "target" | "sizeBytes" | "attributes">> = {},
  ): Buffer {
    const kept = new Map([...(attributes ?? [])].filter(([key]) => keptAttribute.test(key)).sort());
    const modifiedMs = Math.min(mtimeMs, this.#options.latestMs ?? mtimeMs);
    const plain = { type, name, mode: mode & 0o7777, uid, gid, modifiedMs, sizeBytes: 0, ...more };
    return encodeHeader({ ...plain, attributes: kept });
  }

  #fail(name: string, error: unknown): void {
    this.counts.failed ??= failed(this.#options.show(`/${name}`), error).toReport();
  }
}

const failed = (path: string, error: unknown) => {
  const { code, message } = error as NodeJS.ErrnoException;
  return labError("COPY_FAILED", { path, reason: code ?? message }, { cause: error });
};
