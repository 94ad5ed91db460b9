import type { FastifyInstance, FastifyReply } from "fastify";
import type { Callers } from "../identity/callers.ts";
import { type OidcSignIn, oidcPaths } from "../identity/oidc.ts";
import type { AuditLog } from "./audit-log.ts";

/** What a browser keeps while somebody is at the provider. */
const stateCookie = "netwright-oidc";
const stateSeconds = 600;
/** How who comes back is answered (RFC 9110, 15.4.3). */
const redirected = 302;

/** Adds the two addresses that a browser visits to sign in by a provider of identities. */
export function addOidcRoutes(
  app: FastifyInstance,
  {
    signIn,
    callers,
    audit,
    isSecure,
    setSession,
  }: {
    readonly signIn: OidcSignIn;
    readonly callers: Callers;
    readonly audit: AuditLog;
    readonly isSecure: boolean;
    readonly setSession: (reply: FastifyReply, secret: string) => void;
  },
): void {
  // Lax: the browser comes back from a page of the provider's.
  const settings = { path: oidcPaths.begin, httpOnly: true, sameSite: "lax", secure: isSecure } as const;
  app.get(oidcPaths.begin, async (_request, reply) => {
    const { url, state } = await signIn.begin();
    return reply.setCookie(stateCookie, state, { ...settings, maxAge: stateSeconds }).redirect(url);
  });
  app.get(oidcPaths.back, async (request, reply) => {
    const at = request.url.indexOf("?");
    const query = at < 0 ? "" : request.url.slice(at);
    const user = await signIn.end(query, request.cookies[stateCookie], (named) => audit.signsIn(request, named));
    audit.signsIn(request, user.name);
    const { secret } = await callers.open(user, {
      address: request.ip,
      agent: request.headers["user-agent"] ?? "",
    });
    setSession(reply, secret);
    await audit.note(request, redirected);
    return reply.clearCookie(stateCookie, settings).redirect("/", redirected);
  });
}
