import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { controllerRoutes } from "../../api/index.ts";
import { admit, admitToLab, keepOpen } from "./admission.ts";
import { type AppOptions, apiPrefix } from "./app-options.ts";
import type { Input } from "./input.ts";
import { passUpgrade } from "./lab-proxy.ts";
import { findLabRoute, isReadableStream } from "./lab-route.ts";
import { isOrigin, isServedAs } from "./origin.ts";
import { problemOf } from "./problem.ts";
import { labStream, lineStream, Streams } from "./streams.ts";

const upgradable = new RegExp(`^${apiPrefix}/projects/([^/]+)/(?:labs/([^/]+)/(.+)|events)$`);

/** Adds terminals, copies of files, and streams: connections that get another protocol. */
export function addUpgrades(app: FastifyInstance, options: AppOptions): void {
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
}

/** Who may open one is decided as for any other request. */
async function upgrade(
  options: AppOptions,
  app: FastifyInstance,
  streams: Streams,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://server");
  const [, project = "", lab, rest = ""] = upgradable.exec(url.pathname) ?? [];
  const refuse = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  const { host, origin } = request.headers;
  const cookies = app.parseCookie(request.headers.cookie ?? "");
  // A WebSocket of a browser cannot carry a header of ours: that it comes from our page is told by its origin.
  const asked = { headers: request.headers, cookies, method: "GET" } as unknown as FastifyRequest;
  const write = (status: number) =>
    options.audit.write(options.gateKeeper.whoAsked(asked), {
      address: request.socket.remoteAddress ?? "",
      action: `${request.method} (upgrade)`,
      target: url.pathname,
      status,
    });
  if (!isServedAs(options.hosts, host)) return void refuse("421 Misdirected Request");
  const protocol = request.headers.upgrade?.toLowerCase() ?? "";
  const isSocket = request.method === "GET" && protocol === "websocket";
  const labRoute = lab === undefined ? undefined : findLabRoute(request.method ?? "GET", rest);
  const isThere = lab === undefined ? isSocket : labRoute !== undefined;
  if (project === "" || !isThere) return void refuse("404 Not Found");
  if (origin !== undefined && !isOrigin(origin, host)) return void refuse("403 Forbidden");
  try {
    if (lab === undefined || labRoute === undefined) {
      const admitted = await admit(options, asked, "viewer", "Hear what happens in a project", project);
      keepOpen(options, admitted, socket, () => socket.destroy());
      const query = controllerRoutes.projectEvents.query.parse(Object.fromEntries(url.searchParams));
      streams.accept(request, socket, head, (signal) => {
        const input = { params: { project }, query, ...admitted, signal } as unknown as Input<"projectEvents">;
        return lineStream(options.handlers.projectEvents(input));
      });
      return;
    }
    const { access, route } = labRoute;
    const { admitted, row } = await admitToLab(options, asked, { access, summary: route.summary }, { project, lab });
    keepOpen(options, admitted, socket, () => socket.destroy());
    const path = `/v1/${rest}${url.search}`;
    if (isSocket && isReadableStream(labRoute)) {
      const change = options.hiding?.lines(row.run_name, labRoute);
      streams.accept(request, socket, head, (signal) => labStream(options.agent, row.run_name, path, signal, change));
      return;
    }
    if (protocol !== labRoute.upgrade) {
      refuse("426 Upgrade Required");
      return;
    }
    await passUpgrade(options.agent, row.run_name, path, request, socket, head);
    await write(101);
  } catch (error) {
    // Who asked for another protocol reads the answer as any other's: programs do, browsers show no more than its status.
    const problem = problemOf(error);
    // Who may only look has asked for a change.
    if (labRoute?.access === "operator") await write(problem.status).catch(() => undefined);
    const body = JSON.stringify(problem);
    const fields = `Connection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}`;
    socket.end(`HTTP/1.1 ${problem.status} ${problem.code}\r\n${fields}\r\n\r\n${body}`);
  }
}
