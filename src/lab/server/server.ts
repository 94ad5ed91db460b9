import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import * as z from "zod";
import { type RouteName, type Routes, routes } from "../../api/index.ts";
import { matchPath } from "../../api/path-pattern.ts";
import { labError } from "../../topology/errors/error.ts";
import { problemOf } from "../../topology/errors/problem.ts";
import type { ConsoleSessions } from "../console/sessions.ts";
import type { ExecSessions } from "../exec/sessions.ts";
import type { Supervisor } from "../supervisor.ts";
import { type ByteAnswer, problemText, readJson, sendBytes, sendJson, sendLines, sendProblem } from "./messages.ts";

// Importing it as a module loads all that it mentions, fetch and its WebSockets too, and takes longer
// than all else that the supervisor loads.
const { createServer } = process.getBuiltinModule("node:http");

type Answer<Name extends RouteName> = z.input<Routes[Name]["response"]>;
type Input<Name extends RouteName> = {
  readonly params: Routes[Name] extends { params: z.ZodType } ? z.output<Routes[Name]["params"]> : undefined;
  readonly query: Routes[Name] extends { query: z.ZodType } ? z.output<Routes[Name]["query"]> : undefined;
  readonly body: Routes[Name] extends { body: z.ZodType } ? z.output<Routes[Name]["body"]> : undefined;
  /** Aborts when the client goes away or the lab is stopping. */
  readonly signal: AbortSignal;
};
type JsonName = { [Name in RouteName]: Routes[Name]["kind"] extends "json" ? Name : never }[RouteName];
type StreamName = { [Name in RouteName]: Routes[Name]["kind"] extends "ndjson" ? Name : never }[RouteName];
type BytesName = { [Name in RouteName]: Routes[Name]["kind"] extends "bytes" ? Name : never }[RouteName];
type Handlers = { readonly [Name in JsonName]: (input: Input<Name>) => Answer<Name> | Promise<Answer<Name>> } & {
  readonly [Name in StreamName]: (input: Input<Name>) => AsyncIterable<Answer<Name>>;
} & { readonly [Name in BytesName]: (input: Input<Name>) => ByteAnswer<Answer<Name>> };

/** A resolved lab of some ten thousand nodes. */
const bodyBytes = 64 * 1024 * 1024;

/** How long a slow reader may take for the end of a stream when the lab ends. */
const lastAnswersMs = 2_000;

export type LabServer = {
  /** Loads what the first command in a node would have to wait for. */
  prepareExec(): Promise<unknown>;
  /** Ends every connection. */
  close(): Promise<void>;
};

/**
 * Serves the lab API on a unix socket, which only the lab's user can open (0600).
 *
 * On Node's own HTTP server: a web framework takes longer to load than a small lab to start.
 */
export async function serve(supervisor: Supervisor, socketPath: string): Promise<LabServer> {
  const handlers = handlersOf(supervisor);
  const answering = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    answering.add(response);
    response.once("close", () => answering.delete(response));
    response.on("error", () => response.destroy());
    answer(handlers, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendProblem(response, problemOf(error));
    });
  });
  let loading: Promise<ExecSessions> | undefined;
  const sessions = () => {
    loading ??= import("../exec/sessions.ts").then(({ ExecSessions }) => new ExecSessions());
    return loading;
  };
  let loadingConsoles: Promise<ConsoleSessions> | undefined;
  const consoles = () => {
    loadingConsoles ??= import("../console/sessions.ts").then(({ ConsoleSessions }) => new ConsoleSessions());
    return loadingConsoles;
  };
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    const target = upgradeTarget(request);
    if (target === undefined) socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
    else if (target.route === "exec") {
      void sessions().then((open) =>
        open.accept(request, socket, head, {
          node: target.node,
          run: (program) => supervisor.run(target.node, program),
        }),
      );
    } else if (target.route !== "console") {
      transferFiles(supervisor, target, socket as Socket).catch((error: unknown) => {
        socket.end(problemText(problemOf(error)));
      });
    } else {
      const find = async () => {
        const query = routes.console.query.parse(target.query);
        return { hub: await supervisor.console(target.node), query };
      };
      void consoles().then((open) => open.accept(request, socket, head, find));
    }
  });
  // The socket is made before `listen` returns: nothing else is made with this mask.
  const mask = process.umask(0o177);
  server.listen(socketPath);
  process.umask(mask);
  await once(server, "listening");
  return {
    prepareExec: sessions,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      // The end of the log is what a reader of a lab that ends waits for.
      await settled(answering, lastAnswersMs);
      server.closeAllConnections();
      await (await loading)?.close();
      await (await loadingConsoles)?.close();
      await closed;
    },
  };
}

/** Resolves when every answer that has begun is sent, or its reader is gone; or after `timeoutMs`. */
async function settled(answering: ReadonlySet<ServerResponse>, timeoutMs: number): Promise<void> {
  const begun = [...answering].filter((response) => response.headersSent);
  const all = Promise.all(begun.map((response) => new Promise((resolve) => response.once("close", resolve))));
  await Promise.race([all, new Promise((resolve) => setTimeout(resolve, timeoutMs))]);
}

