import cookie from "@fastify/cookie";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type ControllerRoute, type ControllerRouteName, controllerRoutes } from "../../api/index.ts";
import { addMetrics } from "../metrics/route.ts";
import { addApiDocs } from "./api-docs.ts";
import { type AppOptions, apiPrefix } from "./app-options.ts";
import { readBodies, requireNoNul } from "./bodies.ts";
import { answerForLab } from "./lab-answer.ts";
import { addLabFiles } from "./lab-files.ts";
import { nothingFor } from "./methods.ts";
import { addOidcRoutes } from "./oidc-routes.ts";
import { openApi } from "./openapi.ts";
import { requireHost, requireSameOrigin } from "./origin.ts";
import { answerOwn, setSession, strict } from "./own-answer.ts";
import { apiPolicy, asksForPage, sendPage, servePages } from "./pages.ts";
import { bodyBytes, problemOf } from "./problem.ts";
import { addUpgrades } from "./upgrades.ts";

/** When who was told that the database is gone should ask again (RFC 9110, 10.2.3). */
const retrySeconds = 5;

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
      handler: (request, reply) => answerOwn(options, name, route, request, reply),
    });
  }
  if (options.oidc !== undefined) {
    const setCookie = (reply: FastifyReply, secret: string) => setSession(options, reply, secret);
    addOidcRoutes(app, { ...options.oidc, audit: options.audit, isSecure: options.isSecure, setSession: setCookie });
  }
  if (options.measuring !== undefined) addMetrics(app, options.measuring);
  if (options.pages !== undefined) await servePages(app, options.pages);
  if (options.isDocumented) addApiDocs(app);
  // Made when somebody asks: it takes a good part of the time that a server takes to start.
  let document: ReturnType<typeof openApi> | undefined;
  app.get(`${apiPrefix}/openapi.json`, () => (document ??= openApi(options.version)));
  app.route({
    method: ["GET", "POST", "PUT", "DELETE"],
    url: `${apiPrefix}/projects/:project/labs/:lab/*`,
    handler: (request, reply) => answerForLab(options, request, reply),
  });
  await addLabFiles(app, options);
  addUpgrades(app, options);
  return app;
}

async function sendProblem(options: AppOptions, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const problem = problemOf(error);
  // A lab may go at any time, also while it is asked; and what this machine cannot do is no fault.
  if (problem.status >= 500 && problem.code !== "LAB_LOST" && problem.status !== 501) {
    // What is asked for may have a secret in it: the code of a sign-in, for one.
    options.onFault(error, `${request.method} ${request.url.split("?")[0]}`);
  }
  await options.audit.note(request, problem.status).catch(() => undefined);
  if (problem.status === 503 || problem.status === 507) reply.header("retry-after", String(retrySeconds));
  await reply.code(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}
