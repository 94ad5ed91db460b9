import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import type * as z from "zod";
import {
  type ControlledLab,
  type ControllerRoute,
  type ControllerRouteName,
  type ControllerRoutes,
  controllerRoutes,
  type Image,
} from "../api/index.ts";
import { labError, NetwrightError } from "../topology/errors/error.ts";
import type { LabAddress } from "./address.ts";
import { errorFrom, errorFromAll } from "./problems.ts";

/** A project of a server, for who has a token. */
export type ServerAccess = {
  /** Of the server, without `/api/v1`. */
  readonly url: string;
  readonly token: string;
  readonly project: string;
  /** Certificates of authorities, in PEM, in place of those that Node knows. */
  readonly ca?: string;
};

type Names = {
  [N in ControllerRouteName]: ControllerRoutes[N]["kind"] extends "json" ? N : never;
}[ControllerRouteName];
type Answer<N extends Names> = ControllerRoutes[N] extends { response: infer R extends z.ZodType }
  ? z.output<R>
  : undefined;
type CallOptions<N extends Names> = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly signal?: AbortSignal;
  /** Idempotency-Key: of two requests with the same, the second gets the answer of the first. */
  readonly key?: string;
  /** For the answer, in place of the usual. */
  readonly timeoutMs?: number;
} & (ControllerRoutes[N] extends { body: infer B extends z.ZodType }
  ? { readonly body: z.input<B> }
  : { readonly body?: never });

/** How long a server may take to answer, in milliseconds: taking a lab down waits for its processes. */
const answerMs = 120_000;
const pollMs = 300;
/** How long a server may be away that goes on with a lab when it is back, in milliseconds. */
const absentMs = 60_000;

/** The API of a server, for one of its projects. */
export class ServerClient {
  readonly access: ServerAccess;
  /** Errors of requests that may have got there. */
  readonly #maybeHeard = new WeakSet<Error>();

  constructor(access: ServerAccess) {
    this.access = access;
  }

