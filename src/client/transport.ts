import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type * as z from "zod";
import { endpoints, resultTrailer } from "../api/endpoints.ts";
import type { Problem } from "../api/resources.ts";
import type { RouteName, Routes } from "../api/routes.ts";
import { labError, NetwrightError } from "../topology/errors/error.ts";
import { dial, fieldsFor, type LabAddress, pathAt } from "./address.ts";
import { lostConnection } from "./lost.ts";
import { pathOf } from "./path.ts";
import { errorFrom, errorFromAll } from "./problems.ts";

// Importing it as a module loads all that it mentions, fetch and its WebSockets too: that takes longer
// than most calls.
const { request } = process.getBuiltinModule("node:http");

type Kind<K extends "json" | "ndjson" | "bytes" | "websocket"> = {
  [N in RouteName]: Routes[N]["kind"] extends K ? N : never;
}[RouteName];
export type JsonRoute = Kind<"json">;
export type StreamRoute = Kind<"ndjson">;
export type BytesRoute = Kind<"bytes">;
export type ResponseOf<N extends RouteName> = z.output<Routes[N]["response"]>;
type ParamsOf<N extends RouteName> = Routes[N] extends { params: infer P extends z.ZodType }
  ? { readonly params: z.input<P> }
  : { readonly params?: never };
type QueryOf<N extends RouteName> = Routes[N] extends { query: infer Q extends z.ZodType }
  ? { readonly query?: z.output<Q> | Partial<z.output<Q>> }
  : { readonly query?: never };
type BodyOf<N extends RouteName> = Routes[N] extends { body: infer B extends z.ZodType }
  ? { readonly body: z.input<B> }
  : { readonly body?: never };
export type CallOptions<N extends RouteName> = ParamsOf<N> &
  BodyOf<N> &
  QueryOf<N> & { readonly signal?: AbortSignal; readonly timeoutMs?: number };

/** Any route's options: their types depend on the route, which a generic body cannot see through. */
type Options = {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
};

/** How long the supervisor may take to answer. It is next door and mostly idle. */
const answerMs = 10_000;

/** Calls of the lab API. */
export class Transport {
  readonly lab: string;
  readonly #address: LabAddress;

  constructor(lab: string, address: LabAddress) {
    this.lab = lab;
    this.#address = address;
  }

  /**
   * Calls a route that answers once.
   *
   * @param options.timeoutMs for the answer; `Infinity` for routes that wait for something to happen
   * @throws the error of the catalogue that the supervisor reports; LAB_LOST when it goes away, SERVER_BROKE_OFF when what is between may have
   */
  async call<N extends JsonRoute>(name: N, options: CallOptions<N>): Promise<ResponseOf<N>> {
    const response = await this.#open(name, options as Options);
    const body = await text(response).catch((error: unknown) => {
      throw this.#lost(error);
    });
    return checked(name, JSON.parse(body));
  }

  /** Calls a route for what it does: the answer says only that it was heard. */
  async tell(name: JsonRoute, options: { readonly signal?: AbortSignal; readonly timeoutMs?: number }): Promise<void> {
    (await this.#open(name, options)).resume();
  }

  /** Calls a route that answers with a stream, an item a line. Leaving the loop ends the call. */
  async *stream<N extends StreamRoute>(
    name: N,
    options: CallOptions<N>,
  ): AsyncGenerator<ResponseOf<N>, void, undefined> {
    const response = await this.#open(name, options as Options);
    try {
      for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
        // Lines come by the hundred thousand; their shape was checked where they were made.
        if (line !== "") yield JSON.parse(line) as ResponseOf<N>;
      }
      if (!response.complete && options.signal?.aborted !== true) throw this.#lost(undefined);
    } catch (error) {
      if (options.signal?.aborted) return;
      throw error instanceof NetwrightError ? error : this.#lost(error);
    } finally {
      response.destroy();
    }
  }

  /**
   * Calls a route that answers with bytes, and then with what came of them. Leaving the loop ends the call.
   *
   * @returns undefined where something between us and the lab kept that back, as proxies may with trailers
   */
  async *bytes<N extends BytesRoute>(
    name: N,
    options: CallOptions<N>,
  ): AsyncGenerator<Buffer, ResponseOf<N> | undefined, undefined> {
    const response = await this.#open(name, options as Options);
    try {
      for await (const piece of response as AsyncIterable<Buffer>) yield piece;
    } catch (error) {
      throw options.signal?.aborted ? error : this.#lost(error);
    } finally {
      response.destroy();
    }
    const result = response.trailers[resultTrailer];
    if (result === undefined && response.complete && !("socket" in this.#address)) return undefined;
    if (result === undefined) throw this.#lost(undefined);
    return checked(name, JSON.parse(decodeURIComponent(result)));
  }

  async #open(name: RouteName, options: Options): Promise<IncomingMessage> {
    const { method } = endpoints[name];
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const timeoutMs = options.timeoutMs ?? answerMs;
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const outgoing = request(
      {
        createConnection: () => dial(this.#address),
        method,
        path: pathAt(this.#address, pathOf(name, options.params ?? {}, options.query)),
        headers: {
          ...fieldsFor(this.#address),
          accept: "application/json, application/x-ndjson",
          ...(body === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      resolve,
    );
    // Not the socket's idle timeout: the answer as a whole has this long to begin.
    const timer =
      timeoutMs === Number.POSITIVE_INFINITY
        ? undefined
        : setTimeout(
            () =>
              outgoing.destroy(labError("TIMED_OUT", { what: `The answer of lab "${this.lab}"`, afterMs: timeoutMs })),
            timeoutMs,
          );
    outgoing.once("error", (error) =>
      reject(options.signal?.aborted || error instanceof NetwrightError ? error : this.#lost(error)),
    );
    outgoing.end(body);
    const response = await promise.finally(() => clearTimeout(timer));
    if (response.statusCode !== undefined && response.statusCode < 300) return response;
    throw await problemIn(response);
  }

  #lost(cause: unknown): NetwrightError {
    return lostConnection(this.lab, this.#address, cause);
  }
}

async function checked<N extends JsonRoute | BytesRoute>(name: N, body: unknown): Promise<ResponseOf<N>> {
  const { routes } = await import("../api/routes.ts");
  return routes[name].response.parse(body) as ResponseOf<N>;
}

async function problemIn(response: IncomingMessage): Promise<Error> {
  const body = await text(response).catch(() => "");
  let problem: Partial<Problem>;
  try {
    problem = JSON.parse(body) as Partial<Problem>;
  } catch {
    problem = {};
  }
  const {
    code = "INTERNAL",
    detail = `The supervisor answered ${response.statusCode ?? "nothing"}: ${body.slice(0, 200)}`,
    remedy,
    at,
    causes,
    errors,
  } = problem;
  if (errors !== undefined) return errorFromAll(errors);
  return errorFrom({ code, message: detail, remedy, at, causes });
}
