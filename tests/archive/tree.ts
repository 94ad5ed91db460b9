import { execFileSync } from "node:child_process";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { givenPath, ownOpenFiles, pack, TarReader, Unpacker, type UnpackOptions } from "../../src/archive/index.ts";

/** A temporary folder, gone at the end of the block. */
export class Scratch implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "netwright-archive-"));

  [Symbol.dispose](): void {
    // Folders may be closed to writing.
    execFileSync("chmod", ["-R", "u+rwx", this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** What is below a folder, by path: everything a copy keeps. */
export function listing(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const inodes = new Map<number, string>();
  const visit = (path: string, name: string) => {
    const stats = lstatSync(path);
    const times = `${(stats.mode & 0o7777).toString(8)} ${stats.mtimeMs.toFixed(0)}`;
    if (stats.isSymbolicLink()) found[name] = `-> ${readlinkSync(path)}`;
    else if (stats.isDirectory()) {
      found[name] = `folder ${times}`;
      for (const each of readdirSync(path).sort()) visit(join(path, each), `${name}/${each}`);
    } else {
      const same = inodes.get(stats.ino);
      if (same === undefined) inodes.set(stats.ino, name);
      found[name] = same === undefined ? `file ${times} ${readFileSync(path).toString("hex")}` : `= ${same}`;
    }
  };
  visit(folder, ".");
  return found;
}

const show = (path: string) => path;

export function packed(path: string, options: { followLink?: boolean } = {}): Buffer {
  const pieces = pack(givenPath(path, "/"), { followLink: false, files: ownOpenFiles, show, ...options });
  const all: Buffer[] = [];
  for (let next = pieces.next(); !next.done; next = pieces.next()) all.push(Buffer.from(next.value));
  return Buffer.concat(all);
}

/** @param lengths of the pieces it comes in; the last is used again */
export function unpack(
  archive: Buffer,
  into: string,
  { lengths = [archive.length], ...options }: Partial<UnpackOptions> & { lengths?: readonly number[] } = {},
) {
  using unpacker = new Unpacker(givenPath(into, "/"), {
    owners: false,
    setuid: false,
    files: ownOpenFiles,
    show,
    ...options,
  });
  const reader = new TarReader(unpacker);
  for (let at = 0, piece = 0; at < archive.length; piece++) {
    const length = Math.max(1, lengths[Math.min(piece, lengths.length - 1)] ?? 1);
    reader.push(archive.subarray(at, at + length));
    at += length;
  }
  reader.finish();
  unpacker.finish();
  return { ...unpacker.counts, ended: reader.ended };
}

export const tar = (cwd: string, argv: readonly string[], input?: Buffer): Buffer =>
  execFileSync("tar", argv, {
    cwd,
    ...(input === undefined ? {} : { input }),
    maxBuffer: 1 << 26,
    stdio: ["pipe", "pipe", "ignore"],
  });
