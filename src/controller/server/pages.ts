import { existsSync } from "node:fs";
import { join } from "node:path";
import files from "@fastify/static";
import type { FastifyInstance, FastifyReply } from "fastify";

const common = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";

/** What answers of the API may do in a browser. */
export const apiPolicy = common;

/**
 * What the pages may do: no script but the server's files. Styles are made by the pages themselves, of
 * themes and by the terminal, which has no other way; small pictures are in the style sheets.
 */
export const pagePolicy = `${common}; style-src 'self' 'unsafe-inline'; img-src 'self' data:`;

const start = "index.html";

/** The GUI's built files: beside the built programs, or where `npm run build -w web` puts them; undefined where they are not built. */
export const findPages = (root: string): string | undefined =>
  [join(root, "dist/web"), join(root, "web/dist")].find((folder) => existsSync(join(folder, start)));

/** Serves what is in `folder`. Names below assets/ have a hash of what is in the file, which so never changes. */
export async function servePages(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(files, {
    root: folder,
    cacheControl: false,
    setHeaders: (response, path) => {
      void response.header("content-security-policy", pagePolicy);
      const isHashed = path.startsWith(join(folder, "assets/"));
      void response.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    },
    // Made by the build beside each file (vite.config.ts).
    preCompressed: true,
    index: start,
  });
}

/** Whether somebody opens an address of the GUI: which page that is, the page itself finds out. */
export const asksForPage = (method: string, url: string, accept: string | undefined): boolean =>
  method === "GET" && !url.startsWith("/api/") && !url.startsWith("/assets/") && (accept ?? "").includes("text/html");

export const sendPage = (reply: FastifyReply): FastifyReply => reply.sendFile(start);
