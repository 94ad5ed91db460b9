import type { IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { type Problem, resultTrailer, type StreamMessage, streamAliveMs } from "../../api/index.ts";
import type { Agent } from "../agent/agent.ts";
import { broken, dialLab } from "./lab-proxy.ts";
import { problemOf } from "./problem.ts";

/** Above this many bytes that a reader has not taken, the stream waits for it. */
const backlogBytes = 1024 * 1024;
/** Of messages of readers, who have nothing to say. */
const messageBytes = 1024;

type Part = { readonly bytes: Uint8Array } | { readonly result: unknown };

/** What a reader gets: bytes, and at the end of some streams what came of them. */
export type Parts = AsyncIterable<Part>;

/** Streams over WebSockets (src/api/stream-message.ts). */
export class Streams {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: messageBytes, perMessageDeflate: false });

  /** @param parts of the stream; errors of it are told to the reader */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, parts: (signal: AbortSignal) => Parts): void {
    this.#server.handleUpgrade(request, socket, head, (reader) => {
      void send(reader, parts);
    });
  }
}

async function send(reader: WebSocket, parts: (signal: AbortSignal) => Parts): Promise<void> {
  const gone = new AbortController();
  reader.once("close", () => gone.abort());
  reader.on("error", () => reader.terminate());
  const say = (message: StreamMessage) => reader.send(JSON.stringify(message));
  let isQuiet = true;
  let answered = true;
  reader.on("pong", () => {
    answered = true;
  });
  const alive = setInterval(() => {
    // One whose network is gone says nothing, for a quarter of an hour (TCP): it is let go of before.
    if (!answered) reader.terminate();
    answered = false;
    reader.ping();
    if (isQuiet) say({ type: "alive" });
    isQuiet = true;
  }, streamAliveMs);
  try {
    let result: unknown;
    for await (const part of parts(gone.signal)) {
      if (gone.signal.aborted) return;
      isQuiet = false;
      if ("result" in part) result = part.result;
      else if (!(await sendBytes(reader, part.bytes))) return;
    }
    say(result === undefined ? { type: "end" } : { type: "end", result });
  } catch (error) {
    if (gone.signal.aborted) return;
    say({ type: "problem", problem: error instanceof Refused ? error.problem : problemOf(error) });
  } finally {
    clearInterval(alive);
    reader.close();
  }
}

/** At the pace of who reads. @returns false when they are gone */
async function sendBytes(reader: WebSocket, bytes: Uint8Array): Promise<boolean> {
  if (reader.readyState !== reader.OPEN) return false;
  const { promise, resolve } = Promise.withResolvers<void>();
  reader.send(bytes, () => resolve());
  if (reader.bufferedAmount > backlogBytes) await promise;
  return reader.readyState === reader.OPEN;
}

/** A lab has answered with a problem. */
class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** A stream of a lab's own API. @param change what is done to it on the way @throws LAB_LOST */
export async function* labStream(
  agent: Agent,
  lab: string,
  path: string,
  signal: AbortSignal,
  change: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> = (bytes) => bytes,
): Parts {
  const connection = await dialLab(agent, lab);
  try {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = httpRequest(
      { createConnection: () => connection, method: "GET", path, headers: { host: "localhost" } },
      resolve,
    );
    outgoing.once("error", reject);
    const end = () => connection.destroy();
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    outgoing.end();
    const response = await promise;
    if (response.statusCode !== 200) {
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      throw new Refused(JSON.parse(Buffer.concat(chunks).toString()) as Problem);
    }
    for await (const bytes of change(response as AsyncIterable<Buffer>)) yield { bytes };
    const result = response.trailers[resultTrailer];
    if (result !== undefined) yield { result: JSON.parse(decodeURIComponent(result)) as unknown };
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw broken(lab, error);
  } finally {
    connection.destroy();
  }
}

/** Events, each a line. */
export async function* lineStream(events: AsyncIterable<unknown>): Parts {
  for await (const event of events) yield { bytes: Buffer.from(`${JSON.stringify(event)}\n`) };
}
