import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { findInstallation } from "../../client/installation.ts";
import { pagePolicy } from "./pages.ts";

const path = "/api/docs";

/** Files of Swagger UI: its script and its styles, a megabyte and a half that nothing else loads. */
const files = { "swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css" } as const;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Netwright: API</title>
<link rel="stylesheet" href="${path}/swagger-ui.css">
</head>
<body>
<main id="docs"></main>
<script src="${path}/swagger-ui-bundle.js"></script>
<script src="${path}/start.js"></script>
</body>
</html>
`;

/** Who is signed in here can try what they read: as in any page of ours, with the token against forged requests. */
const start = `const session = fetch("/api/v1/session").then((answer) => (answer.ok ? answer.json() : {}));
SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  validatorUrl: null,
  requestInterceptor: async (request) => {
    const { csrfToken } = await session;
    if (csrfToken !== undefined) request.headers["x-csrf-token"] = csrfToken;
    return request;
  },
});
`;

/** The API to be read, and tried, in a browser, from the server's own description of it. Nothing is loaded from elsewhere. */
export function addApiDocs(app: FastifyInstance): void {
  const folder = findFiles();
  if (folder === undefined) return;
  const add = (name: string, type: string, read: () => string | Promise<Buffer>) =>
    app.get(`${path}${name}`, async (_request, reply) => {
      reply.header("content-security-policy", pagePolicy);
      reply.header("cache-control", "no-cache");
      return reply.type(type).send(await read());
    });
  add("", "text/html", () => page);
  add("/start.js", "text/javascript", () => start);
  for (const [name, type] of Object.entries(files)) add(`/${name}`, type, () => readFile(join(folder, name)));
}

/** Beside the built programs, or where they are developed. */
function findFiles(): string | undefined {
  const { root } = findInstallation(import.meta.url);
  return [join(root, "dist/api-docs"), join(root, "node_modules/swagger-ui-dist")].find((folder) =>
    Object.keys(files).every((name) => existsSync(join(folder, name))),
  );
}