  /**
   * Calls a route.
   *
   * @param options.params besides the project, which is always the same
   * @throws what the server reports; SERVER_UNREACHABLE
   */
  async call<N extends Names>(name: N, options: CallOptions<N>): Promise<Answer<N>> {
    const route: ControllerRoute = controllerRoutes[name];
    const params: Readonly<Record<string, string>> = { project: this.access.project, ...options.params };
    const path = route.path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ""));
    const query = new URLSearchParams(
      Object.entries(options.query ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
    );
    const response = await this.#request(route.method, `/api/v1${path}${query.size === 0 ? "" : `?${query}`}`, options);
    const body = await text(response).catch((error: Error) => {
      throw options.signal?.aborted ? error : this.#unreachable(error.message, { cause: error, wasSent: true });
    });
    if ((response.statusCode ?? 500) >= 300) throw this.#problemIn(response, body);
    return (body === "" ? undefined : route.response?.parse(JSON.parse(body))) as Answer<N>;
  }

  /**
   * Calls a route that makes something, once: where the server goes away before it answers, it is asked again when it
   * is back, by the same key.
   *
   * @param key to be used for nothing else
   * @throws as `call`; SERVER_LOST when it is not back in time
   */
  async make<N extends Names>(name: N, key: string, what: string, options: CallOptions<N>): Promise<Answer<N>> {
    let lostAt: number | undefined;
    for (;;) {
      try {
        return await this.call(name, { ...options, key });
      } catch (error) {
        if (!(error instanceof NetwrightError)) throw error;
        // What got nowhere is told at once. It may still be at the first request.
        const isOpen =
          lostAt === undefined
            ? this.#maybeHeard.has(error)
            : error.code === "SERVER_UNREACHABLE" || error.code === "IDEMPOTENCY_KEY_REUSED";
        if (!isOpen) throw error;
        lostAt ??= performance.now();
        if (performance.now() - lostAt > absentMs) throw this.#lost(what, error);
      }
      await pause(pollMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }

  /** Every lab of the project. */
  labs(): Promise<readonly ControlledLab[]> {
    return everyOne((query) => this.call("labs", { query }));
  }

  /** The images that labs of the server have at hand. */
  images(): Promise<readonly Image[]> {
    return everyOne((query) => this.call("images", { query }));
  }

  /** Waits until a lab is not being deployed any more, also while the server is started anew. @throws why it failed */
  async deployed(name: string, signal?: AbortSignal): Promise<ControlledLab> {
    let heardAt = performance.now();
    for (;;) {
      signal?.throwIfAborted();
      const lab = await this.call("lab", { params: { lab: name } }).catch((error: unknown) => {
        const isGone = error instanceof NetwrightError && error.code === "SERVER_UNREACHABLE";
        if (!isGone) throw error;
        if (performance.now() - heardAt > absentMs) throw this.#lost(`whether lab ${name} comes up`, error);
        return undefined;
      });
      if (lab !== undefined) {
        heardAt = performance.now();
        if (lab.problem !== undefined) throw errorFrom(lab.problem);
        if (lab.state !== "deploying") return lab;
      }
      await pause(pollMs, undefined, signal === undefined ? {} : { signal });
    }
  }

  /** Where the API of a lab is. */
  addressOf(lab: string): LabAddress {
    const { url, token, project, ca } = this.access;
    const below = `/api/v1/projects/${encodeURIComponent(project)}/labs/${encodeURIComponent(lab)}`;
    return { url: new URL(below, url), token, ...(ca === undefined ? {} : { ca }) };
  }

  async #request(
    method: string,
    path: string,
    { body, signal, key, timeoutMs = answerMs }: Omit<CallOptions<never>, "body"> & { readonly body?: unknown },
  ): Promise<IncomingMessage> {
    const { url, token, ca } = this.access;
    const target = new URL(path, url);
    const { request } = process.getBuiltinModule(target.protocol === "https:" ? "node:https" : "node:http");
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = request(
      target,
      {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(key === undefined ? {} : { "idempotency-key": key }),
        },
        timeout: timeoutMs,
        ...(ca === undefined ? {} : { ca }),
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    let wasSent = false;
    outgoing.once("finish", () => {
      wasSent = true;
    });
    outgoing.once("timeout", () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    outgoing.once("error", (error) =>
      reject(signal?.aborted ? error : this.#unreachable(error.message, { cause: error, wasSent })),
    );
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }

  #problemIn(response: IncomingMessage, body: string): Error {
    let problem: { code: string; detail: string; errors?: { code: string; message: string }[] };
    try {
      problem = JSON.parse(body) as typeof problem;
    } catch {
      // Of something between us that does not get there either.
      const detail = `it answered ${response.statusCode}: ${body.slice(0, 200)}`;
      return this.#unreachable(detail, { wasSent: (response.statusCode ?? 0) >= 500 });
    }
    if (problem.errors !== undefined) return errorFromAll(problem.errors);
    return errorFrom({ ...problem, message: problem.detail });
  }

  #unreachable(detail: string, { cause, wasSent }: { readonly cause?: Error; readonly wasSent: boolean }): Error {
    const error = labError("SERVER_UNREACHABLE", { url: this.access.url, detail }, { cause });
    if (wasSent) this.#maybeHeard.add(error);
    return error;
  }

  #lost(what: string, cause: Error): Error {
    return labError("SERVER_LOST", { url: this.access.url, seconds: absentMs / 1000, what }, { cause });
  }
}

type Page<Item> = { readonly items: readonly Item[]; readonly next?: string | undefined };

/** What is on all pages of a list. */
async function everyOne<Item>(
  page: (query: { readonly limit: number; readonly after?: string }) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let after: string | undefined = ""; after !== undefined; ) {
    const got: Page<Item> = await page({ limit: 500, ...(after === "" ? {} : { after }) });
    items.push(...got.items);
    after = got.next;
  }
  return items;
}
