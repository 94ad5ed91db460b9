import type { FastifyRequest } from "fastify";
import { labError } from "../../topology/index.ts";

/** A page of somebody else's cannot ask in the name of who is signed in here (the CSRF token is the second lock). */
export function requireSameOrigin(request: FastifyRequest): void {
  const { origin } = request.headers;
  if (origin === undefined || request.method === "GET" || request.method === "HEAD") return;
  if (!isOrigin(origin, request.host)) throw labError("CSRF_TOKEN_WRONG", {});
}

/**
 * A page of somebody else's whose name was made to lead here (DNS rebinding) is of the same origin to its browser;
 * the name it was called by tells it.
 *
 * @throws HOST_NOT_SERVED
 */
export function requireHost(hosts: readonly string[] | undefined, host: string | undefined): void {
  if (!isServedAs(hosts, host)) throw labError("HOST_NOT_SERVED", { host: host ?? "" });
}

/** @param hosts names without ports; undefined: any */
export const isServedAs = (hosts: readonly string[] | undefined, host = ""): boolean =>
  hosts === undefined || hosts.includes(host.replace(/:\d+$/, "").toLowerCase());

/** Whether a page of `origin` is one of `host`'s. */
export function isOrigin(origin: string, host: string | undefined): boolean {
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}
