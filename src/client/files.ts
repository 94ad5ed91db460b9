import type { CopyReport, CopyResult } from "../api/files.ts";
import { givenPath, ownOpenFiles } from "../archive/folder.ts";
import { encodeHeader, endOfArchive, padding } from "../archive/header.ts";
import { pack } from "../archive/packer.ts";
import { TarReader } from "../archive/reader.ts";
import { readReport } from "../archive/report.ts";
import { Unpacker } from "../archive/unpacker.ts";
import { labError } from "../topology/errors/error.ts";
import { ArchiveConnection, type ArchiveTarget } from "./archive-connection.ts";
import { errorFrom, type ReceivedReport } from "./problems.ts";

export type CopyOptions = {
  /** Follow the source where it is a symbolic link; links below it are always copied as links. */
  readonly followLink?: boolean;
  /** Keep users and groups, setuid and setgid: else a node's root gets all, or on this machine you. */
  readonly archive?: boolean;
  /** What passed so far, in bytes of the archive. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
};

/** Copies from this machine into a node, as cp(1) would. @param from relative to `directory` */
export async function copyTo(
  target: ArchiveTarget,
  from: { readonly path: string; readonly directory: string },
  to: string,
  options: CopyOptions,
): Promise<CopyResult> {
  const source = givenPath(from.path, from.directory);
  const { followLink = false } = options;
  let canHandOver = false;
  const pieces = pack(source, {
    followLink,
    files: ownOpenFiles,
    show: (path) => path,
    canHandOver: () => canHandOver,
  });
  // What is not there is found out before the node is asked for anything.
  let piece = pieces.next();
  using connection = await ArchiveConnection.writing(target, writeQuery(to, source, options), options);
  const answer = connection.report();
  answer.catch(() => undefined);
  canHandOver = connection.takesDescriptors;
  let bytes = 0;
  for (; !piece.done; piece = pieces.next()) {
    const { value } = piece;
    if ("fd" in value) {
      if (!(await connection.hand(value, (read) => options.onProgress?.(bytes + read)))) break;
      bytes += value.sizeBytes;
    } else {
      if (!(await connection.send(value))) break;
      bytes += value.length;
    }
    options.onProgress?.(bytes);
  }
  // Where it is not, the answer is there already, and its sender waits for our end.
  connection.end(piece.done ? ({ type: "done", result: piece.value } as CopyReport) : undefined);
  return checked(await answer, options);
}

/** One file, of bytes that come from elsewhere. */
export type FileSource = {
  /** Below the folder that it is put into; no path. */
  readonly name: string;
  readonly sizeBytes: number;
  /** As many as was said. */
  readonly bytes: AsyncIterable<Uint8Array>;
};

/** Puts a file into a folder of a node, which must be there. @throws COPY_BROKEN_OFF when the bytes are not as many as was said */
export async function putFile(
  target: ArchiveTarget,
  folder: string,
  { name, sizeBytes, bytes }: FileSource,
  options: Pick<CopyOptions, "signal"> = {},
): Promise<CopyResult> {
  using connection = await ArchiveConnection.writing(target, { path: folder }, options);
  const answer = connection.report();
  answer.catch(() => undefined);
  const entry = { type: "file", name, mode: 0o644, uid: 0, gid: 0, sizeBytes, modifiedMs: Date.now() } as const;
  let isTaken = await connection.send(encodeHeader(entry));
  let sent = 0;
  for await (const piece of bytes) {
    sent += piece.length;
    isTaken &&= sent <= sizeBytes && (await connection.send(piece));
    if (!isTaken) break;
  }
  if (isTaken && sent < sizeBytes) throw labError("COPY_BROKEN_OFF", { what: "What was sent" });
  if (isTaken) await connection.send(Buffer.concat([Buffer.alloc(padding(sizeBytes)), endOfArchive()]));
  const result = {
    ...{ files: 1, folders: 0, links: 0, bytes: sizeBytes },
    ...{ skipped: [], skippedCount: 0, ownersLost: 0 },
  };
  connection.end(isTaken ? { type: "done", result } : undefined);
  return checked(await answer, options);
}

/** Copies from a node to this machine, as cp(1) would. */
export async function copyFrom(
  target: ArchiveTarget,
  from: string,
  to: { readonly path: string; readonly directory: string },
  options: CopyOptions,
): Promise<CopyResult> {
  const { followLink: follow = false, archive = false } = options;
  const source = givenPath(from, "/");
  using connection = await ArchiveConnection.reading(target, { path: from, follow: text(follow) }, options);
  using unpacker = new Unpacker(givenPath(to.path, to.directory), {
    of: nameIn(source),
    owners: archive,
    setuid: archive,
    files: ownOpenFiles,
    show: (path) => path,
  });
  const report = await readArchive(connection, unpacker, options);
  unpacker.finish();
  return checked({ type: "done", result: withSkipped(unpacker.counts, report) }, options);
}

/** One file of a node. */
export type NodeFile = {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** To be read once; leaving the loop ends the connection. */
  readonly bytes: AsyncIterable<Buffer>;
};

/** Reads one file of a node, where a symbolic link leads to as well. @throws COPY_NOT_A_FILE for a folder or a device */
export async function getFile(
  target: ArchiveTarget,
  from: string,
  options: Pick<CopyOptions, "signal"> = {},
): Promise<NodeFile> {
  const connection = await ArchiveConnection.reading(target, { path: from, follow: text(true) }, options);
  const { promise, resolve, reject } = Promise.withResolvers<NodeFile>();
  const { PassThrough } = await import("node:stream");
  const bytes = new PassThrough();
  // Who has enough, or comes never, ends it.
  bytes.once("close", () => connection.close()).on("error", () => undefined);
  const ready: Buffer[] = [];
  const rest: Buffer[] = [];
  const reader = new TarReader({
    entry: ({ type, sizeBytes, modifiedMs }) => {
      if (type !== "file") throw labError("COPY_NOT_A_FILE", { path: `${target.node}:${from}` });
      resolve({ sizeBytes, modifiedMs, bytes });
    },
    data: (piece) => ready.push(Buffer.from(piece)),
    entryEnd: () => undefined,
  });
  const receive = async () => {
    await connection.receive(async (piece) => {
      const taken = reader.push(piece);
      if (taken < piece.length) rest.push(Buffer.from(piece.subarray(taken)));
      for (const one of ready.splice(0)) if (!bytes.write(one)) await drained(bytes);
    });
    const report = reader.ended ? readReport(rest) : undefined;
    if (report === undefined) throw labError("COPY_BROKEN_OFF", { what: "The other side" });
    checked(report as CopyReport, options);
    // An archive of nothing is one of a file that could not be read.
    reject(labError("COPY_SOURCE_NOT_FOUND", { path: `${target.node}:${from}` }));
    bytes.end();
  };
  receive().catch((error: Error) => {
    reject(error);
    bytes.destroy(error);
  });
  return promise;
}

/** Until there is room, or nobody is there any more. */
async function drained(stream: NodeJS.EventEmitter): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const event of ["drain", "close"]) stream.once(event, () => resolve());
  await promise;
}

