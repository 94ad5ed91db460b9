/**
 * Headers of tar archives: written as pax (POSIX.1-2017, pax, "ustar Interchange Format" and "pax
 * Extended Header"), read as pax, ustar and GNU (tar(5)). Synchronous, over bytes: a copy of a gigabyte
 * must not cost more than the copying.
 */

import { handedSizeKey } from "./hand-over.ts";

export const blockBytes = 512;

/** What an archive can carry; `other` is a device, a pipe, or something of a format of its own. */
export type EntryType = "file" | "folder" | "symlink" | "hardlink" | "other";

export type Entry = {
  readonly type: EntryType;
  /** As it stands in the archive, without a slash at its end; `.` for the folder that was packed by its contents. */
  readonly name: string;
  /** Of a symbolic link what it points to, of a hard link the name of an earlier entry. */
  readonly target?: string;
  /** Permissions, with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of what follows the header. */
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Of a file whose contents come by its descriptor (hand-over.ts). */
  readonly handedBytes?: number;
};

const typeFlag = { file: "0", hardlink: "1", symlink: "2", folder: "5", fifo: "6" } as const;
const nameBytes = 100;
/** Eleven octal digits. */
const mostOctalSize = 0o77777777777;
/** Seven octal digits. */
const mostOctalId = 0o7777777;

/** What an entry is written as: those that are copied, and what only layers of images carry. */
export type WrittenEntry = Omit<Entry, "type"> & {
  readonly type: keyof typeof typeFlag;
  /** Extended attributes by name, as `SCHILY.xattr.` records (star(1)), which other programs for images read. */
  readonly attributes?: ReadonlyMap<string, Uint8Array>;
};

/** The blocks that go before an entry's contents. */
export function encodeHeader(entry: WrittenEntry): Buffer {
  const name = entry.type === "folder" ? `${entry.name}/` : entry.name;
  const seconds = entry.modifiedMs / 1000;
  const extended: [string, string | Uint8Array][] = [];
  if (!fits(name)) extended.push(["path", name]);
  if (entry.target !== undefined && !fits(entry.target)) extended.push(["linkpath", entry.target]);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > mostOctalSize)
    extended.push(["mtime", seconds.toFixed(3)]);
  if (entry.sizeBytes > mostOctalSize) extended.push(["size", String(entry.sizeBytes)]);
  if (entry.uid > mostOctalId) extended.push(["uid", String(entry.uid)]);
  if (entry.gid > mostOctalId) extended.push(["gid", String(entry.gid)]);
  if (entry.handedBytes !== undefined) extended.push([handedSizeKey, String(entry.handedBytes)]);
  for (const [key, value] of entry.attributes ?? []) extended.push([`SCHILY.xattr.${key}`, value]);
  const plain = block({ ...entry, name, flag: typeFlag[entry.type] });
  if (extended.length === 0) return plain;
  const records = Buffer.concat(extended.map(([key, value]) => paxRecord(key, value)));
  const header = block({ ...entry, name: "./PaxHeader", target: "", flag: "x", sizeBytes: records.length });
  return Buffer.concat([header, records, Buffer.alloc(padding(records.length)), plain]);
}

/**
 * The same for programs that know no pax headers (busybox): in GNU's format, long names in an entry of
 * their own and large numbers in binary (tar(5)). Times are in whole seconds.
 */
export function encodeGnuHeader(entry: Entry & { readonly type: "file" | "folder" | "symlink" | "hardlink" }): Buffer {
  const name = entry.type === "folder" ? `${entry.name}/` : entry.name;
  const long = (flag: "L" | "K", text: string): readonly Buffer[] => {
    const bytes = Buffer.from(`${text}\0`);
    if (bytes.length - 1 <= nameBytes) return [];
    const of = { name: "././@LongLink", flag, mode: 0o644, uid: 0, gid: 0, modifiedMs: 0, sizeBytes: bytes.length };
    return [block(of), bytes, Buffer.alloc(padding(bytes.length))];
  };
  const plain = block({ ...entry, name, flag: typeFlag[entry.type] });
  if (entry.sizeBytes > mostOctalSize) binary(plain, entry.sizeBytes, 124, 12);
  if (entry.uid > mostOctalId) binary(plain, entry.uid, 108, 8);
  if (entry.gid > mostOctalId) binary(plain, entry.gid, 116, 8);
  seal(plain);
  return Buffer.concat([...long("K", entry.target ?? ""), ...long("L", name), plain]);
}

/** With the first bit set: big-endian (GNU). */
function binary(header: Buffer, value: number, at: number, length: number): void {
  header.fill(0, at, at + length);
  header[at] = 0x80;
  header.writeUIntBE(value, at + length - 6, 6);
}

function seal(header: Buffer): void {
  header.write(`${checksum(header).toString(8).padStart(6, "0")}\0 `, 148);
}

