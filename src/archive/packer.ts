import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  statfsSync,
} from "node:fs";
import { posix } from "node:path";
import { labError } from "../topology/errors/error.ts";
import { contentsOf, pieceBytes } from "./contents.ts";
import { type CopyCounts, newCounts, skip } from "./counts.ts";
import { Folder, type GivenPath, type OpenFiles } from "./folder.ts";
import { type HandedFile, leastHandedBytes } from "./hand-over.ts";
import { blockBytes, type EntryType, encodeHeader, endOfArchive, padding } from "./header.ts";

export type PackOptions = {
  /** A symbolic link that is given is followed; those below never are. */
  readonly followLink: boolean;
  readonly files: OpenFiles;
  /** How a path is told to people: with its node, or as it is. */
  readonly show: (path: string) => string;
  /** Whether large files can be handed over; asked for each, after an empty piece. */
  readonly canHandOver?: () => boolean;
};

/** Files that the kernel makes up say that they are empty. */
const mostMadeUpBytes = 1 << 20;
/** f_type of statfs(2), linux/magic.h: file systems that show the kernel's own state. */
const kernelFileSystems = new Set([
  0x9fa0, 0x62656572, 0x64626720, 0x74726163, 0x63677270, 0x0027e0eb, 0x1cd1, 0xcafe4a11,
]);
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Packs a file or a folder, named by the last part of its path (`.` for contents), as a tar archive.
 * Each piece is valid until the next is asked for.
 *
 * @returns what was packed
 * @throws COPY_SOURCE_NOT_FOUND; COPY_FAILED for what cannot be read, only before the first piece: later it is told in the result
 */
export function pack(
  source: GivenPath,
  options: PackOptions & { readonly canHandOver?: never },
): Generator<Uint8Array, CopyCounts>;
export function pack(source: GivenPath, options: PackOptions): Generator<Piece, CopyCounts>;
export function* pack(source: GivenPath, options: PackOptions): Generator<Piece, CopyCounts> {
  const packing = new Packing(options);
  yield* packing.all(source);
  yield endOfArchive();
  return packing.counts;
}

type Piece = Uint8Array | HandedFile;

class Packing {
  readonly counts = newCounts();
  readonly #options: PackOptions;
  readonly #piece = Buffer.allocUnsafeSlow(pieceBytes);
  /** Names of files that have several, by where they are stored. */
  readonly #linked = new Map<string, string>();

  constructor(options: PackOptions) {
    this.#options = options;
  }

  *all(source: GivenPath): Generator<Piece> {
    const { files, show } = this.#options;
    const { parent, name, stats } = this.#find(source);
    using folder = parent;
    if (!stats.isDirectory()) {
      if (source.asFolder) throw labError("COPY_NOT_A_FOLDER", { path: show(source.path) });
      yield* this.#one(folder, name, source.name, stats, source.path);
      return;
    }
    using inside = name === "" ? Folder.at(files, "/") : folder.open(name);
    yield* this.#folder(inside, source.contents || source.name === "" ? "." : source.name, stats, source.path);
  }

