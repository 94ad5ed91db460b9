import * as z from "zod";
import { Host, HostOutline, Image, ServerHealth } from "../hosts.ts";
import { pageOf } from "../resources.ts";
import { page } from "./parts.ts";
import type { ControllerRoute } from "./route.ts";

/** All of it to server administrators. */
const shownHost = z.union([Host, HostOutline]);

export const hostRoutes = {
  health: {
    method: "GET",
    path: "/health",
    tag: "server",
    summary: "Whether the server can do its work: for what watches it. 503 when its database is gone",
    access: "anybody",
    response: ServerHealth,
    status: 200,
    kind: "json",
  },
  hosts: {
    method: "GET",
    path: "/hosts",
    tag: "hosts",
    summary: "The machines that labs run on; what is in use of them, for server administrators",
    access: "user",
    query: page,
    response: pageOf(shownHost),
    status: 200,
    kind: "json",
  },
  oneHost: {
    method: "GET",
    path: "/hosts/:host",
    tag: "hosts",
    summary: "A machine that labs run on; what is in use of it, for server administrators",
    access: "user",
    response: shownHost,
    status: 200,
    kind: "json",
  },
  images: {
    method: "GET",
    path: "/images",
    tag: "images",
    summary: "The images that labs of the server have at hand",
    access: "user",
    query: page,
    response: pageOf(Image),
    status: 200,
    kind: "json",
  },
  pullImage: {
    method: "POST",
    path: "/images",
    tag: "images",
    summary: "Fetch an image of a registry, or its newest version. Answers when it is here and unpacked",
    access: "server-admin",
    body: z.object({ reference: z.string().min(1).max(512) }),
    response: Image,
    status: 201,
    kind: "json",
  },
  removeImage: {
    method: "DELETE",
    path: "/images/:image",
    tag: "images",
    summary: "Remove an image that no running lab uses; :image is its name, with / as %2F",
    access: "server-admin",
    status: 204,
    kind: "json",
  },
} as const satisfies Readonly<Record<string, ControllerRoute>>;
