import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import cookie from "@fastify/cookie";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import * as z from "zod";
import {
  type Access,
  type ControllerRoute,
  type ControllerRouteName,
  controllerRoutes,
  LabName,
  Name,
  Role,
} from "../../api/index.ts";
import { labError } from "../../topology/index.ts";
import type { Agent } from "../agent/agent.ts";
import type { Database } from "../data/database.ts";
import { type Caller, type Callers, credentialOf, sessionSeconds } from "../identity/callers.ts";
import type { OidcSignIn } from "../identity/oidc.ts";
import { addMetrics, type Measuring } from "../metrics/route.ts";
import type { Quotas } from "../policy/quotas.ts";
import { findLabRow } from "../resources/labs.ts";
import { addApiDocs } from "./api-docs.ts";
import { readBodies, requireNoNul } from "./bodies.ts";
import type { Admitted, GateKeeper } from "./gate-keeper.ts";
import { once, type Remembered } from "./idempotency.ts";
import { parseIfMatch } from "./if-match.ts";
import type { Handlers, Input } from "./input.ts";
import {
  askLab,
  isCapture,
  isStream,
  isUpgraded,
  type LabAnswer,
  passOn,
  passUpgrade,
  roleFor,
  summaryFor,
} from "./lab-proxy.ts";
import { allowedFor } from "./methods.ts";
import { addOidcRoutes } from "./oidc-routes.ts";
import type { OpenConnections } from "./open-connections.ts";
import { openApi } from "./openapi.ts";
import { apiPolicy, asksForPage, sendPage, servePages } from "./pages.ts";
import { bodyBytes, problemOf } from "./problem.ts";
import { isLabStream, labStream, lineStream, Streams } from "./streams.ts";
import { putUpload, takeUploads, uploadPath, uploadRoute } from "./uploads.ts";

export const apiPrefix = "/api/v1";
/** How often a quiet event stream says that it is there, for proxies that end what is quiet. */
const heartbeatMs = 20_000;
/** When who was told that the database is gone should ask again (RFC 9110, 10.2.3). */
const retrySeconds = 5;

export type AppOptions = {
  readonly handlers: Handlers<ControllerRouteName>;
  readonly gateKeeper: GateKeeper;
  readonly database: Database;
  readonly agent: Agent;
  readonly quotas: Quotas;
  readonly connections: OpenConnections;
  readonly measuring: Measuring | undefined;
  readonly clock: () => number;
  readonly version: string;
  /** By HTTPS, here or at a proxy in front: cookies are for HTTPS alone. */
  readonly isSecure: boolean;
  /** Of the cookie with a session's secret. */
  readonly cookie: string;
  /** By which names it may be called, whatever the port; undefined: by any. */
  readonly hosts: readonly string[] | undefined;
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly proxies: readonly string[];
  /** The folder of the GUI's built files; absent: only the API. */
  readonly pages: string | undefined;
  /** The API is shown at /api/docs. */
  readonly isDocumented: boolean;
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
  readonly oidc: { readonly signIn: OidcSignIn; readonly callers: Callers } | undefined;
  /** What nobody who asks is told. */
  readonly onFault: (error: unknown, request: string) => void;
};

