import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { labError } from "../../topology/index.ts";

/** What is sent of a file in one answer, at most. */
export const mostSentBytes = 4 * 1024 * 1024 * 1024;

/** A file that can be sent, whole or a part of it. */
export type SentFile = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Bytes from `first` to `last`, both included. */
  read(first: number, last: number): Readable;
};

type Part = { readonly first: number; readonly last: number };

/**
 * Answers with a file as a browser saves it and a program goes on with it: whole, or one range of it (RFC 9110, 14).
 *
 * @throws RANGE_UNSATISFIABLE, FILE_TOO_LONG
 */
export function sendFile(request: FastifyRequest, reply: FastifyReply, file: SentFile): FastifyReply {
  const { name, sizeBytes, modifiedMs } = file;
  // Who wants the rest of what has changed since is given all of it: nothing here tells whether it has.
  const asked = request.headers["if-range"] === undefined ? request.headers.range : undefined;
  const part = asked === undefined ? undefined : partOf(asked, sizeBytes);
  if (part === "none") {
    reply.header("content-range", `bytes */${sizeBytes}`);
    throw labError("RANGE_UNSATISFIABLE", { range: asked ?? "", sizeBytes });
  }
  const { first, last } = part ?? { first: 0, last: sizeBytes - 1 };
  const length = last - first + 1;
  if (length > mostSentBytes) throw labError("FILE_TOO_LONG", { name, mostBytes: mostSentBytes });
  reply.headers({
    "content-type": "application/octet-stream",
    "content-length": length,
    "content-disposition": attachment(name),
    "accept-ranges": "bytes",
    "last-modified": new Date(modifiedMs).toUTCString(),
    ...(part === undefined ? {} : { "content-range": `bytes ${first}-${last}/${sizeBytes}` }),
  });
  return reply.code(part === undefined ? 200 : 206).send(length === 0 ? "" : file.read(first, last));
}

/** @returns undefined for what is heeded by nobody here, such as several ranges; `none` where nothing is */
export function partOf(range: string, sizeBytes: number): Part | "none" | undefined {
  const [, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range.trim()) ?? [];
  if (from === "" && to === "") return undefined;
  const end = sizeBytes - 1;
  // The last so many.
  if (from === "")
    return Number(to) === 0 || sizeBytes === 0 ? "none" : { first: Math.max(0, sizeBytes - Number(to)), last: end };
  const [first, last] = [Number(from), to === "" ? end : Math.min(Number(to), end)];
  if (to !== "" && Number(to) < first) return undefined;
  return first > end ? "none" : { first, last };
}

/** Any name at all, and one for who knows no more than ASCII (RFC 6266, 4.3; RFC 8187). */
function attachment(name: string): string {
  const plain = name.replaceAll(/[^\w .+@-]/g, "_");
  const whole = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}