/** Copies between two nodes: what one sends, the other takes. */
export async function copyBetween(
  from: ArchiveTarget & { readonly path: string },
  to: ArchiveTarget & { readonly path: string },
  options: CopyOptions,
): Promise<CopyResult> {
  const source = givenPath(from.path, "/");
  const query = { path: from.path, follow: text(options.followLink ?? false) };
  using reading = await ArchiveConnection.reading(from, query, options);
  using writing = await ArchiveConnection.writing(to, writeQuery(to.path, source, options), options);
  const answer = writing.report();
  answer.catch(() => undefined);
  let bytes = 0;
  await reading
    .receive(async (piece) => {
      // When the other side has had enough, its answer says why.
      if (!(await writing.send(piece))) reading.close();
      bytes += piece.length;
      options.onProgress?.(bytes);
    })
    .catch((error: unknown) => {
      if (!writing.answered) throw error;
    });
  writing.end();
  return checked(await answer, options);
}

/** Gives the archive of a file or folder of a node to `take`, whose pieces are valid until it resolves. */
export async function exportFiles(
  target: ArchiveTarget,
  from: string,
  take: (piece: Buffer) => Promise<void>,
  options: CopyOptions,
): Promise<CopyResult> {
  const { followLink: follow = false } = options;
  using connection = await ArchiveConnection.reading(target, { path: from, follow: text(follow) }, options);
  return await passOn(connection, take, options);
}

/** Gives what a node of an image has changed to `take`, as the next layer of the image. */
export async function exportChanges(
  target: ArchiveTarget,
  take: (piece: Buffer) => Promise<void>,
  { latest, ...options }: CopyOptions & { readonly latest?: number },
): Promise<CopyResult> {
  using connection = await ArchiveConnection.changes(target, latest === undefined ? {} : { latest }, options);
  return await passOn(connection, take, options);
}

/** Gives an archive that comes to `take`, and its report to the caller. */
async function passOn(
  connection: ArchiveConnection,
  take: (piece: Buffer) => Promise<void>,
  options: CopyOptions,
): Promise<CopyResult> {
  const reader = new TarReader({ entry: () => undefined, data: () => undefined, entryEnd: () => undefined });
  const rest: Buffer[] = [];
  let bytes = 0;
  await connection.receive(async (piece) => {
    const taken = reader.push(piece);
    bytes += taken;
    options.onProgress?.(bytes);
    if (taken < piece.length) rest.push(Buffer.from(piece.subarray(taken)));
    if (taken > 0) await take(piece.subarray(0, taken));
  });
  const report = reader.ended ? readReport(rest) : undefined;
  if (report === undefined) throw labError("COPY_BROKEN_OFF", { what: "The other side" });
  return checked(report as CopyReport, options);
}