/** The server's HTTP side: every route of the contract, the lab API of each lab, and the contract itself. */
export async function makeApp(options: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: bodyBytes,
    // Of names of images, which are longer than others.
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => void sendProblem(options, error, request, reply),
    trustProxy: options.proxies.length === 0 ? false : [...options.proxies],
    ...(options.tls === undefined ? {} : { https: options.tls }),
  }) as unknown as FastifyInstance;
  await app.register(cookie);
  readBodies(app);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({
      "content-security-policy": apiPolicy,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
      ...(options.isSecure ? { "strict-transport-security": "max-age=31536000" } : {}),
    });
    requireNoNul(request.url);
    requireHost(options.hosts, request.headers.host);
    requireSameOrigin(request);
  });
  app.setErrorHandler((error, request, reply) => sendProblem(options, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    if (options.pages !== undefined && asksForPage(request.method, request.url, request.headers.accept))
      return sendPage(reply);
    throw nothingFor(request, reply);
  });
  for (const [name, declared] of Object.entries(controllerRoutes) as [ControllerRouteName, ControllerRoute][]) {
    const route = strict(declared);
    app.route({
      method: route.method,
      url: `${apiPrefix}${route.path}`,
      exposeHeadRoute: route.kind === "json",
      handler: (request, reply) => answer(options, name, route, request, reply),
    });
  }
  if (options.oidc !== undefined) {
    const setCookie = (reply: FastifyReply, secret: string) => setSession(options, reply, secret);
    addOidcRoutes(app, { ...options.oidc, isSecure: options.isSecure, setSession: setCookie });
  }
  if (options.measuring !== undefined) addMetrics(app, options.measuring);
  if (options.pages !== undefined) await servePages(app, options.pages);
  if (options.isDocumented) addApiDocs(app);
  const document = openApi(options.version);
  app.get(`${apiPrefix}/openapi.json`, () => document);
  app.route({
    method: ["GET", "POST", "PUT", "DELETE"],
    url: `${apiPrefix}/projects/:project/labs/:lab/*`,
    handler: (request, reply) => answerForLab(options, request, reply),
  });
  takeUploads(app);
  app.put(`${apiPrefix}${uploadRoute}`, (request, reply) => answerUpload(options, request, reply));
  const streams = new Streams();
  const upgraded = new Set<Duplex>();
  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    upgrade(options, app, streams, request, socket, head).catch(() => socket.destroy());
  });
  // What was upgraded is no request any more, and would keep the server from ending.
  app.addHook("preClose", async () => {
    for (const socket of upgraded) socket.destroy();
  });
  return app;
}

/** What is at an address may be asked for in another way. */
function nothingFor(request: FastifyRequest, reply: FastifyReply): Error {
  const path = request.url.split("?")[0] ?? "";
  const allowed = allowedFor(path);
  if (allowed.length === 0) return labError("NOT_FOUND", { path });
  reply.header("allow", allowed.join(", "));
  return labError("METHOD_NOT_ALLOWED", { path, allowed });
}

