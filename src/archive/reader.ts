import { labError } from "../topology/errors/error.ts";
import { handedSizeKey } from "./hand-over.ts";
import { blockBytes, decodeHeader, decodePax, type Entry, padding, type RawHeader, typeOf } from "./header.ts";

/** Who takes an archive apart. Each call is made while `TarReader.push` runs. */
export type EntrySink = {
  entry(entry: Entry): void;
  /** Contents of the last entry, in order; a view that is only valid now. */
  data(bytes: Buffer): void;
  /** The last entry is whole. */
  entryEnd(): void;
};

/** Of names and extended headers: an archive that says more is one that means harm. */
const mostHeaderBytes = 1 << 20;

/** Reads a tar archive that comes in pieces of any length. It keeps one header at most. */
export class TarReader {
  readonly #sink: EntrySink;
  readonly #header = Buffer.alloc(blockBytes);
  #headerBytes = 0;
  /** What is to come of the present entry's contents, and of what fills its last block. */
  #left = 0;
  #fill = 0;
  /** An extended header or long name that is being read. */
  #extension: { readonly flag: string; readonly pieces: Buffer[] } | undefined;
  #forNext = new Map<string, string>();
  readonly #forAll = new Map<string, string>();
  #inEntry = false;
  #emptyBlocks = 0;
  #entries = 0;

  constructor(sink: EntrySink) {
    this.#sink = sink;
  }

  /** Both empty blocks of its end were read. */
  get ended(): boolean {
    return this.#emptyBlocks >= 2;
  }

  /** Says that nothing more comes. The end may be missing, as it is in some archives. @throws ARCHIVE_BAD when an entry is cut off */
  finish(): void {
    if (this.ended) return;
    const between = !this.#inEntry && this.#extension === undefined && this.#headerBytes === 0 && this.#fill === 0;
    if (between) return;
    const isNone = this.#entries === 0 && this.#headerBytes > 0;
    throw labError("ARCHIVE_BAD", { reason: isNone ? foreign(this.#header.subarray(0, 6)) : "it is cut off" });
  }

  /**
   * @returns how much of `bytes` is of the archive: less than all when it ends within
   * @throws ARCHIVE_BAD, and what the sink throws
   */
  push(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.ended) {
      if (this.#left > 0) {
        const piece = bytes.subarray(at, at + this.#left);
        at += piece.length;
        this.#left -= piece.length;
        if (this.#extension === undefined) this.#sink.data(piece);
        else this.#extension.pieces.push(Buffer.from(piece));
        if (this.#left === 0) this.#contentsEnd();
      } else if (this.#fill > 0) {
        const skipped = Math.min(this.#fill, bytes.length - at);
        at += skipped;
        this.#fill -= skipped;
      } else {
        const copied = bytes.copy(this.#header, this.#headerBytes, at, at + blockBytes - this.#headerBytes);
        at += copied;
        this.#headerBytes += copied;
        if (this.#headerBytes === blockBytes) {
          this.#headerBytes = 0;
          this.#block();
        }
      }
    }
    return at;
  }

  #block(): void {
    if (this.#header.every((byte) => byte === 0)) {
      this.#emptyBlocks += 1;
      return;
    }
    this.#emptyBlocks = 0;
    const raw = decodeHeader(this.#header);
    if (raw === undefined) {
      const start = this.#header.subarray(0, 6);
      throw labError("ARCHIVE_BAD", { reason: this.#entries === 0 ? foreign(start) : "one of its headers is damaged" });
    }
    this.#entries += 1;
    // x and g: extended headers; L and K: GNU's long names.
    if ("xgLK".includes(raw.flag)) {
      if (raw.sizeBytes > mostHeaderBytes) throw labError("ARCHIVE_BAD", { reason: "one of its headers is too long" });
      this.#extension = { flag: raw.flag, pieces: [] };
      this.#contents(raw.sizeBytes);
      return;
    }
    const entry = this.#completed(raw);
    this.#forNext = new Map();
    this.#inEntry = true;
    this.#sink.entry(entry);
    this.#contents(entry.type === "file" || entry.type === "other" ? entry.sizeBytes : 0);
  }

  /** With what the extended headers say instead. */
  #completed(raw: RawHeader): Entry {
    const said = (key: string) => this.#forNext.get(key) ?? this.#forAll.get(key);
    const number = (key: string) => {
      const text = said(key);
      if (text === undefined) return undefined;
      const value = Number(text);
      if (text === "" || !Number.isFinite(value)) throw labError("ARCHIVE_BAD", { reason: `its ${key} is "${text}"` });
      return value;
    };
    const name = said("path") ?? raw.name;
    const type = typeOf(raw.flag, name);
    const target = said("linkpath") ?? raw.target;
    const sizeBytes = number("size") ?? raw.sizeBytes;
    const handedBytes = this.#forNext.has(handedSizeKey) ? number(handedSizeKey) : undefined;
    const seconds = number("mtime");
    if (raw.flag === "S" || said("GNU.sparse.major") !== undefined || said("GNU.sparse.map") !== undefined)
      throw labError("ARCHIVE_BAD", { reason: `${name} is stored as a sparse file, which is GNU tar's own format` });
    for (const size of [sizeBytes, handedBytes ?? 0])
      if (!Number.isSafeInteger(size) || size < 0)
        throw labError("ARCHIVE_BAD", { reason: `the size of ${name} is ${size}` });
    return {
      ...raw,
      type,
      name: name.length > 1 ? name.replace(/\/+$/, "") || "/" : name,
      ...(target === undefined ? {} : { target }),
      ...(handedBytes === undefined ? {} : { handedBytes }),
      uid: number("uid") ?? raw.uid,
      gid: number("gid") ?? raw.gid,
      sizeBytes,
      ...(seconds === undefined ? {} : { modifiedMs: seconds * 1000 }),
    };
  }

  #contents(sizeBytes: number): void {
    this.#left = sizeBytes;
    this.#fill = padding(sizeBytes);
    if (sizeBytes === 0) this.#contentsEnd();
  }

  #contentsEnd(): void {
    const extension = this.#extension;
    if (extension === undefined) {
      this.#inEntry = false;
      this.#sink.entryEnd();
      return;
    }
    this.#extension = undefined;
    const bytes = Buffer.concat(extension.pieces);
    if (extension.flag === "L" || extension.flag === "K") {
      this.#forNext.set(extension.flag === "L" ? "path" : "linkpath", bytes.toString("utf8").replace(/\0.*$/s, ""));
      return;
    }
    const records = decodePax(bytes);
    if (records === undefined) throw labError("ARCHIVE_BAD", { reason: "one of its headers is damaged" });
    for (const [key, value] of records) (extension.flag === "g" ? this.#forAll : this.#forNext).set(key, value);
  }
}

/** What else it may be, by its first bytes. */
function foreign(start: Buffer): string {
  const compressed = [
    ["1f8b", "gzip"],
    ["425a68", "bzip2"],
    ["fd377a58", "xz"],
    ["28b52ffd", "zstd"],
  ].find(([magic = ""]) => start.toString("hex").startsWith(magic))?.[1];
  return compressed === undefined ? "it is no tar archive" : `it is compressed with ${compressed}`;
}