/**
 * Unpacks an archive in a folder of a node. Its end may be missing, as long as no entry is cut off.
 *
 * @throws ARCHIVE_BAD
 */
export async function importFiles(
  target: ArchiveTarget,
  archive: AsyncIterable<Uint8Array>,
  to: string,
  options: CopyOptions,
): Promise<CopyResult> {
  const { archive: owners = false } = options;
  using connection = await ArchiveConnection.writing(target, { path: to, owners: text(owners) }, options);
  const answer = connection.report();
  answer.catch(() => undefined);
  // It is read here too, so that what is no archive is told as such, and its end is known.
  const reader = new TarReader({ entry: () => undefined, data: () => undefined, entryEnd: () => undefined });
  let bytes = 0;
  for await (const piece of unzipped(archive)) {
    const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const taken = reader.push(buffer);
    if (!(await connection.send(buffer.subarray(0, taken)))) break;
    bytes += taken;
    options.onProgress?.(bytes);
  }
  reader.finish();
  if (!reader.ended) await connection.send(endOfArchive());
  const none = { files: 0, folders: 0, links: 0, bytes: 0, skipped: [], skippedCount: 0, ownersLost: 0 };
  connection.end({ type: "done", result: none });
  return checked(await answer, options);
}

/** An archive as it is, or what gzip made of it (RFC 1952, 2.3.1: it starts with 1f 8b). */
async function* unzipped(archive: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces = archive[Symbol.asyncIterator]();
  const begun: Uint8Array[] = [];
  const start = () => Buffer.concat(begun);
  for (let next = await pieces.next(); ; next = await pieces.next()) {
    if (!next.done) begun.push(next.value);
    if (next.done || start().length >= 2) break;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    if (start().length > 0) yield start();
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value;
  }
  if (start().length < 2 || start().readUInt16BE(0) !== 0x1f8b) {
    yield* all();
    return;
  }
  const { createGunzip } = await import("node:zlib");
  const { Readable } = await import("node:stream");
  const zipped = Readable.from(all());
  const gunzip = createGunzip();
  zipped.on("error", (error) => gunzip.destroy(error));
  try {
    for await (const piece of zipped.pipe(gunzip) as AsyncIterable<Buffer>) yield piece;
  } catch (error) {
    const reason = `its compression is damaged (${(error as NodeJS.ErrnoException).code})`;
    throw labError("ARCHIVE_BAD", { reason }, { cause: error });
  }
}

async function readArchive(connection: ArchiveConnection, unpacker: Unpacker, options: CopyOptions) {
  const reader = new TarReader(unpacker);
  const rest: Buffer[] = [];
  let bytes = 0;
  await connection.receive((piece) => {
    const taken = reader.push(piece);
    bytes += taken;
    options.onProgress?.(bytes);
    if (taken < piece.length) rest.push(Buffer.from(piece.subarray(taken)));
  });
  const report = reader.ended ? readReport(rest) : undefined;
  if (report === undefined) throw labError("COPY_BROKEN_OFF", { what: "The other side" });
  if (report.type === "failed") throw errorFrom(report.error as ReceivedReport);
  return report.result;
}

function writeQuery(to: string, source: ReturnType<typeof givenPath>, { archive = false }: CopyOptions) {
  return { path: to, of: nameIn(source), owners: text(archive) };
}

/** The one name that the archive's entries begin with. */
const nameIn = (source: ReturnType<typeof givenPath>): string =>
  source.contents || source.name === "" ? "." : source.name;

/** What was unpacked, and what its packer left out. */
const withSkipped = (unpacked: CopyResult, packed: CopyResult): CopyResult => ({
  ...unpacked,
  skipped: [...packed.skipped, ...unpacked.skipped],
  skippedCount: packed.skippedCount + unpacked.skippedCount,
  ...(packed.failed === undefined ? {} : { failed: packed.failed }),
});

/** @throws what was reported; where files could not be read, the first of them, when the rest is copied */
function checked(report: CopyReport, { signal }: CopyOptions): CopyResult {
  signal?.throwIfAborted();
  if (report.type === "failed") throw errorFrom(report.error as ReceivedReport);
  const { failed } = report.result;
  if (failed !== undefined) throw errorFrom(failed as ReceivedReport);
  return report.result;
}

/** Queries are text. */
const text = (value: boolean): string => String(value);