async function answer(
  options: AppOptions,
  name: ControllerRouteName,
  route: ControllerRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const params = request.params as Readonly<Record<string, string>>;
  const admitted = await admit(options, request, route.access, route.summary, params["project"]);
  const input = {
    params: checked(params),
    query: queryOf(route, request),
    body: route.body?.parse(request.body),
    ...admitted,
    ifMatch: parseIfMatch(request.headers["if-match"]),
    address: request.ip,
    agent: request.headers["user-agent"] ?? "",
    // Most have no use for one, and to make one takes as long as they do.
    get signal() {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      return gone.signal;
    },
    setSession: (secret: string | undefined) => setSession(options, reply, secret),
  } as unknown as Input<ControllerRouteName>;
  const handler = options.handlers[name] as (input: Input<ControllerRouteName>) => unknown;
  if (route.kind === "sse") {
    keepOpen(options, admitted, reply.raw, () => reply.raw.destroy());
    return sendEvents(reply, handler, input);
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
  const key = keyOf(request);
  const { caller } = admitted;
  const made =
    key !== undefined && caller !== undefined
      ? await once(options.database, keptAs(options, key, caller, request), make)
      : await make();
  if (route.isAsking !== true) await note(options, request, made.status);
  if (made.revision !== undefined) reply.header("etag", `"${made.revision}"`);
  return reply.code(made.status).type("application/json").send(made.body);
}

async function answerForLab(options: AppOptions, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { project: projectName = "", lab = "", "*": rest = "" } = request.params as Record<string, string>;
  const access = roleFor(request.method, rest);
  if (access === undefined) throw nothingFor(request, reply);
  const admitted = await admit(options, request, access, summaryFor(request.method, rest), projectName);
  const project = admitted.project as NonNullable<Admitted["project"]>;
  const row = await findLabRow(options.database, project, lab);
  const query = request.url.includes("?") ? request.url.slice(request.url.indexOf("?")) : "";
  const path = `/v1/${rest.split("/").map(encodeURIComponent).join("/")}${query}`;
  keepOpen(options, admitted, reply.raw, () => reply.raw.destroy());
  const limited = <Result>(act: () => Promise<Result>): Promise<Result> =>
    isCapture(request.method, rest) ? options.quotas.capture(project, act) : act();
  const key = keyOf(request);
  if (key === undefined || isStream(request.method, rest)) {
    await limited(() => passOn(options.agent, row.run_name, path, request, reply));
    await note(options, request, reply.raw.statusCode);
    return;
  }
  const { status, type, body } = await askOnce(options, key, admitted, request, () =>
    limited(() => askLab(options.agent, row.run_name, path, request, reply)),
  );
  await note(options, request, status);
  await reply.code(status).type(type).send(body);
}

/** What a lab says to a request that is sent again is what it said the first time, unless it refused. */
async function askOnce(
  options: AppOptions,
  key: string,
  { caller }: Admitted,
  request: FastifyRequest,
  ask: () => Promise<LabAnswer>,
): Promise<LabAnswer> {
  let refused: LabAnswer | undefined;
  const make = async (): Promise<Remembered> => {
    const answered = await ask();
    if (answered.status < 300) return { status: answered.status, body: answered.body };
    refused = answered;
    throw new Error("the lab refused");
  };
  try {
    const { status, body } = await once(options.database, keptAs(options, key, caller, request), make);
    return { status, type: "application/json", body };
  } catch (error) {
    if (refused !== undefined) return refused;
    throw error;
  }
}

/** The Idempotency-Key of a request that makes something. */
function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers["idempotency-key"];
  return request.method === "POST" && typeof key === "string" && key !== "" ? key : undefined;
}

const keptAs = ({ clock }: AppOptions, key: string, caller: Caller | undefined, request: FastifyRequest) => ({
  user: caller?.user.id ?? "",
  key,
  request: `${request.method} ${request.url} ${JSON.stringify(request.body)}`,
  now: clock(),
});

async function answerUpload(options: AppOptions, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { project = "", lab = "", node = "" } = request.params as Record<string, string>;
  const admitted = await admit(options, request, "operator", "Put a file into a node", project);
  const row = await findLabRow(options.database, admitted.project as NonNullable<Admitted["project"]>, lab);
  const result = await putUpload(options.agent, row.run_name, node, uploadPath(request.query), request, reply).finally(
    // What is refused is read to its end, since browsers look at no answer before.
    () => request.raw.resume(),
  );
  await note(options, request, 200);
  return reply.type("application/json").send(JSON.stringify(result));
}

