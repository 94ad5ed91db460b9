import * as z from "zod";
import { AuditEntry, pageOf } from "../resources.ts";
import { numberedPage } from "./parts.ts";
import type { ControllerRoute } from "./route.ts";

export const serverRoutes = {
  audit: {
    method: "GET",
    path: "/audit",
    tag: "audit",
    summary:
      "List every change that was asked for, the newest first; of one user, of some targets, or of those refused",
    access: "server-admin",
    query: numberedPage.extend({
      user: z.string().max(100).optional(),
      /** What a target has in it, letter by letter. */
      target: z.string().max(200).optional(),
      refused: z.stringbool().default(false),
    }),
    response: pageOf(AuditEntry),
    status: 200,
    kind: "json",
  },
  host: {
    method: "GET",
    path: "/host",
    tag: "server",
    summary: "This server",
    access: "user",
    response: z.object({ version: z.string(), labs: z.int() }),
    status: 200,
    kind: "json",
  },
} as const satisfies Readonly<Record<string, ControllerRoute>>;
