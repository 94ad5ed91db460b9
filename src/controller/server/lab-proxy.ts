import type { IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Role } from "../../api/index.ts";
import { endpoints } from "../../api/index.ts";
import { labError } from "../../topology/index.ts";
import type { Agent } from "../agent/agent.ts";

/** Headers that are of one connection (RFC 9110, 7.6.1), or of the one who asks. */
const ownHeaders = new Set([
  ...["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade", "host"],
  ...["authorization", "cookie", "x-csrf-token", "origin", "referer"],
]);

/** Routes of the lab API that the controller answers itself, for it has to know of them. */
const notHere = new Set(["stop", "apply"]);

/** The role that a route of the lab API takes: to look, a viewer's. */
export function roleFor(method: string, path: string): Role | undefined {
  const parts = path.split("/");
  for (const [name, endpoint] of Object.entries(endpoints)) {
    const pattern = endpoint.path.replace(/^\/v1\//, "").split("/");
    if (endpoint.method !== method || pattern.length !== parts.length || notHere.has(name)) continue;
    if (!pattern.every((part, index) => part.startsWith(":") || part === parts[index])) continue;
    const looks = endpoint.method === "GET" && endpoint.kind !== "websocket" && endpoint.kind !== "archive";
    return looks ? "viewer" : "operator";
  }
  return undefined;
}

/** Whether a request starts a capture, of which projects may have a number only. */
export const isCapture = (method: string, path: string): boolean =>
  method === endpoints.startCapture.method && `/v1/${path}` === endpoints.startCapture.path;

const kept = (headers: IncomingMessage["headers"]) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.has(name)));

/** Passes a request on to a lab, and its answer back, as they come. @throws LAB_LOST */
export async function passOn(
  agent: Agent,
  lab: string,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const connection = await agent.connect(lab).catch((error: unknown) => {
    throw labError("LAB_LOST", { lab, detail: "it does not answer" }, { cause: error });
  });
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
  const response = await promise.catch((error: unknown) => {
    throw labError("LAB_LOST", { lab, detail: "it ended the connection" }, { cause: error });
  });
  reply.hijack();
  reply.raw.writeHead(response.statusCode ?? 502, { ...replyHeaders(reply), ...kept(response.headers) });
  await pipeline(response, reply.raw).catch(() => undefined);
}

/** A WebSocket, or an archive's connection: from here on, bytes in both directions. */
export async function passUpgrade(
  agent: Agent,
  lab: string,
  path: string,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const connection = await agent.connect(lab);
  const headers = Object.entries({ ...kept(request.headers), host: "localhost" });
  const lines = [
    `${request.method} ${path} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${String(value)}`),
    "connection: Upgrade",
    `upgrade: ${request.headers.upgrade ?? ""}`,
  ];
  connection.write(`${lines.join("\r\n")}\r\n\r\n`);
  if (head.length > 0) connection.write(head);
  connection.once("error", () => socket.destroy());
  socket.once("error", () => connection.destroy());
  socket.once("close", () => connection.destroy());
  connection.once("close", () => socket.destroy());
  connection.pipe(socket).pipe(connection);
}

const replyHeaders = (reply: FastifyReply) =>
  Object.fromEntries(
    Object.entries(reply.getHeaders()).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
