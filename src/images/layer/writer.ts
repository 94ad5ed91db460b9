import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from "node:fs";
import { mknod, setAttribute } from "../../kernel/index.ts";
import { labError } from "../../topology/errors/error.ts";
import { readEntryName, readLinkName } from "./entry-name.ts";

/** What the archive says of an entry (pax(1), tar(5)). */
export type LayerEntry = {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Date;
  readonly linkname?: string | null;
  /** Extended headers. */
  readonly pax: Readonly<Record<string, string>>;
};

/** What is at a path of the layer, as far as it has been written. */
type Kind = "folder" | "file" | "symlink" | "special" | "whiteout";

export type WriterOptions = {
  /** For errors. */
  readonly image: string;
  /** Ids 0 … ids − 1 exist; with one, everything belongs to root. */
  readonly ids: number;
};

/** Extended attributes that mean the same everywhere. Those of overlayfs itself would let a layer redirect folders. */
const keptAttribute = /^SCHILY\.xattr\.(security\.capability|user\.(?!overlay\.).+)$/;
/** Whom files of ids that do not exist here belong to (user_namespaces(7): the overflow id). */
const NOBODY = 65_534;

/**
 * Writes the entries of one layer below a folder that is empty at first and that nobody else writes to,
 * in the form that overlayfs reads with `userxattr`.
 *
 * What has been written is remembered, so that a path is only ever followed through folders of this
 * layer: never through a symbolic link, wherever it points.
 */
export class LayerWriter {
  /** What was left out, by kind. */
  readonly skipped = { devices: 0, sockets: 0, attributes: 0, ids: 0 };
  readonly #folder: string;
  readonly #options: WriterOptions;
  readonly #kinds = new Map<string, Kind>();
  /** Writing into a folder changes its time, so these are set last. */
  readonly #folderTimes = new Map<string, Date>();
  #entries = 0;

