import type { FastifyReply, FastifyRequest } from "fastify";
import { controllerRoutes } from "../../api/index.ts";
import { matchPath } from "../../api/path-pattern.ts";
import { labError } from "../../topology/index.ts";
import { apiPrefix } from "./app-options.ts";
import { labFileRoutes } from "./lab-files.ts";
import { labRoutes } from "./lab-route.ts";

const labPrefix = `${apiPrefix}/projects/:project/labs/:lab`;

const known: readonly { readonly method: string; readonly pattern: string }[] = [
  ...Object.values(controllerRoutes).map(({ method, path }) => ({ method, pattern: `${apiPrefix}${path}` })),
  ...Object.values(labFileRoutes).map(({ method, path }) => ({ method, pattern: `${apiPrefix}${path}` })),
  ...labRoutes.map(({ route: { method, path } }) => ({ method, pattern: path.replace("/v1", labPrefix) })),
];

/** Methods that an address may be asked for with (RFC 9110, 10.2.1); none where there is nothing. */
function allowedFor(path: string): readonly string[] {
  try {
    const methods = known.filter(({ pattern }) => matchPath(pattern, path) !== undefined).map(({ method }) => method);
    return [...new Set(methods)];
  } catch {
    return [];
  }
}

/** What is at an address may be asked for in another way. */
export function nothingFor(request: FastifyRequest, reply: FastifyReply): Error {
  const path = request.url.split("?")[0] ?? "";
  const allowed = allowedFor(path);
  if (allowed.length === 0) return labError("NOT_FOUND", { path });
  reply.header("allow", allowed.join(", "));
  return labError("METHOD_NOT_ALLOWED", { path, allowed });
}