/** The bytes that fill the last block of contents of `sizeBytes`. */
export const padding = (sizeBytes: number): number => (blockBytes - (sizeBytes % blockBytes)) % blockBytes;

/** Two empty blocks end an archive. */
export const endOfArchive = (): Buffer => Buffer.alloc(2 * blockBytes);

const fits = (text: string): boolean => Buffer.byteLength(text) <= nameBytes && /^[\x20-\x7e]*$/.test(text);

/** Values that do not fit are in the extended header before it; here then stands what fits. */
function block(of: RawHeader): Buffer {
  const bytes = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, digits: number) =>
    bytes.write(
      Math.min(Math.max(0, Math.floor(value)), 8 ** digits - 1)
        .toString(8)
        .padStart(digits, "0"),
      at,
    );
  const text = (value: string, at: number, most: number) => bytes.set(Buffer.from(value).subarray(0, most), at);
  text(of.name, 0, nameBytes);
  octal(of.mode, 100, 7);
  octal(of.uid, 108, 7);
  octal(of.gid, 116, 7);
  octal(of.sizeBytes, 124, 11);
  octal(of.modifiedMs / 1000, 136, 11);
  bytes.write(of.flag, 156);
  text(of.target ?? "", 157, nameBytes);
  bytes.write("ustar\u000000", 257);
  seal(bytes);
  return bytes;
}

/** `length key=value\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as Uint8Array);
  const rest = Buffer.byteLength(` ${key}=\n`) + bytes.length;
  let length = rest + 1;
  while (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.concat([Buffer.from(`${length} ${key}=`), bytes, Buffer.from("\n")]);
}

/** The sum of all bytes, those of the checksum itself as spaces. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < blockBytes; index++) {
    sum += index >= 148 && index < 156 ? 0x20 : (bytes[index] as number);
  }
  return sum;
}

/** A header block as it stands. */
export type RawHeader = Omit<Entry, "type"> & { readonly flag: string };

/** @returns undefined for what is no header */
export function decodeHeader(bytes: Buffer): RawHeader | undefined {
  const sum = readNumber(bytes, 148, 8);
  if (sum !== checksum(bytes)) return undefined;
  const isUstar = bytes.toString("latin1", 257, 263) === "ustar\0";
  const prefix = isUstar ? readText(bytes, 345, 155) : "";
  const name = readText(bytes, 0, nameBytes);
  const target = readText(bytes, 157, nameBytes);
  const [mode, uid, gid, sizeBytes, seconds] = [
    readNumber(bytes, 100, 8),
    readNumber(bytes, 108, 8),
    readNumber(bytes, 116, 8),
    readNumber(bytes, 124, 12),
    readNumber(bytes, 136, 12),
  ];
  if (mode === undefined || sizeBytes === undefined) return undefined;
  return {
    flag: bytes[156] === 0 ? "0" : String.fromCharCode(bytes[156] as number),
    name: prefix === "" ? name : `${prefix}/${name}`,
    ...(target === "" ? {} : { target }),
    mode: mode & 0o7777,
    uid: uid ?? 0,
    gid: gid ?? 0,
    sizeBytes,
    modifiedMs: (seconds ?? 0) * 1000,
  };
}

/** What the flag means; archives before POSIX say a folder with a slash at the end of its name. */
export function typeOf(flag: string, name: string): EntryType {
  if (flag === "5") return "folder";
  if (flag === "2") return "symlink";
  if (flag === "1") return "hardlink";
  // 7 is a contiguous file, which is to be taken as a file.
  if (flag === "0" || flag === "7") return name.endsWith("/") ? "folder" : "file";
  return "other";
}

/** The records of an extended header. @returns undefined when they are not well formed */
export function decodePax(bytes: Buffer): ReadonlyMap<string, string> | undefined {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(bytes.toString("latin1", at, space));
    const record = bytes.subarray(space + 1, at + length - 1);
    const equals = record.indexOf(0x3d);
    if (!Number.isInteger(length) || length < 5 || at + length > bytes.length || equals < 1) return undefined;
    records.set(record.toString("utf8", 0, equals), record.toString("utf8", equals + 1));
    at += length;
  }
  return records;
}

/** Octal digits with spaces or zero bytes around, or with the first bit set a big-endian number (GNU). */
function readNumber(bytes: Buffer, at: number, length: number): number | undefined {
  if (((bytes[at] as number) & 0x80) !== 0) {
    // Up to 2^53; with the sign bit it is negative, and nothing here may be.
    if (bytes[at] !== 0x80) return undefined;
    let value = 0;
    for (let index = at + 1; index < at + length; index++) value = value * 256 + (bytes[index] as number);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = readText(bytes, at, length).trim();
  if (digits === "") return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

function readText(bytes: Buffer, at: number, length: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString("utf8", at, end < 0 || end > at + length ? at + length : end);
}
