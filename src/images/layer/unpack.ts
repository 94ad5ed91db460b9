import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, readSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { type Extract, extract, type Header } from "tar-stream";
import { labError } from "../../topology/errors/error.ts";
import { type LayerEntry, LayerWriter, type WriterOptions } from "./writer.ts";

export type LayerSource = {
  /** The file with the layer, compressed or not. */
  readonly blob: string;
  /** Of the file. */
  readonly digest: string;
  /** Of the archive in it. */
  readonly diffId: string;
};

export type UnpackedLayer = {
  readonly entries: number;
  readonly bytes: number;
  readonly skipped: LayerWriter["skipped"];
};

/** The file or the archive in it is not what its digest says. */
export class DigestError extends Error {}

/** By its first bytes: media types are not always right (RFC 1952, 2.3.1; RFC 8878, 3.1.1). */
const magic = { gzip: Buffer.from([0x1f, 0x8b]), zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]) };

/**
 * Unpacks a layer into an empty folder. When it throws, the folder is to be removed.
 *
 * @param onBytes how much of the file has been read
 * @throws DigestError, LAYER_UNSAFE, LAYER_INVALID, and what the file system says (ENOSPC)
 */
export async function unpackLayer(
  source: LayerSource,
  folder: string,
  options: WriterOptions,
  onBytes: (bytes: number) => void,
): Promise<UnpackedLayer> {
  const writer = new LayerWriter(folder, options);
  const compressed = createHash("sha256");
  const plain = createHash("sha256");
  let read = 0;
  let bytes = 0;
  const archive = extract({});
  try {
    const reading = createReadStream(source.blob, { highWaterMark: 1 << 20 });
    reading.on("data", (chunk) => {
      compressed.update(chunk);
      read += chunk.length;
      onBytes(read);
    });
    const decompressed = decompress(source.blob, reading);
    const feed = async () => {
      for await (const chunk of decompressed) {
        plain.update(chunk as Buffer);
        bytes += (chunk as Buffer).length;
        if (!archive.write(chunk)) await drained(archive);
      }
      archive.end(undefined);
    };
    // Either end is told when the other fails, so that neither waits for ever.
    await Promise.all([
      feed().catch((error: unknown) => {
        archive.destroy(error as Error);
        throw error;
      }),
      writeEntries(archive, writer, options.image).catch((error: unknown) => {
        reading.destroy(error as Error);
        decompressed.destroy(error as Error);
        throw error;
      }),
    ]);
  } catch (error) {
    // A damaged file shows in its digest, whatever tripped over it first.
    if (isOurs(error)) throw error;
    const { code = "" } = error as NodeJS.ErrnoException;
    if (/^E[A-Z]+$/.test(code)) throw error;
    if ((await digestOf(source.blob)) !== source.digest) throw new DigestError(`${source.digest} is damaged`);
    throw labError(
      "LAYER_INVALID",
      { image: options.image, problem: `a layer is no archive that can be read (${(error as Error).message})` },
      { cause: error },
    );
  }
  const digests = { compressed: `sha256:${compressed.digest("hex")}`, plain: `sha256:${plain.digest("hex")}` };
  if (digests.compressed !== source.digest) throw new DigestError(`${source.digest} is damaged`);
  if (digests.plain !== source.diffId) throw new DigestError(`${source.digest} holds another layer than it says`);
  writer.finish();
  return { entries: writer.entries, bytes, skipped: writer.skipped };
}

/** The digest of a file. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return `sha256:${hash.digest("hex")}`;
}

/**
 * Writes the entries as they come. By events: leaving an entry early through its iterator waits for a
 * reader that has stopped.
 */
function writeEntries(archive: Extract, writer: LayerWriter, image: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let open: number | undefined;
  const attempt = (step: () => void) => {
    try {
      step();
    } catch (error) {
      if (open !== undefined) closeSync(open);
      open = undefined;
      reject(error as Error);
    }
  };
  archive.on("entry", (raw, content, next) =>
    attempt(() => {
      const header = entryOf(raw);
      if (raw.size < 0)
        throw labError("LAYER_INVALID", { image, problem: `${JSON.stringify(header.name)} has no size` });
      open = writer.begin(header);
      // An archive that ends in the middle of one ends it with an error, and the archive too.
      content.on("error", reject);
      content.on("data", (chunk: unknown) =>
        attempt(() => {
          if (open !== undefined) writeAll(open, chunk as Uint8Array);
        }),
      );
      content.on("end", () =>
        attempt(() => {
          const fd = open;
          open = undefined;
          if (fd !== undefined) writer.finishFile(fd, header);
          next();
        }),
      );
    }),
  );
  archive.on("error", reject);
  archive.on("finish", resolve);
  return promise;
}

function writeAll(fd: number, chunk: Uint8Array): void {
  for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
}

/** Numbers that do not fit the old header are in the extended one (pax(1)). */
function entryOf(header: Header): LayerEntry {
  const pax = (header.pax ?? {}) as Readonly<Record<string, string>>;
  const number = (text: string | undefined, otherwise: number) =>
    text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : otherwise;
  return {
    name: header.name,
    type: header.type ?? "file",
    mode: header.mode ?? 0o644,
    uid: number(pax["uid"], header.uid ?? 0),
    gid: number(pax["gid"], header.gid ?? 0),
    mtime: validTime(header.mtime),
    linkname: header.linkname ?? null,
    pax,
  };
}

const validTime = (time: Date | undefined): Date =>
  time === undefined || Number.isNaN(time.getTime()) ? new Date(0) : time;

function decompress(path: string, reading: Readable): Readable {
  const start = Buffer.alloc(4);
  const fd = openSync(path, "r");
  try {
    readSync(fd, start, 0, 4, 0);
  } finally {
    closeSync(fd);
  }
  const options = { chunkSize: 1 << 18 };
  const decompressor = start.subarray(0, 2).equals(magic.gzip)
    ? createGunzip(options)
    : start.equals(magic.zstd)
      ? createZstdDecompress(options)
      : undefined;
  if (decompressor === undefined) return reading;
  reading.on("error", (error) => decompressor.destroy(error));
  return reading.pipe(decompressor);
}

/** Until the archive's reader takes more, or ends. */
async function drained(archive: Extract): Promise<void> {
  if (archive.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  archive.once("drain", resolve);
  archive.once("close", resolve);
  await promise;
}

const isOurs = (error: unknown): boolean => error instanceof Error && error.name === "NetwrightError";
