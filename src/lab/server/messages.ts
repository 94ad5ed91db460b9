import type { IncomingMessage, ServerResponse } from "node:http";
import { type Problem, resultTrailer } from "../../api/index.ts";
import { labError } from "../../topology/errors/error.ts";

/**
 * Reads a JSON body.
 *
 * @param mostBytes more are refused
 * @throws BODY_TOO_LONG, BAD_REQUEST when it is not JSON
 */
export async function readJson(request: IncomingMessage, mostBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw labError("BODY_TOO_LONG", { mostBytes });
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw labError("BAD_REQUEST", { detail: `The body is not JSON: ${(error as Error).message}.` }, { cause: error });
  }
}

export function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

export function sendProblem(response: ServerResponse, problem: Problem): void {
  response.writeHead(problem.status, { "content-type": "application/problem+json" }).end(JSON.stringify(problem));
}

/** A problem as a whole answer, for a connection that was to be upgraded. */
export function problemText(problem: Problem): string {
  const body = JSON.stringify(problem);
  return [
    `HTTP/1.1 ${problem.status} ${problem.code}`,
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}

/** Sends items as they come, a line of JSON each, at the pace of who reads. */
export async function sendLines(response: ServerResponse, items: AsyncIterable<unknown>): Promise<void> {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.flushHeaders();
  try {
    for await (const item of items) {
      if (response.destroyed) break;
      if (!response.write(`${JSON.stringify(item)}\n`))
        await new Promise<void>((resolve) => resumeOf(response, resolve));
    }
    response.end();
  } catch {
    // Too late for a status: a response that breaks off says that it is not whole.
    response.destroy();
  }
}

/** Bytes until the end, and then what came of them. */
export type ByteAnswer<Result> = { readonly items: AsyncIterable<Uint8Array>; result(): Result };

/** Sends bytes as they come, at the pace of who reads, and the result in the trailer. */
export async function sendBytes(response: ServerResponse, { items, result }: ByteAnswer<unknown>): Promise<void> {
  response.writeHead(200, { "content-type": "application/octet-stream", trailer: resultTrailer });
  response.flushHeaders();
  try {
    for await (const item of items) {
      if (response.destroyed) break;
      if (!response.write(item)) await new Promise<void>((resolve) => resumeOf(response, resolve));
    }
    response.addTrailers({ [resultTrailer]: encodeURIComponent(JSON.stringify(result())) });
    response.end();
  } catch {
    response.destroy();
  }
}

/** Calls back when `response` takes more, or is gone. */
function resumeOf(response: ServerResponse, resume: () => void): void {
  const done = () => {
    response.off("drain", done);
    response.off("close", done);
    resume();
  };
  response.on("drain", done);
  response.on("close", done);
}
