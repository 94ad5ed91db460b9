import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { posix } from "node:path";
import { labError, NetwrightError } from "../topology/errors/error.ts";
import { contentsOf } from "./contents.ts";
import { newCounts, skip } from "./counts.ts";
import { Folder, type GivenPath, type OpenFiles } from "./folder.ts";
import type { HandOver } from "./hand-over.ts";
import type { Entry } from "./header.ts";
import type { EntrySink } from "./reader.ts";

export type UnpackOptions = {
  /**
   * What the archive is of: one file or folder of this name (`.`: the contents of a folder), which goes
   * where `cp` would put it. Absent: any archive, which goes into a folder that is there.
   */
  readonly of?: string;
  /** Give every file to the user and group that the archive says. */
  readonly owners: boolean;
  /** Leave setuid and setgid as they are. */
  readonly setuid: boolean;
  readonly files: OpenFiles;
  /** How a path is told to people: with its node, or as it is. */
  readonly show: (path: string) => string;
  /** Where descriptors of large files come from; absent where none may. */
  readonly handOver?: HandOver;
};

/** Small enough to stay in the processor's cache between reading and writing. */
const handedPieceBytes = 1 << 18;
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_TRUNC } = constants;

/** A folder that entries go into, below the one where all go. */
type Level = { readonly name: string; readonly folder: Folder; readonly attributes: Entry | undefined };

/**
 * Unpacks an archive below a place, and nowhere else: names with `..` or from the root are refused, and
 * so is what would go through a symbolic link, whether it came with the archive or was there.
 */
export class Unpacker implements EntrySink, Disposable {
  readonly counts = newCounts();
  readonly #destination: GivenPath;
  readonly #options: UnpackOptions;
  /** Where all goes, once the first entry has told. */
  #base: Folder | undefined;
  /** For messages. */
  #basePath = "";
  /** The name that the archive's one file or folder gets. */
  #newName: string | undefined;
  readonly #levels: Level[] = [];
  #file: { readonly fd: number; readonly entry: Entry; readonly path: string } | undefined;

  constructor(destination: GivenPath, options: UnpackOptions) {
    this.#destination = destination;
    this.#options = options;
  }

  entry(entry: Entry): void {
    const components = this.#place(entry);
    const path = posix.join(this.#basePath, ...components);
    this.#attempt(path, () => this.#unpack(entry, components, path));
  }

  data(bytes: Buffer): void {
    const file = this.#file;
    if (file === undefined) return;
    const { handedBytes } = file.entry;
    if (handedBytes !== undefined) {
      this.#attempt(file.path, () => this.#copyHanded(file.fd, handedBytes, file));
      return;
    }
    this.#attempt(file.path, () => writeAll(file.fd, bytes));
    this.counts.bytes += bytes.length;
  }

  #copyHanded(fd: number, sizeBytes: number, { entry, path }: { readonly entry: Entry; readonly path: string }): void {
    const { handOver, show } = this.#options;
    const handed = handOver?.take();
    if (handOver === undefined || handed === undefined) throw refused(entry.name, "its contents are not there");
    const failed = (error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException;
      this.counts.failed ??= labError("COPY_FAILED", { path: show(path), reason: code ?? message }).toReport();
    };
    try {
      const memory = Buffer.allocUnsafeSlow(handedPieceBytes);
      for (const piece of contentsOf(handed, sizeBytes, memory, failed)) {
        if (handOver.isBroken()) throw labError("COPY_BROKEN_OFF", { what: "The other side" });
        writeAll(fd, piece);
        this.counts.bytes += piece.length;
      }
    } finally {
      closeSync(handed);
    }
  }

