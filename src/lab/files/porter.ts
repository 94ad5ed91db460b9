import { constants, openSync, writeSync } from "node:fs";
import type { CopyReport } from "../../api/files.ts";
import {
  type CopyCounts,
  type GivenPath,
  givenPath,
  handOverField,
  type OpenFiles,
  ownOpenFiles,
  pack,
  packLayer,
  readReport,
  TarReader,
  Unpacker,
  wholeReport,
} from "../../archive/index.ts";
import {
  attributesOf,
  DescriptorReader,
  enterMountNamespace,
  isHungUp,
  waitReadable,
  waitWritable,
} from "../../kernel/index.ts";
import { labError, NetwrightError } from "../../topology/errors/error.ts";
import { fd, type PorterRequest, switching } from "./porter-request.ts";

/*
 * The porter packs and unpacks files in a node: a process of its own for each copy, which loads its code,
 * then enters the node's mount namespace for good, so that every path, with every link in it, is the
 * node's, whatever programs the node has. It is in no other namespace of the node, so the node cannot
 * see it. It answers the client of the lab API itself. All is synchronous: the thread pool would still
 * be outside.
 */

const pieceBytes = 1 << 20;
const waitMs = 600_000;
/** Empty blocks after an archive's end, and a report. */
const mostRestBytes = 16 << 20;

function carry(request: PorterRequest): void {
  const show = (path: string) => `${request.node}:${path}`;
  if (request.do === "changes") {
    const { folder, without, latest } = request;
    const options = { files: ownOpenFiles, without: new Set(without), attributes: attributesOf, show };
    sendAll(packLayer(folder, { ...options, ...(latest === undefined ? {} : { latestMs: latest * 1000 }) }));
    return;
  }
  // What is open here has names in this /proc, which the node's does not have: it stays the working directory.
  const openFiles = openSync("/proc/self/fd", constants.O_RDONLY | constants.O_DIRECTORY);
  enterMountNamespace(fd.mountNamespace, openFiles);
  const files: OpenFiles = { prefix: "" };
  const path = givenPath(request.path, "/");
  if (request.do === "read") sendAll(pack(path, { followLink: request.follow, files, show }));
  else
    write(path, {
      owners: request.owners,
      setuid: true,
      files,
      show,
      ...(request.of === undefined ? {} : { of: request.of }),
    });
}

function sendAll(pieces: Generator<Uint8Array, CopyCounts>): void {
  let piece: IteratorResult<Uint8Array, CopyCounts>;
  try {
    piece = pieces.next();
  } catch (error) {
    sendProblem(error);
    return;
  }
  send(Buffer.from(`${switching}\r\n`));
  for (; !piece.done; piece = pieces.next()) send(piece.value);
  report({ type: "done", result: piece.value });
}

function write(path: GivenPath, options: ConstructorParameters<typeof Unpacker>[1]): void {
  send(Buffer.from(`${switching}${handOverField}\r\n\r\n`));
  const connection = new DescriptorReader(fd.input, pieceBytes);
  const handOver = { take: () => connection.descriptors.shift(), isBroken: () => isHungUp(fd.input) };
  try {
    using unpacker = new Unpacker(path, { ...options, handOver });
    const reader = new TarReader(unpacker);
    const rest: Buffer[] = [];
    let restBytes = 0;
    for (let received = receive(connection); received.length > 0; received = receive(connection)) {
      const taken = reader.push(received);
      if (taken === received.length) continue;
      rest.push(Buffer.from(received.subarray(taken)));
      restBytes += received.length - taken;
      if (restBytes > mostRestBytes) throw labError("ARCHIVE_BAD", { reason: "much follows its end" });
      if (wholeReport(rest) !== undefined) break;
    }
    const packed = reader.ended ? readReport(rest) : undefined;
    if (packed === undefined) throw labError("COPY_BROKEN_OFF", { what: "The connection" });
    if (packed.type === "failed") throw asError(packed.error);
    unpacker.finish();
    report({ type: "done", result: merged(unpacker.counts, packed.result) });
  } catch (error) {
    report({ type: "failed", error: reportOf(error) });
    // Closing on bytes that nobody has read would take the answer back.
    while (receive(connection).length > 0);
  }
}

/** What was unpacked, and what its packer left out. */
const merged = (unpacked: CopyCounts, packed: CopyCounts): CopyCounts => ({
  ...unpacked,
  skipped: [...packed.skipped, ...unpacked.skipped],
  skippedCount: packed.skippedCount + unpacked.skippedCount,
  ...(packed.failed === undefined ? {} : { failed: packed.failed }),
});

function report(one: CopyReport): void {
  send(Buffer.from(`${JSON.stringify(one)}\n`));
}

/** As the supervisor's other answers: problem details (RFC 9457). */
function sendProblem(error: unknown): void {
  const { code, message, remedy } = reportOf(error);
  const status = code.endsWith("_NOT_FOUND") ? 404 : 409;
  const body = JSON.stringify({
    type: `urn:netwright:error:${code}`,
    title: code,
    status,
    code,
    detail: message,
    ...(remedy === undefined ? {} : { remedy }),
  });
  const head = `HTTP/1.1 ${status} ${code}\r\nContent-Type: application/problem+json\r\nConnection: close\r\n`;
  send(Buffer.from(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`));
}

function reportOf(error: unknown): { code: string; message: string; remedy?: string } {
  if (error instanceof NetwrightError) return error.toReport();
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) };
}

const asError = ({ code, message, remedy }: { code: string; message: string; remedy?: string | undefined }) =>
  new NetwrightError(code as NetwrightError["code"], message, {
    exitCode: 1,
    ...(remedy === undefined ? {} : { remedy }),
  });

/** @returns nothing at the end */
function receive(connection: DescriptorReader): Buffer {
  for (;;) {
    const received = connection.read();
    if (received !== undefined) return received;
    waitReadable(fd.input, waitMs);
  }
}

function send(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd.output, bytes, at);
    } catch (error) {
      if (!isBusy(error)) throw error;
      waitWritable(fd.output, waitMs);
    }
  }
}

/** The connection was made not to block, by whoever had it before. */
const isBusy = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "EAGAIN";

try {
  carry(JSON.parse(process.argv[2] ?? "") as PorterRequest);
  process.exit(0);
} catch (error) {
  // A client that went away has nobody to tell; anything else is for the supervisor's log.
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EPIPE" && code !== "ECONNRESET") writeSync(2, `porter: ${String(error)}\n`);
  process.exit(1);
}
