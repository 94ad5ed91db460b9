import type { FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import { type ControllerRoute, type ControllerRouteName, LabName, Name } from "../../api/index.ts";
import { sessionSeconds, type UserRow } from "../identity/callers.ts";
import { newId } from "../identity/secrets.ts";
import { admit, keepOpen } from "./admission.ts";
import type { AppOptions } from "./app-options.ts";
import { type StreamedEvent, sendEvents } from "./event-stream.ts";
import { idFor, keyOf, once, type Remembered } from "./idempotency.ts";
import { isSeen, parseIfMatch, tagOf } from "./if-match.ts";
import type { Input } from "./input.ts";

/** Answers a request of one of the controller's own routes. */
export async function answerOwn(
  options: AppOptions,
  name: ControllerRouteName,
  route: ControllerRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const params = request.params as Readonly<Record<string, string>>;
  const admitted = await admit(options, request, route.access, route.summary, params["project"]);
  const { caller } = admitted;
  const key = caller === undefined ? undefined : keyOf(request, caller, options.clock());
  const input = {
    params: checked(params),
    query: queryOf(route, request),
    body: route.body?.parse(request.body),
    ...admitted,
    ifMatch: parseIfMatch(request.headers["if-match"]),
    address: request.ip,
    agent: request.headers["user-agent"] ?? "",
    newId: () => (key === undefined ? newId() : idFor(key)),
    // Most have no use for one, and to make one takes as long as they do.
    get signal() {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      return gone.signal;
    },
    setSession: (secret: string | undefined, user?: UserRow) => {
      if (user !== undefined) options.audit.signsIn(request, user.name);
      setSession(options, reply, secret);
    },
  } as unknown as Input<ControllerRouteName>;
  const handler = options.handlers[name] as (input: Input<ControllerRouteName>) => unknown;
  if (route.kind === "sse") {
    keepOpen(options, admitted, reply.raw, () => reply.raw.destroy());
    sendEvents(reply, handler(input) as AsyncIterable<StreamedEvent>);
    return undefined;
  }
  const make = async (): Promise<Remembered> => {
    const result = await handler(input);
    const shown = result === undefined ? undefined : route.response?.parse(result);
    return {
      status: route.status,
      body: shown === undefined ? "" : JSON.stringify(shown),
      revision: revisionIn(shown),
    };
  };
  const made = key === undefined ? await make() : await once(options.database, key, make);
  if (route.isAsking !== true) await options.audit.note(request, made.status);
  if (made.revision !== undefined) {
    const tag = tagOf(made.revision, made.body);
    reply.header("etag", tag);
    if (route.method === "GET" && isSeen(request.headers["if-none-match"], tag)) return reply.code(304).send();
  }
  return reply.code(made.status).type("application/json").send(made.body);
}

/** What nobody would heed is refused: a field that is misspelt says so. */
export const strict = (route: ControllerRoute): ControllerRoute => ({
  ...route,
  ...(route.method === "GET" ? { query: (route.query ?? z.object({})).strict() } : {}),
  ...(route.body === undefined ? {} : { body: route.body.strict() }),
});

/** Identifiers and names of images have forms of their own. */
const freeParams = new Set(["token", "session", "image"]);

/** Names in addresses have the form that names have; what has not is nowhere. */
function checked(params: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(params))
    if (!freeParams.has(key)) (key === "lab" ? LabName : Name).parse(value);
  return params;
}

/** For events, the header Last-Event-ID of who comes back stands for `after`. */
function queryOf(route: ControllerRoute, request: FastifyRequest): unknown {
  const last = request.headers["last-event-id"];
  const query = request.query as Readonly<Record<string, unknown>>;
  return route.query?.parse(route.kind === "sse" && last !== undefined ? { ...query, after: last } : query);
}

/** Sets the cookie with a session's secret, or takes it away. */
export function setSession({ isSecure, cookie }: AppOptions, reply: FastifyReply, secret: string | undefined): void {
  const settings = { path: "/", httpOnly: true, sameSite: "strict", secure: isSecure } as const;
  if (secret === undefined) reply.clearCookie(cookie, settings);
  else reply.setCookie(cookie, secret, { ...settings, maxAge: sessionSeconds });
}

function revisionIn(body: unknown): number | undefined {
  const { revision, version } = (body ?? {}) as { revision?: unknown; version?: unknown };
  return [revision, version].find((one): one is number => typeof one === "number");
}