/** Terminals, copies of files, and streams: who may open one is decided as for any other request. */
async function upgrade(
  options: AppOptions,
  app: FastifyInstance,
  streams: Streams,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://server");
  const [, project = "", lab, rest = ""] =
    new RegExp(`^${apiPrefix}/projects/([^/]+)/(?:labs/([^/]+)/(.+)|events)$`).exec(url.pathname) ?? [];
  const refuse = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  const { host, origin } = request.headers;
  const write = (status: number) =>
    record(options, options.gateKeeper.whoAsked(asked), {
      address: socketAddress(request),
      action: `${request.method} (upgrade)`,
      target: url.pathname,
      status,
    });
  const cookies = app.parseCookie(request.headers.cookie ?? "");
  // A WebSocket of a browser cannot carry a header of ours: that it comes from our page is told by its origin.
  const asked = { headers: request.headers, cookies, method: "GET" } as unknown as FastifyRequest;
  if (!isServedAs(options.hosts, host)) return void refuse("421 Misdirected Request");
  const isSocket = request.method === "GET" && request.headers.upgrade?.toLowerCase() === "websocket";
  const access = lab === undefined ? "viewer" : roleFor(request.method ?? "GET", rest);
  if (project === "" || access === undefined || (lab === undefined && !isSocket)) return void refuse("404 Not Found");
  if (origin !== undefined && hostOf(origin) !== host) return void refuse("403 Forbidden");
  try {
    const what = lab === undefined ? "Hear what happens in a project" : summaryFor(request.method ?? "GET", rest);
    const admitted = await admit(options, asked, access, what, project);
    keepOpen(options, admitted, socket, () => socket.destroy());
    if (lab === undefined) {
      const query = controllerRoutes.projectEvents.query.parse(Object.fromEntries(url.searchParams));
      streams.accept(request, socket, head, (signal) => {
        const input = { params: { project }, query, ...admitted, signal } as unknown as Input<"projectEvents">;
        return lineStream(options.handlers.projectEvents(input));
      });
      return;
    }
    const row = await findLabRow(options.database, admitted.project as NonNullable<Admitted["project"]>, lab);
    const path = `/v1/${rest}${url.search}`;
    if (isSocket && isLabStream(rest)) {
      streams.accept(request, socket, head, (signal) => labStream(options.agent, row.run_name, path, signal));
      return;
    }
    if (!isUpgraded(request.method ?? "GET", rest, request.headers.upgrade ?? "")) {
      refuse("426 Upgrade Required");
      return;
    }
    await passUpgrade(options.agent, row.run_name, path, request, socket, head);
    await write(101);
  } catch (error) {
    // Who asked for another protocol reads the answer as any other's: programs do, browsers show no more than its status.
    const problem = problemOf(error);
    // Who may only look has asked for a change.
    if (access !== "viewer") await write(problem.status).catch(() => undefined);
    const body = JSON.stringify(problem);
    const fields = `Connection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}`;
    socket.end(`HTTP/1.1 ${problem.status} ${problem.code}\r\n${fields}\r\n\r\n${body}`);
  }
}

/** What stays open ends with the right to it. */
function keepOpen(
  { connections }: AppOptions,
  { caller, project }: Admitted,
  stream: NodeJS.EventEmitter,
  end: () => void,
): void {
  if (caller === undefined) return;
  const holder = { user: caller.user.id, credential: credentialOf(caller), project: project?.id };
  stream.once("close", connections.add(holder, end));
}

const socketAddress = (request: IncomingMessage): string => request.socket.remoteAddress ?? "";

async function admit(
  options: AppOptions,
  request: FastifyRequest,
  access: Access,
  summary: string,
  project: string | undefined,
): Promise<Admitted> {
  // What it does, and not how.
  const [first = ""] = summary.replace(/ \(see [^)]*\)/, "").split(/[.;] /);
  const what = `${first.charAt(0).toLowerCase()}${first.slice(1)}`;
  // Of a project that is to be removed, a server administrator need not be a member.
  return options.gateKeeper.admit(request, access, what, Role.safeParse(access).success ? project : undefined);
}

/** Identifiers and names of images have forms of their own. */
const freeParams = new Set(["token", "session", "image"]);

/** Names in addresses have the form that names have; what has not is nowhere. */
function checked(params: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(params))
    if (!freeParams.has(key)) (key === "lab" ? LabName : Name).parse(value);
  return params;
}

/** What nobody would heed is refused: a field that is misspelt says so. */
const strict = (route: ControllerRoute): ControllerRoute => ({
  ...route,
  ...(route.method === "GET" ? { query: (route.query ?? z.object({})).strict() } : {}),
  ...(route.body === undefined ? {} : { body: route.body.strict() }),
});

/** For events, the header Last-Event-ID of who comes back stands for `after`. */
function queryOf(route: ControllerRoute, request: FastifyRequest): unknown {
  const last = request.headers["last-event-id"];
  const query = request.query as Readonly<Record<string, unknown>>;
  return route.query?.parse(route.kind === "sse" && last !== undefined ? { ...query, after: last } : query);
}

