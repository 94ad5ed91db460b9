import { basename } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import { type CopyResult, LabName, Name, type Role } from "../../api/index.ts";
import { captureFilePattern } from "../../topology/capture/capture.ts";
import { labError } from "../../topology/index.ts";
import type { Agent } from "../agent/agent.ts";
import { type AdmittedToLab, admitToLab, keepOpen } from "./admission.ts";
import { type AppOptions, apiPrefix } from "./app-options.ts";
import { mostSentBytes, type SentFile, sendFile } from "./file-answer.ts";
import { problemOf } from "./problem.ts";

export const FileQuery = z.strictObject({
  /** In the node, from its root; of one that is put there, a folder that is there, and a name. */
  path: z
    .string()
    .max(4096)
    .regex(/^\/(?:.*\/)?[^/\0]+$/, "a path from the root, with a name at its end")
    .refine((path) => !/(^|\/)\.\.?$/.test(path), "a name at its end"),
});

type FilePath = { readonly path: string; readonly folder: string; readonly name: string };

/** @throws ZodError */
function filePath(query: unknown): FilePath {
  const { path } = FileQuery.parse(query);
  const at = path.lastIndexOf("/");
  return { path, folder: path.slice(0, at) || "/", name: path.slice(at + 1) };
}

const labPath = "/projects/:project/labs/:lab";

/**
 * Files as bodies of bytes: what every browser and program can send and take, who know no other connections. One of a
 * node, in both directions, and what a capture has written.
 */
export const labFileRoutes = {
  getFile: {
    method: "GET",
    path: `${labPath}/nodes/:node/file`,
    access: "operator",
    summary: "Get a file of a node",
  },
  putFile: {
    method: "PUT",
    path: `${labPath}/nodes/:node/file`,
    access: "operator",
    summary: "Put a file into a node",
  },
  captureFile: {
    method: "GET",
    path: `${labPath}/captures/:capture/file`,
    access: "viewer",
    summary: "Get the file that a capture writes, as far as it is",
  },
} as const satisfies Readonly<
  Record<string, { readonly method: string; readonly path: string; readonly access: Role; readonly summary: string }>
>;

/** Adds the routes by which files come and go. */
export async function addLabFiles(app: FastifyInstance, options: AppOptions): Promise<void> {
  const { getFile, putFile, captureFile } = labFileRoutes;
  const admitted = async (request: FastifyRequest, reply: FastifyReply, route: { access: Role; summary: string }) => {
    const { project = "", lab = "" } = request.params as Record<string, string>;
    const found = await admitToLab(options, request, route, { project: Name.parse(project), lab: LabName.parse(lab) });
    keepOpen(options, found.admitted, reply.raw, () => reply.raw.destroy());
    return found;
  };
  const noQuery = z.strictObject({});
  await app.register(async (files) => {
    // Bodies of bytes are for these routes alone, and read by who puts them somewhere, at their pace.
    files.addContentTypeParser("application/octet-stream", { bodyLimit: mostSentBytes }, (_request, payload, done) => {
      done(null, payload);
    });
    files.put(`${apiPrefix}${putFile.path}`, async (request, reply) => {
      const { row } = await admitted(request, reply, putFile);
      const { node = "" } = request.params as Record<string, string>;
      const result = await putUpload(
        options.agent,
        row.run_name,
        node,
        filePath(request.query),
        request,
        reply,
      ).finally(
        // What is refused is read to its end, since browsers look at no answer before.
        () => request.raw.resume(),
      );
      await options.audit.note(request, 200);
      return reply.type("application/json").send(JSON.stringify(result));
    });
    files.get(`${apiPrefix}${getFile.path}`, { exposeHeadRoute: false }, async (request, reply) => {
      const found = await admitted(request, reply, getFile);
      return sendNodeFile(options, found, request, reply);
    });
    files.get(`${apiPrefix}${captureFile.path}`, { exposeHeadRoute: false }, async (request, reply) => {
      const { row } = await admitted(request, reply, captureFile);
      noQuery.parse(request.query);
      const { capture = "" } = request.params as Record<string, string>;
      const file = await captureFileOf(options.agent, row.run_name, capture);
      if (file === undefined) throw labError("CAPTURE_FILE_NOT_FOUND", { lab: row.name, file: capture });
      return sendFile(request, reply, file);
    });
  });
}

/** @param capture the name of its file, or while its lab runs its id */
async function captureFileOf(agent: Agent, lab: string, capture: string): Promise<SentFile | undefined> {
  const known = await agent
    .client(lab)
    .captures()
    .catch(() => []);
  const file = basename(known.find(({ id }) => id === capture)?.file ?? capture);
  return captureFilePattern.test(file) ? agent.captureFile(lab, file) : undefined;
}

/** @throws COPY_SOURCE_NOT_FOUND, COPY_NOT_A_FILE, COPY_UNSUPPORTED, … */
async function sendNodeFile(
  { agent, audit, gateKeeper }: AppOptions,
  { row }: AdmittedToLab,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { node = "" } = request.params as Record<string, string>;
  const { path, name } = filePath(request.query);
  const write = (status: number) =>
    // To look into a node takes what changing it does, and is written down as that is.
    audit.write(gateKeeper.whoAsked(request), {
      address: request.ip,
      action: "GET (file)",
      target: request.url.split("?")[0] ?? "",
      status,
    });
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort(labError("COPY_BROKEN_OFF", { what: "Who asked" })));
  try {
    const { sizeBytes, modifiedMs, bytes } = await agent
      .client(row.run_name)
      .getFile(node, path, { signal: gone.signal });
    sendFile(request, reply, { name, sizeBytes, modifiedMs, read: (first, last) => partOfStream(bytes, first, last) });
    await write(reply.statusCode);
  } catch (error) {
    gone.abort(error);
    await write(problemOf(error).status);
    throw error;
  }
  return reply;
}

/** Some of what comes, read at the pace of who takes it. */
function partOfStream(bytes: AsyncIterable<Buffer>, first: number, last: number): Readable {
  const part = new PassThrough();
  const taken = async function* () {
    let at = 0;
    for await (const piece of bytes) {
      const from = Math.max(0, first - at);
      const to = Math.min(piece.length, last + 1 - at);
      at += piece.length;
      if (from < to) yield piece.subarray(from, to);
      if (at > last) return;
    }
  };
  pipeline(taken, part).catch(() => undefined);
  return part;
}

/** @throws COPY_NO_FOLDER, COPY_FAILED, COPY_UNSUPPORTED, … */
async function putUpload(
  agent: Agent,
  lab: string,
  node: string,
  { folder, name }: FilePath,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<CopyResult> {
  const sizeBytes = Number(request.headers["content-length"]);
  // A body in pieces does not say how long it is, which an archive must.
  if (!Number.isSafeInteger(sizeBytes)) throw labError("BODY_LENGTH_UNKNOWN", {});
  if (sizeBytes > mostSentBytes) throw labError("BODY_TOO_LONG", { mostBytes: mostSentBytes });
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort(labError("COPY_BROKEN_OFF", { what: "What was sent" })));
  const body = request.body as AsyncIterable<Uint8Array> | undefined;
  const bytes = body ?? (async function* () {})();
  return agent.client(lab).putFile(node, folder, { name, sizeBytes, bytes }, { signal: gone.signal });
}