  /** What is given, behind links where they are to be followed. */
  #find(source: GivenPath): { parent: Folder; name: string; stats: Stats } {
    const { files, show, followLink } = this.#options;
    let folder: Folder | undefined;
    try {
      folder = Folder.at(files, source.folder);
      if (source.name === "") return { parent: folder, name: "", stats: lstatSync(folder.itself) };
      const stats = lstatSync(folder.path(source.name));
      if (!stats.isSymbolicLink() || !(followLink || source.asFolder))
        return { parent: folder, name: source.name, stats };
    } catch (error) {
      folder?.close();
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR")
        throw labError("COPY_SOURCE_NOT_FOUND", { path: show(source.path) }, { cause: error });
      throw failed(show(source.path), error);
    }
    folder.close();
    try {
      // The name in the archive stays the one that was given.
      const path = realpathSync(source.path);
      const name = posix.basename(path);
      folder = Folder.at(files, posix.dirname(path));
      return { parent: folder, name, stats: lstatSync(name === "" ? folder.itself : folder.path(name)) };
    } catch (error) {
      throw failed(show(source.path), error);
    }
  }

  *#folder(folder: Folder, name: string, stats: Stats, path: string): Generator<Piece> {
    this.counts.folders += 1;
    yield header("folder", name, stats);
    let names: readonly string[];
    try {
      names = readdirSync(folder.itself);
    } catch (error) {
      this.#fail(path, error);
      return;
    }
    for (const each of names) {
      const place = `${path === "/" ? "" : path}/${each}`;
      const inArchive = name === "." ? `./${each}` : `${name}/${each}`;
      let inside: Folder | undefined;
      try {
        const its = lstatSync(folder.path(each));
        if (!its.isDirectory()) {
          yield* this.#one(folder, each, inArchive, its, place);
          continue;
        }
        inside = folder.open(each);
        if (its.dev !== stats.dev && kernelFileSystems.has(statfsSync(inside.itself).type)) {
          skip(this.counts, this.#options.show(place), "it is a view of the kernel");
          continue;
        }
        yield* this.#folder(inside, inArchive, its, place);
      } catch (error) {
        // It went away meanwhile, or may not be read.
        this.#fail(place, error);
      } finally {
        inside?.close();
      }
    }
  }

  *#one(folder: Folder, name: string, inArchive: string, stats: Stats, path: string): Generator<Piece> {
    if (stats.isSymbolicLink()) {
      this.counts.links += 1;
      yield header("symlink", inArchive, stats, { target: readlinkSync(folder.path(name)) });
      return;
    }
    if (!stats.isFile()) {
      skip(this.counts, this.#options.show(path), "it is a device, a pipe or a socket");
      return;
    }
    const key = `${stats.dev}:${stats.ino}`;
    const earlier = stats.nlink > 1 ? this.#linked.get(key) : undefined;
    if (earlier !== undefined) {
      this.counts.links += 1;
      yield header("hardlink", inArchive, stats, { target: earlier });
      return;
    }
    if (stats.nlink > 1) this.#linked.set(key, inArchive);
    yield* this.#file(folder.path(name), inArchive, path);
  }

  *#file(place: string, inArchive: string, path: string): Generator<Piece> {
    // Not blocking: what was a file a moment ago may be a pipe now.
    const fd = openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) return;
      const early = stats.size === 0 ? this.#madeUp(fd) : undefined;
      const sizeBytes = early?.length ?? stats.size;
      this.counts.files += 1;
      this.counts.bytes += sizeBytes;
      if (yield* this.#handOver(fd, inArchive, stats)) return;
      yield header("file", inArchive, stats, { sizeBytes });
      if (early !== undefined) yield early;
      else yield* contentsOf(fd, sizeBytes, this.#piece, (error) => this.#fail(path, error));
      if (padding(sizeBytes) > 0) yield Buffer.alloc(padding(sizeBytes));
    } finally {
      closeSync(fd);
    }
  }

  /** @returns whether the file is handed over as it is */
  *#handOver(fd: number, inArchive: string, stats: Stats): Generator<Piece, boolean> {
    const { canHandOver } = this.#options;
    if (canHandOver === undefined || stats.size < leastHandedBytes) return false;
    // The first piece says that the source can be read, and only then is the other side asked what it can.
    yield Buffer.alloc(0);
    if (!canHandOver()) return false;
    yield header("file", inArchive, stats, { sizeBytes: 1, handedBytes: stats.size });
    yield { fd, sizeBytes: stats.size, block: Buffer.alloc(blockBytes) };
    return true;
  }

  /** The contents of a file that claims to have none. */
  #madeUp(fd: number): Buffer {
    let length = 0;
    try {
      for (let read = 1; read > 0 && length < mostMadeUpBytes; length += read)
        read = readSync(fd, this.#piece, length, mostMadeUpBytes - length, null);
    } catch {
      // Some files of the kernel cannot be read by anyone.
    }
    return Buffer.from(this.#piece.subarray(0, length));
  }

  #fail(path: string, error: unknown): void {
    this.counts.failed ??= failed(this.#options.show(path), error).toReport();
  }
}

function header(
  type: Exclude<EntryType, "other">,
  name: string,
  stats: Stats,
  more: { readonly target?: string; readonly sizeBytes?: number; readonly handedBytes?: number } = {},
): Buffer {
  const { mode, uid, gid, mtimeMs } = stats;
  return encodeHeader({ type, name, mode: mode & 0o7777, uid, gid, modifiedMs: mtimeMs, sizeBytes: 0, ...more });
}

const failed = (path: string, error: unknown) => {
  const { code, message } = error as NodeJS.ErrnoException;
  return labError("COPY_FAILED", { path, reason: code ?? message }, { cause: error });
};