  entryEnd(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    const { fd, entry } = file;
    try {
      this.#attempt(file.path, () => {
        this.#own(entry, (uid, gid) => fchownSync(fd, uid, gid));
        fchmodSync(fd, this.#mode(entry));
        futimesSync(fd, entry.modifiedMs / 1000, entry.modifiedMs / 1000);
      });
    } finally {
      closeSync(fd);
    }
  }

  /** Folders get their times and permissions; an archive without any entry unpacks to nothing, if there is a place for it. */
  finish(): void {
    if (this.#base === undefined) this.#open();
    this.#leave(0);
  }

  /** Closes what is open, wherever it stands. */
  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
    for (const { folder } of this.#levels.splice(0)) folder.close();
    this.#base?.close();
    this.#base = undefined;
  }

  #unpack(entry: Entry, components: readonly string[], path: string): void {
    const name = components.at(-1);
    if (name === undefined) {
      if (entry.type !== "folder") throw refused(entry.name, "it has no name");
      this.counts.folders += 1;
      return;
    }
    const folder = this.#enter(components.slice(0, -1));
    switch (entry.type) {
      case "folder":
        this.counts.folders += 1;
        this.#makeFolder(folder, name, entry, path);
        return;
      case "file":
        this.counts.files += 1;
        this.#file = { fd: this.#makeFile(folder, name, path), entry, path };
        return;
      case "symlink": {
        this.counts.links += 1;
        const target = entry.target ?? "";
        this.#makeRoom(folder, name, path);
        symlinkSync(target, folder.path(name));
        this.#own(entry, (uid, gid) => lchownSync(folder.path(name), uid, gid));
        lutimesSync(folder.path(name), entry.modifiedMs / 1000, entry.modifiedMs / 1000);
        return;
      }
      case "hardlink":
        this.counts.links += 1;
        this.#makeHardLink(name, entry, components, path);
        return;
      case "other":
        skip(this.counts, this.#options.show(path), "it is a device, a pipe or of an unknown kind");
        return;
      default:
        entry.type satisfies never;
    }
  }

  #makeFolder(parent: Folder, name: string, entry: Entry, path: string): void {
    let made: Entry | undefined;
    try {
      mkdirSync(parent.path(name), 0o700);
      made = entry;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (!lstatSync(parent.path(name)).isDirectory())
        throw labError("COPY_FOLDER_ONTO_FILE", { path: this.#options.show(path) });
    }
    this.#levels.push({ name, folder: parent.open(name), attributes: made });
  }

  #makeFile(parent: Folder, name: string, path: string): number {
    const place = parent.path(name);
    try {
      return openSync(place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    try {
      this.#makeRoom(parent, name, path);
    } catch (error) {
      // A file that something is mounted on, or in a folder of somebody else's: it is written anew as it is.
      if (!["EBUSY", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      return openSync(place, O_WRONLY | O_TRUNC | O_NOFOLLOW);
    }
    return openSync(place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  }

  #makeHardLink(name: string, entry: Entry, components: readonly string[], path: string): void {
    const target = this.#place({ name: entry.target ?? "" });
    const targetName = target.at(-1);
    if (targetName === undefined) throw refused(entry.name, "it is a hard link to no file");
    // Its folder is held open while the way to the target is walked.
    const targetFolder = this.#enter(target.slice(0, -1));
    const from = Folder.at(this.#options.files, targetFolder.itself);
    try {
      const folder = this.#enter(components.slice(0, -1));
      this.#makeRoom(folder, name, path);
      linkSync(from.path(targetName), folder.path(name));
    } finally {
      from.close();
    }
  }

  /** Takes away what has the name, unless it is a folder. */
  #makeRoom(parent: Folder, name: string, path: string): void {
    const there = lstatSync(parent.path(name), { throwIfNoEntry: false });
    if (there === undefined) return;
    if (there.isDirectory()) throw labError("COPY_FILE_ONTO_FOLDER", { path: this.#options.show(path) });
    unlinkSync(parent.path(name));
  }

  /** The folder in which the named folders lead, made where they are missing. */
  #enter(names: readonly string[]): Folder {
    const same = names.findIndex((name, index) => this.#levels[index]?.name !== name);
    this.#leave(same < 0 ? names.length : same);
    for (const name of names.slice(this.#levels.length)) {
      const parent = this.#levels.at(-1)?.folder ?? this.#open();
      try {
        mkdirSync(parent.path(name), 0o755);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      try {
        this.#levels.push({ name, folder: parent.open(name), attributes: undefined });
      } catch (error) {
        const kind = lstatSync(parent.path(name), { throwIfNoEntry: false });
        if (kind?.isSymbolicLink()) throw refused(posix.join(...names), `"${name}" is a symbolic link on its way`);
        throw error;
      }
    }
    return this.#levels.at(-1)?.folder ?? this.#open();
  }

  /** Leaves the folders below a depth: nothing more comes into them, so they get what the archive says of them. */
  #leave(depth: number): void {
    while (this.#levels.length > depth) {
      const { folder, attributes } = this.#levels.pop() as Level;
      try {
        if (attributes === undefined) continue;
        this.#own(attributes, (uid, gid) => lchownSync(folder.itself, uid, gid));
        chmodSync(folder.itself, this.#mode(attributes));
        utimesSync(folder.itself, attributes.modifiedMs / 1000, attributes.modifiedMs / 1000);
      } finally {
        folder.close();
      }
    }
  }

  /** The names that lead to an entry from where all goes. */
  #place(entry: Pick<Entry, "name"> & Partial<Entry>): readonly string[] {
    if (entry.name.startsWith("/")) throw refused(entry.name, "it is a path from the root");
    const names = entry.name.split("/").filter((name) => name !== "" && name !== ".");
    if (names.includes("..")) throw refused(entry.name, "it has .. in it");
    const { of } = this.#options;
    const first = entry.name.startsWith("./") || entry.name === "." ? "." : names[0];
    if (of !== undefined && first !== of) throw refused(entry.name, `only ${of} was asked for`);
    if (this.#base === undefined) this.#open(entry);
    return this.#newName === undefined ? names : [this.#newName, ...names.slice(1)];
  }

  /** Finds out where all goes, by what is there and what comes. */
  #open(first?: Partial<Entry>): Folder {
    if (this.#base !== undefined) return this.#base;
    const { path, folder, name, asFolder } = this.#destination;
    const { files, show, of } = this.#options;
    const there = this.#attempt(path, () => statSync(path, { throwIfNoEntry: false }));
    const isFolder = there?.isDirectory() ?? false;
    const comesFolder = first?.type === "folder";
    if (of === undefined && !isFolder) throw labError("COPY_NO_FOLDER", { path: show(path) });
    if (isFolder) return this.#goInto(path);
    if (there !== undefined && comesFolder) throw labError("COPY_FOLDER_ONTO_FILE", { path: show(path) });
    if (asFolder && !comesFolder) throw labError("COPY_NO_FOLDER", { path: show(path) });
    if (there !== undefined) {
      // Behind a link that is given; what a copy brings is never followed.
      const real = this.#attempt(path, () => realpathSync(path));
      this.#newName = posix.basename(real);
      return this.#goInto(posix.dirname(real));
    }
    if (of === ".") {
      this.#attempt(path, () => mkdirSync(path, 0o755));
      return this.#goInto(path);
    }
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw labError("COPY_NO_FOLDER", { path: show(folder) });
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
      throw labError("COPY_FAILED", { path: show(path), reason: "it is a symbolic link to nothing" });
    this.#newName = name;
    void files;
    return this.#goInto(folder);
  }

  #goInto(path: string): Folder {
    this.#basePath = path;
    this.#base = this.#attempt(path, () => Folder.at(this.#options.files, path));
    return this.#base;
  }

  #own(entry: Entry, chown: (uid: number, gid: number) => void): void {
    if (!this.#options.owners) return;
    try {
      chown(entry.uid, entry.gid);
    } catch (error) {
      // EPERM: only root may; EINVAL: there is no such id in the lab.
      if (!["EPERM", "EINVAL"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      this.counts.ownersLost += 1;
    }
  }

  #mode = (entry: Entry): number => entry.mode & (this.#options.setuid ? 0o7777 : 0o1777);

  #attempt<Value>(path: string, action: () => Value): Value {
    try {
      return action();
    } catch (error) {
      if (error instanceof NetwrightError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw labError("COPY_FAILED", { path: this.#options.show(path), reason: code ?? message }, { cause: error });
    }
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

const refused = (name: string, reason: string) => labError("COPY_REFUSED", { name, reason });
