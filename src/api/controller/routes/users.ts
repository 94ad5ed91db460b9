import * as z from "zod";
import { Name, pageOf, User } from "../resources.ts";
import { page, password } from "./parts.ts";
import type { ControllerRoute } from "./route.ts";

export const userRoutes = {
  users: {
    method: "GET",
    path: "/users",
    tag: "users",
    summary: "All users",
    access: "server-admin",
    query: page,
    response: pageOf(User),
    status: 200,
    kind: "json",
  },
  createUser: {
    method: "POST",
    path: "/users",
    tag: "users",
    summary: "Make a user",
    access: "server-admin",
    body: z.object({
      name: Name,
      displayName: z.string().max(100).default(""),
      password,
      isAdmin: z.boolean().default(false),
    }),
    response: User,
    status: 201,
    kind: "json",
  },
  changeUser: {
    method: "PATCH",
    path: "/users/:user",
    tag: "users",
    summary: "Change a user; who is disabled is signed out everywhere",
    access: "server-admin",
    body: z.object({
      displayName: z.string().max(100).optional(),
      isAdmin: z.boolean().optional(),
      isDisabled: z.boolean().optional(),
      password: password.optional(),
    }),
    response: User,
    status: 200,
    takesIfMatch: true,
    kind: "json",
  },
  deleteUser: {
    method: "DELETE",
    path: "/users/:user",
    tag: "users",
    summary: "Remove a user with all sessions, tokens and roles; their labs stay",
    access: "server-admin",
    status: 204,
    kind: "json",
  },
  endUserSessions: {
    method: "DELETE",
    path: "/users/:user/sessions",
    tag: "users",
    summary: "Sign a user out everywhere, and revoke their tokens",
    access: "server-admin",
    status: 204,
    kind: "json",
  },
} as const satisfies Readonly<Record<string, ControllerRoute>>;
