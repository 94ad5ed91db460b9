import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import type { CopyResult } from "../../api/index.ts";
import { labError } from "../../topology/index.ts";
import type { Agent } from "../agent/agent.ts";
import { admitToLab } from "./admission.ts";
import { type AppOptions, apiPrefix } from "./app-options.ts";

/** Of one file. */
const mostBytes = 4 * 1024 * 1024 * 1024;

export const UploadQuery = z.strictObject({
  /** In the node, from its root: a folder that is there, and a name. */
  path: z
    .string()
    .max(4096)
    .regex(/^\/(?:.*\/)?[^/\0]+$/, "a path from the root, with a name at its end")
    .refine((path) => !/(^|\/)\.\.?$/.test(path), "a name at its end"),
});

type UploadPath = { readonly folder: string; readonly name: string };

/** @throws ZodError */
function uploadPath(query: unknown): UploadPath {
  const { path } = UploadQuery.parse(query);
  const at = path.lastIndexOf("/");
  return { folder: path.slice(0, at) || "/", name: path.slice(at + 1) };
}

/** Where a file is put into a node, as a body of bytes: what browsers can send, who know no other connections. */
export const uploadRoute = "/projects/:project/labs/:lab/nodes/:node/file";

/** Adds the route by which a file comes. */
export async function addUploads(app: FastifyInstance, options: AppOptions): Promise<void> {
  await app.register(async (uploads) => {
    // Bodies of bytes are for this route alone, and read by who puts them somewhere, at their pace.
    uploads.addContentTypeParser("application/octet-stream", { bodyLimit: mostBytes }, (_request, payload, done) => {
      done(null, payload);
    });
    uploads.put(`${apiPrefix}${uploadRoute}`, async (request, reply) => {
      const { project = "", lab = "", node = "" } = request.params as Record<string, string>;
      const access = { access: "operator", summary: "Put a file into a node" } as const;
      const { row } = await admitToLab(options, request, access, { project, lab });
      const path = uploadPath(request.query);
      const result = await putUpload(options.agent, row.run_name, node, path, request, reply).finally(
        // What is refused is read to its end, since browsers look at no answer before.
        () => request.raw.resume(),
      );
      await options.audit.note(request, 200);
      return reply.type("application/json").send(JSON.stringify(result));
    });
  });
}

/** @throws COPY_NO_FOLDER, COPY_FAILED, COPY_UNSUPPORTED, … */
async function putUpload(
  agent: Agent,
  lab: string,
  node: string,
  { folder, name }: UploadPath,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<CopyResult> {
  const sizeBytes = Number(request.headers["content-length"]);
  // A body in pieces does not say how long it is, which an archive must.
  if (!Number.isSafeInteger(sizeBytes)) throw labError("BODY_LENGTH_UNKNOWN", {});
  if (sizeBytes > mostBytes) throw labError("BODY_TOO_LONG", { mostBytes });
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort(labError("COPY_BROKEN_OFF", { what: "What was sent" })));
  const body = request.body as AsyncIterable<Uint8Array> | undefined;
  const bytes = body ?? (async function* () {})();
  return agent.client(lab).putFile(node, folder, { name, sizeBytes, bytes }, { signal: gone.signal });
}
