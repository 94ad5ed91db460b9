import type { IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { labError } from "../../topology/index.ts";
import type { Agent } from "../agent/agent.ts";

/** Headers that are of one connection (RFC 9110, 7.6.1), or of the one who asks. */
const ownHeaders = new Set([
  ...["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade", "host"],
  ...["authorization", "cookie", "x-csrf-token", "origin", "referer"],
]);

const kept = (headers: IncomingMessage["headers"]) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.has(name)));

/** A connection to a lab's API. @throws LAB_LOST */
export const dialLab = (agent: Agent, lab: string): Promise<Duplex> =>
  agent.connect(lab).catch((error: unknown) => {
    throw labError("LAB_LOST", { lab, detail: "it does not answer", ofServer: true }, { cause: error });
  });

/** Of a lab that went away while it was asked. */
export const broken = (lab: string, error: unknown): Error =>
  labError("LAB_LOST", { lab, detail: "it ended the connection", ofServer: true }, { cause: error });

/**
 * Passes a request on to a lab, and its answer back, as they come.
 *
 * @param change what is done to the answer on the way
 * @throws LAB_LOST
 */
export async function passOn(
  agent: Agent,
  lab: string,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
  change?: (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const response = await forward(agent, lab, path, request, reply);
  reply.hijack();
  reply.raw.writeHead(response.statusCode ?? 502, { ...replyHeaders(reply), ...kept(response.headers) });
  try {
    if (change === undefined) await pipeline(response, reply.raw, { end: false });
    else await pipeline(response, change, reply.raw, { end: false });
    // What came of a stream of bytes is told after them (RFC 9110, 6.5).
    reply.raw.addTrailers(response.trailers as Readonly<Record<string, string>>);
    reply.raw.end();
  } catch {
    reply.raw.destroy();
  }
}

/** What a lab answered, whole. */
export type LabAnswer = { readonly status: number; readonly type: string; readonly body: string };

/** Passes a request on to a lab, and waits for all of its answer. @throws LAB_LOST */
export async function askLab(
  agent: Agent,
  lab: string,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<LabAnswer> {
  const response = await forward(agent, lab, path, request, reply);
  const body = await text(response).catch((error: unknown) => {
    throw broken(lab, error);
  });
  return { status: response.statusCode ?? 502, type: response.headers["content-type"] ?? "", body };
}

async function forward(
  agent: Agent,
  lab: string,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<IncomingMessage> {
  const connection = await dialLab(agent, lab);
  const body = request.body === undefined || request.body === null ? undefined : JSON.stringify(request.body);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = httpRequest(
    {
      createConnection: () => connection,
      method: request.method,
      path,
      headers: {
        ...kept(request.headers),
        host: "localhost",
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      },
    },
    resolve,
  );
  outgoing.once("error", reject);
  reply.raw.once("close", () => connection.destroy());
  outgoing.end(body);
  return promise.catch((error: unknown) => {
    throw broken(lab, error);
  });
}

/**
 * A WebSocket, or an archive's connection: once the lab has agreed, bytes in both directions. Until then nothing that
 * the caller sends gets there: it would be taken for requests, which nobody has decided on.
 *
 * @throws LAB_LOST
 */
export async function passUpgrade(
  agent: Agent,
  lab: string,
  path: string,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const connection = await dialLab(agent, lab);
  connection.once("error", () => socket.destroy());
  socket.once("error", () => connection.destroy());
  socket.once("close", () => connection.destroy());
  connection.once("close", () => socket.destroy());
  const outgoing = httpRequest({
    createConnection: () => connection,
    method: request.method,
    path,
    headers: {
      ...kept(request.headers),
      host: "localhost",
      connection: "Upgrade",
      upgrade: request.headers.upgrade ?? "",
    },
  });
  outgoing.once("error", () => socket.destroy());
  const firstLine = ({ statusCode, statusMessage }: IncomingMessage) => `HTTP/1.1 ${statusCode} ${statusMessage}`;
  outgoing.once("upgrade", (response: IncomingMessage, upgraded: Duplex, rest: Buffer) => {
    const lines = [firstLine(response)];
    for (let at = 0; at < response.rawHeaders.length; at += 2)
      lines.push(`${response.rawHeaders[at]}: ${response.rawHeaders[at + 1]}`);
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    socket.write(rest);
    upgraded.write(head);
    upgraded.pipe(socket).pipe(upgraded);
  });
  outgoing.once("response", (response) => {
    const type = response.headers["content-type"] ?? "application/json";
    socket.write(`${firstLine(response)}\r\ncontent-type: ${type}\r\nconnection: close\r\n\r\n`);
    response.pipe(socket);
  });
  outgoing.end();
}

const replyHeaders = (reply: FastifyReply) =>
  Object.fromEntries(
    Object.entries(reply.getHeaders()).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