function sendEvents(
  reply: FastifyReply,
  handler: (input: Input<ControllerRouteName>) => unknown,
  input: Input<ControllerRouteName>,
): undefined {
  const events = handler(input) as AsyncIterable<{ readonly id: number }>;
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)])),
    "content-type": "text/event-stream",
  });
  const heartbeat = setInterval(() => raw.write(": still here\n\n"), heartbeatMs);
  raw.write(": hello\n\n");
  const send = async () => {
    for await (const event of events) {
      // A reader that is slow makes this wait, and what it has not read stays in the database.
      if (!raw.write(`id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`))
        await new Promise((resolve) => {
          raw.once("drain", resolve);
          raw.once("close", resolve);
        });
    }
  };
  void send()
    .catch(() => undefined)
    .finally(() => {
      clearInterval(heartbeat);
      raw.end();
    });
  return undefined;
}

/** A page of somebody else's cannot ask in the name of who is signed in here (the CSRF token is the second lock). */
function requireSameOrigin(request: FastifyRequest): void {
  const { origin } = request.headers;
  if (origin === undefined || request.method === "GET" || request.method === "HEAD") return;
  if (hostOf(origin) !== request.host) throw labError("CSRF_TOKEN_WRONG", {});
}

/**
 * A page of somebody else's whose name was made to lead here (DNS rebinding) is of the same origin to its browser;
 * the name it was called by tells it.
 *
 * @throws HOST_NOT_SERVED
 */
function requireHost(hosts: readonly string[] | undefined, host: string | undefined): void {
  if (!isServedAs(hosts, host)) throw labError("HOST_NOT_SERVED", { host: host ?? "" });
}

const isServedAs = (hosts: readonly string[] | undefined, host = ""): boolean =>
  hosts === undefined || hosts.includes(host.replace(/:\d+$/, "").toLowerCase());

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

function setSession({ isSecure, cookie }: AppOptions, reply: FastifyReply, secret: string | undefined): void {
  const settings = { path: "/", httpOnly: true, sameSite: "strict", secure: isSecure } as const;
  if (secret === undefined) reply.clearCookie(cookie, settings);
  else reply.setCookie(cookie, secret, { ...settings, maxAge: sessionSeconds });
}

/** Writes down every change that was asked for, refused ones too. */
async function note(options: AppOptions, request: FastifyRequest, status: number): Promise<void> {
  if (request.method === "GET" || request.method === "HEAD") return;
  await record(options, options.gateKeeper.whoAsked(request), {
    address: isIP(request.ip) === 0 ? "" : request.ip,
    action: request.method,
    target: request.url.split("?")[0] ?? "",
    status,
  });
}

async function record(
  { database, clock }: AppOptions,
  caller: Caller | undefined,
  entry: { readonly address: string; readonly action: string; readonly target: string; readonly status: number },
): Promise<void> {
  await database
    .insertInto("audit")
    .values({ at: clock(), user_name: caller?.user.name ?? "", ...entry })
    .execute();
}

async function sendProblem(options: AppOptions, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const problem = problemOf(error);
  // A lab may go at any time, also while it is asked; and what this machine cannot do is no fault.
  if (problem.status >= 500 && problem.code !== "LAB_LOST" && problem.status !== 501) {
    // What is asked for may have a secret in it: the code of a sign-in, for one.
    options.onFault(error, `${request.method} ${request.url.split("?")[0]}`);
  }
  await note(options, request, problem.status).catch(() => undefined);
  if (problem.status === 503 || problem.status === 507) reply.header("retry-after", String(retrySeconds));
  await reply.code(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}

function revisionIn(body: unknown): number | undefined {
  const { revision, version } = (body ?? {}) as { revision?: unknown; version?: unknown };
  return [revision, version].find((one): one is number => typeof one === "number");
}