  constructor(folder: string, options: WriterOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  get entries(): number {
    return this.#entries;
  }

  /**
   * Makes what the entry says.
   *
   * @returns an open file to write the content to, which `finishFile` closes; undefined where there is none
   * @throws LAYER_UNSAFE
   */
  begin(entry: LayerEntry): number | undefined {
    this.#entries += 1;
    const name = readEntryName(entry.name);
    if ("problem" in name) throw this.#unsafe(entry.name, name.problem);
    switch (name.is) {
      case "nothing":
        return undefined;
      case "opaque":
        this.#makeFolders(name.parts, entry.name);
        this.#makeOpaque(name.parts);
        return undefined;
      case "whiteout":
        this.#whiteOut(name.parts, entry.name);
        return undefined;
      case "file":
        return this.#make(name.parts, entry);
      default:
        return name satisfies never;
    }
  }

  /** Sets what a file has beside its content, and closes it. */
  finishFile(fd: number, entry: LayerEntry): void {
    const { uid, gid } = this.#owner(entry);
    if (uid !== 0 || gid !== 0) fchownSync(fd, uid, gid);
    // After the owner, whose change takes set-user-id bits away.
    fchmodSync(fd, entry.mode & 0o7777);
    futimesSync(fd, entry.mtime, entry.mtime);
    closeSync(fd);
    const name = readEntryName(entry.name);
    if ("parts" in name) this.#setAttributes(this.#path(name.parts), entry);
  }

  /** Sets what had to wait. */
  finish(): void {
    for (const [key, time] of this.#folderTimes)
      utimesSync(key === "" ? this.#folder : `${this.#folder}/${key}`, time, time);
  }

  #make(parts: readonly string[], entry: LayerEntry): number | undefined {
    const path = this.#path(parts);
    const { uid, gid } = this.#owner(entry);
    const permissions = entry.mode & 0o7777;
    if (parts.length === 0) {
      if (entry.type !== "directory") throw this.#unsafe(entry.name, "takes the place of the root of the file system");
      this.#finishFolder("", path, entry);
      return undefined;
    }
    if (entry.type === "character-device" || entry.type === "block-device") {
      this.skipped.devices += 1;
      return undefined;
    }
    this.#makeFolders(parts.slice(0, -1), entry.name);
    const key = parts.join("/");
    switch (entry.type) {
      case "directory": {
        const before = this.#kinds.get(key);
        if (before !== "folder") {
          this.#clear(key, path);
          mkdirSync(path);
          this.#kinds.set(key, "folder");
          if (before === "whiteout") this.#makeOpaque(parts);
        }
        this.#finishFolder(key, path, entry);
        return undefined;
      }
      case "file":
      case "contiguous-file": {
        this.#clear(key, path);
        this.#kinds.set(key, "file");
        return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
      }
      case "link": {
        const target = readLinkName(entry.linkname ?? "");
        if ("problem" in target) throw this.#unsafe(entry.name, target.problem);
        const kind = this.#kinds.get(target.parts.join("/"));
        if (kind === undefined || kind === "folder" || kind === "whiteout")
          throw this.#unsafe(
            entry.name,
            `is a hard link to ${JSON.stringify(entry.linkname)}, which is no file of the layer`,
          );
        if (target.parts.join("/") === key) return undefined;
        this.#clear(key, path);
        linkSync(this.#path(target.parts), path);
        this.#kinds.set(key, kind);
        return undefined;
      }
      case "symlink":
        if ((entry.linkname ?? "") === "") throw this.#unsafe(entry.name, "is a symbolic link to nothing");
        this.#clear(key, path);
        symlinkSync(entry.linkname as string, path);
        this.#kinds.set(key, "symlink");
        if (uid !== 0 || gid !== 0) lchownSync(path, uid, gid);
        lutimesSync(path, entry.mtime, entry.mtime);
        return undefined;
      case "fifo":
        this.#clear(key, path);
        mknod(path, "fifo", permissions);
        this.#kinds.set(key, "special");
        if (uid !== 0 || gid !== 0) lchownSync(path, uid, gid);
        chmodSync(path, permissions);
        return undefined;
      default:
        // Sockets and what archivers keep for themselves (tar(5)).
        this.skipped.sockets += 1;
        return undefined;
    }
  }

  /** Makes folders that the archive leaves out. Each that is there must be a folder of this layer. */
  #makeFolders(parts: readonly string[], name: string): void {
    if (this.#kinds.get(parts.join("/")) === "folder") return;
    let key = "";
    for (const part of parts) {
      key = key === "" ? part : `${key}/${part}`;
      const kind = this.#kinds.get(key);
      if (kind === "folder") continue;
      if (kind === "whiteout") unlinkSync(`${this.#folder}/${key}`);
      else if (kind !== undefined)
        throw this.#unsafe(
          name,
          `is reached through ${JSON.stringify(key)}, which is ${kind === "symlink" ? "a symbolic link" : "no folder"}`,
        );
      mkdirSync(`${this.#folder}/${key}`, 0o755);
      this.#kinds.set(key, "folder");
      if (kind === "whiteout") this.#makeOpaque(key.split("/"));
    }
  }

  /** Only the layers below are meant: what this layer brings stays. */
  #whiteOut(parts: readonly string[], name: string): void {
    this.#makeFolders(parts.slice(0, -1), name);
    const key = parts.join("/");
    const kind = this.#kinds.get(key);
    if (kind === "folder") this.#makeOpaque(parts);
    if (kind !== undefined) return;
    mknod(this.#path(parts), "whiteout", 0);
    this.#kinds.set(key, "whiteout");
  }

  #makeOpaque(parts: readonly string[]): void {
    setAttribute(this.#path(parts), "user.overlay.opaque", Buffer.from("y"));
  }

  #finishFolder(key: string, path: string, entry: LayerEntry): void {
    const { uid, gid } = this.#owner(entry);
    if (uid !== 0 || gid !== 0) lchownSync(path, uid, gid);
    chmodSync(path, entry.mode & 0o7777);
    this.#setAttributes(path, entry);
    this.#folderTimes.set(key, entry.mtime);
  }

  /** Makes way for an entry that comes twice: the later one is meant. */
  #clear(key: string, path: string): void {
    const kind = this.#kinds.get(key);
    if (kind === undefined) return;
    if (kind === "folder") {
      rmSync(path, { recursive: true, force: true });
      for (const other of this.#kinds.keys()) if (other.startsWith(`${key}/`)) this.#kinds.delete(other);
      for (const other of this.#folderTimes.keys())
        if (other === key || other.startsWith(`${key}/`)) this.#folderTimes.delete(other);
    } else unlinkSync(path);
    this.#kinds.delete(key);
  }

  #owner({ uid, gid }: LayerEntry): { uid: number; gid: number } {
    const { ids } = this.#options;
    if (ids === 1) return { uid: 0, gid: 0 };
    if (uid < ids && gid < ids) return { uid, gid };
    this.skipped.ids += 1;
    return { uid: Math.min(uid, NOBODY, ids - 1), gid: Math.min(gid, NOBODY, ids - 1) };
  }

  #setAttributes(path: string, { pax }: LayerEntry): void {
    for (const [key, value] of Object.entries(pax)) {
      if (!key.startsWith("SCHILY.xattr.")) continue;
      const name = keptAttribute.exec(key)?.[1];
      try {
        // The archive's reader takes values for UTF-8: one that is not has been lost.
        if (name === undefined || value.includes("\ufffd")) this.skipped.attributes += 1;
        else setAttribute(path, name, Buffer.from(value));
      } catch {
        this.skipped.attributes += 1;
      }
    }
  }

  #path(parts: readonly string[]): string {
    return parts.length === 0 ? this.#folder : `${this.#folder}/${parts.join("/")}`;
  }

  #unsafe(name: string, problem: string): Error {
    return labError("LAYER_UNSAFE", { image: this.#options.image, entry: name, problem });
  }
}
