import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { labError, NetwrightError } from "../topology/errors/error.ts";

/** Opens a connection to the engine. */
export type Connect = () => Socket;

export type Call = {
  /** For errors: "Starting the container of h1". */
  readonly what: string;
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Instead of `body`: bytes of a tar file. */
  readonly tar?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the whole answer is there, in milliseconds. */
  readonly withinMs: number;
  readonly signal?: AbortSignal;
  /** Statuses below 400 are successes; these are too. */
  readonly accept?: readonly number[];
};

export type Answer = { readonly status: number; readonly body: Buffer; readonly text: string };

/** What the engine says in an error: `{"message": …}`, Podman's `{"cause": …, "message": …}`, or a text. */
export function reasonIn(text: string, status: number): string {
  try {
    const { message } = JSON.parse(text) as { message?: string };
    if (typeof message === "string") return message;
  } catch {
    // No JSON: taken as it is.
  }
  return text.trim() === "" ? `status ${status}` : text.trim();
}

/** @throws CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST, TIMED_OUT */
export async function call(connect: Connect, one: Call): Promise<Answer> {
  const { what, withinMs, signal, accept = [] } = one;
  const timeout = AbortSignal.timeout(withinMs);
  const ends = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const body = one.tar ?? (one.body === undefined ? undefined : Buffer.from(JSON.stringify(one.body)));
  const request = httpRequest({
    // Without an agent, so one connection per call: calls wait for what containers do, and nothing is gained by keeping them.
    createConnection: () => connect(),
    method: one.method,
    path: one.path,
    signal: ends,
    headers: {
      host: "engine",
      connection: "close",
      ...(body === undefined
        ? {}
        : { "content-type": one.tar ? "application/x-tar" : "application/json", "content-length": body.length }),
      ...one.headers,
    },
  });
  request.once("error", reject);
  request.once("response", (response: IncomingMessage) => {
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    response.once("error", reject);
    response.once("aborted", () => reject(new Error("the connection was cut")));
    response.once("end", () => {
      const whole = Buffer.concat(parts);
      resolve({ status: response.statusCode ?? 0, body: whole, text: whole.toString() });
    });
  });
  request.end(body);
  let answer: Answer;
  try {
    answer = await promise;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (timeout.aborted) throw labError("TIMED_OUT", { what, afterMs: withinMs });
    const { code, message } = error as NodeJS.ErrnoException;
    throw labError("CONTAINER_ENGINE_LOST", { what, reason: code ?? message }, { cause: error });
  }
  if (answer.status < 400 || accept.includes(answer.status)) return answer;
  throw labError("CONTAINER_ENGINE_REFUSED", {
    what,
    status: answer.status,
    reason: reasonIn(answer.text, answer.status),
  });
}

/** A call whose answer goes on. `withinMs` is for its beginning. @throws CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST */
export async function stream(connect: Connect, { what, method, path, withinMs }: Call): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest({ createConnection: () => connect(), method, path, headers: { host: "engine" } });
  const timer = setTimeout(() => request.destroy(new Error(`no answer within ${withinMs} ms`)), withinMs);
  request.once("error", reject);
  request.once("response", resolve);
  request.end();
  try {
    const response = await promise;
    const { statusCode = 0 } = response;
    if (statusCode < 400) return response;
    response.destroy();
    throw labError("CONTAINER_ENGINE_REFUSED", { what, status: statusCode, reason: `status ${statusCode}` });
  } catch (error) {
    if (error instanceof NetwrightError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw labError("CONTAINER_ENGINE_LOST", { what, reason: code ?? message }, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A call whose connection becomes a stream both ways (Docker Engine API, "Attach to a container":
 * `Upgrade: tcp`).
 *
 * @returns the connection, with what came behind the answer's head
 * @throws CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST, TIMED_OUT
 */
export async function hijack(connect: Connect, one: Call): Promise<{ socket: Socket; head: Buffer }> {
  const { what, withinMs } = one;
  const { promise, resolve, reject } = Promise.withResolvers<{ socket: Socket; head: Buffer }>();
  const body = Buffer.from(JSON.stringify(one.body ?? {}));
  const request = httpRequest({
    createConnection: () => connect(),
    method: one.method,
    path: one.path,
    headers: {
      host: "engine",
      connection: "Upgrade",
      upgrade: "tcp",
      "content-type": "application/json",
      "content-length": body.length,
    },
  });
  const timer = setTimeout(() => {
    request.destroy();
    reject(labError("TIMED_OUT", { what, afterMs: withinMs }));
  }, withinMs);
  request.once("error", (error: NodeJS.ErrnoException) =>
    reject(labError("CONTAINER_ENGINE_LOST", { what, reason: error.code ?? error.message }, { cause: error })),
  );
  request.once("upgrade", (_response, socket, head) => resolve({ socket: socket as Socket, head }));
  request.once("response", (response: IncomingMessage) => {
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    response.once("end", () => {
      const status = response.statusCode ?? 0;
      const reason = reasonIn(Buffer.concat(parts).toString(), status);
      reject(labError("CONTAINER_ENGINE_REFUSED", { what, status, reason }));
    });
  });
  request.end(body);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
