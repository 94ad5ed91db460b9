import type * as z from "zod";
import type { Role } from "../resources.ts";

/** Who may call a route: anybody, who is signed in, server administrators, or members of the project with at least a role. */
export type Access = "anybody" | "user" | "server-admin" | Role;

/**
 * A route of the controller's API, below `/api/v1`. `sse`: server-sent events (WHATWG HTML, 9.2), each with
 * one `response` as its data and its id as the event's.
 */
export type ControllerRoute = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly response?: z.ZodType;
  /** Of a success. */
  readonly status: 200 | 201 | 202 | 204;
  readonly kind: "json" | "sse";
  /** Heeds If-Match: the resource has a revision. */
  readonly takesIfMatch?: true;
  /** Changes nothing, whatever its method: it is not written down. */
  readonly isAsking?: true;
};
