import type { Socket } from "node:net";
import { PassThrough, type Readable } from "node:stream";

export type EngineStreams = { readonly stdout: Readable; readonly stderr: Readable };

const headerBytes = 8;

/**
 * Takes apart the two streams that come over one connection, each piece behind a header of eight bytes:
 * 1 or 2 for the stream, three zeros, and the length, big-endian (Docker Engine API, "Attach to a
 * container", "Stream format"). Does not read ahead of its readers.
 *
 * @param head what came with the connection's beginning
 */
export function demultiplex(socket: Socket, head: Buffer): EngineStreams {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let kept: Buffer = Buffer.alloc(0);
  let full = 0;
  const resume = () => {
    full -= 1;
    if (full === 0) socket.resume();
  };
  const push = (into: PassThrough, data: Buffer) => {
    if (into.destroyed || into.writableEnded || into.write(data)) return;
    full += 1;
    socket.pause();
    const done = () => {
      into.off("drain", done);
      into.off("close", done);
      resume();
    };
    into.once("drain", done);
    into.once("close", done);
  };
  const receive = (data: Buffer) => {
    kept = kept.length === 0 ? data : Buffer.concat([kept, data]);
    while (kept.length >= headerBytes) {
      const length = kept.readUInt32BE(4);
      // A long piece is passed on as it comes, with a header for what is still to come.
      const there = Math.min(length, kept.length - headerBytes);
      if (there < length && kept.length < 65_536) return;
      const stream = kept[0] === 2 ? stderr : stdout;
      if (there > 0) push(stream, kept.subarray(headerBytes, headerBytes + there));
      const rest = kept.subarray(headerBytes + there);
      if (there === length) kept = rest;
      else {
        const header = Buffer.from(kept.subarray(0, headerBytes));
        header.writeUInt32BE(length - there, 4);
        kept = header;
        return;
      }
    }
  };
  const end = () => {
    stdout.end();
    stderr.end();
  };
  socket.on("data", receive);
  socket.once("end", end);
  socket.once("close", end);
  socket.on("error", end);
  if (head.length > 0) receive(head);
  return { stdout, stderr };
}