function handlersOf(supervisor: Supervisor): Handlers {
  return {
    labSummary: () => supervisor.summary(),
    lab: () => supervisor.detail(),
    stop: () => {
      void supervisor.stop("asked to");
      return { state: "stopping" };
    },
    apply: ({ body, signal }) => supervisor.apply(body, signal),
    addLink: ({ body }) => supervisor.links.add(body),
    removeLink: ({ params }) => supervisor.links.remove(params.link),
    setLink: ({ params, body }) => supervisor.links.set(params.link, body.state),
    impairLink: ({ params, body }) => supervisor.links.impair(params.link, body),
    verifyLink: ({ params, body, signal }) => supervisor.links.verify(params.link, body, signal),
    linkStatistics: ({ params }) => supervisor.links.statistics(params.link),
    partition: ({ body }) => supervisor.links.partition(body.words),
    runFaults: ({ body, signal }) => supervisor.runFaults(body, signal),
    faults: () => supervisor.faults.status,
    faultTimeline: ({ params }) => supervisor.faults.timeline(params.run, supervisor.lab.name),
    planFaults: ({ body }) => supervisor.planFaults(body),
    stopFaults: ({ query }) => supervisor.faults.stop(supervisor.lab.name, query.heal),
    nodeAction: ({ params, body }) => supervisor.nodes.act(params.node, body.action),
    snapshotNode: ({ params, body }) => supervisor.nodes.snapshot(params.node, body.action, body.name),
    saveImage: ({ params, body }) => supervisor.files.saveImage(params.node, body.name, body.comment),
    ports: ({ query }) => ({ ports: supervisor.ports(query.node) }),
    nodeConfig: ({ params }) => supervisor.nodes.readConfig(params.node),
    setNodeConfig: ({ params, body }) => supervisor.nodes.pushConfig(params.node, body.text),
    config: () => supervisor.lab,
    node: ({ params }) => supervisor.nodes.inspect(params.node),
    outcome: () => supervisor.outcome,
    startCapture: ({ body }) => supervisor.startCapture(body),
    captures: async () => ({ captures: [...(await supervisor.captures.list())] }),
    capture: ({ params }) => supervisor.captures.get(params.capture),
    stopCapture: ({ params }) => supervisor.captures.stop(params.capture),
    captureStream: ({ params, signal }) => supervisor.captures.stream(params.capture, signal),
    counters: ({ signal }) => supervisor.counters(signal),
    events: ({ query, signal }) => supervisor.events.from(query.from, { follow: query.follow, signal }),
    logs: ({ query, signal }) =>
      supervisor.logs(query.of?.split(",") ?? [], {
        follow: query.follow,
        signal,
        ...(query.tail === undefined ? {} : { tail: query.tail }),
      }),
  };
}

async function answer(handlers: Handlers, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://lab");
  const [name, params] = find(request.method, pathname);
  const route = routes[name];
  const input = {
    params: "params" in route ? route.params.parse(params) : undefined,
    query: strict("query" in route ? route.query : noQuery).parse(Object.fromEntries(searchParams)),
    body: "body" in route ? strict(route.body).parse(await readJson(request, bodyBytes)) : undefined,
    signal: goneSignal(request),
  };
  const result = (handlers[name] as (input: unknown) => unknown)(input);
  if (route.kind === "bytes") await sendBytes(response, result as ByteAnswer<unknown>);
  else if (route.kind === "ndjson") await sendLines(response, result as AsyncIterable<unknown>);
  else sendJson(response, await result);
}

const noQuery = z.object({});
const strictSchemas = new WeakMap<z.ZodObject, z.ZodObject>();

/** What nobody would heed is refused: a field that is misspelt says so. */
function strict(schema: z.ZodObject): z.ZodObject {
  const made = strictSchemas.get(schema) ?? schema.strict();
  strictSchemas.set(schema, made);
  return made;
}

/** @throws NOT_FOUND, METHOD_NOT_ALLOWED */
function find(method: string | undefined, path: string): readonly [keyof Handlers, Readonly<Record<string, string>>] {
  const allowed: string[] = [];
  for (const name of Object.keys(routes) as RouteName[]) {
    const route = routes[name];
    const params = matchPath(route.path, path);
    if (params === undefined || route.kind === "websocket" || route.kind === "archive") continue;
    if (route.method === method) return [name as keyof Handlers, params];
    allowed.push(route.method);
  }
  if (allowed.length > 0) throw labError("METHOD_NOT_ALLOWED", { path, allowed });
  throw labError("NOT_FOUND", { path });
}

/** What an upgrade to a WebSocket is about. */
function upgradeTarget(request: IncomingMessage) {
  try {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://lab");
    for (const route of ["exec", "console", "readFiles", "writeFiles", "readChanges"] as const) {
      const params = matchPath(routes[route].path, pathname);
      if (params === undefined || routes[route].method !== request.method) continue;
      return { route, node: routes[route].params.parse(params).node, query: Object.fromEntries(searchParams) };
    }
    return undefined;
  } catch {
    return undefined;
  }
}

async function transferFiles(
  supervisor: Supervisor,
  target: NonNullable<ReturnType<typeof upgradeTarget>>,
  connection: Socket,
): Promise<void> {
  if (target.route === "readFiles") {
    const query = routes.readFiles.query.parse(target.query);
    await supervisor.files.transfer(target.node, { do: "read", ...query }, connection);
  } else if (target.route === "readChanges") {
    const { latest } = routes.readChanges.query.parse(target.query);
    await supervisor.files.transferChanges(target.node, latest, connection);
  } else {
    const { of, ...query } = routes.writeFiles.query.parse(target.query);
    const request = { do: "write", ...query, ...(of === undefined ? {} : { of }) } as const;
    await supervisor.files.transfer(target.node, request, connection);
  }
}

function goneSignal(request: IncomingMessage): AbortSignal {
  const gone = new AbortController();
  request.socket.once("close", () => gone.abort());
  return gone.signal;
}
