import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { tryLock } from "../kernel/index.ts";
import { labError, NetwrightError } from "../topology/errors/error.ts";
import { DigestError, unpackLayer } from "./layer/unpack.ts";
import { layerPaths } from "./store/layer-paths.ts";
import type { LayerTask, WorkerReport, WorkerRequest } from "./worker-protocol.ts";

/*
 * What must be done under the ids of a lab's sandbox: unpacking layers, whose files belong to many
 * users, and removing them. A process in a user namespace with the same map as sandboxes have. One
 * WorkerRequest as a JSON line on standard input, which closes when whoever asks goes away; WorkerReports
 * as JSON lines on standard output.
 */

const tell = (report: WorkerReport): void => {
  process.stdout.write(`${JSON.stringify(report)}\n`);
};

/** Between two looks at whether another process has finished a layer. */
const lookMs = 50;

async function unpack(
  task: LayerTask,
  { image, folder, ids }: Extract<WorkerRequest, { do: "unpack" }>,
): Promise<void> {
  const paths = layerPaths(folder, task.diffId);
  let lock = tryLock(paths.lock, "exclusive");
  while (lock === undefined) {
    // Another process unpacks the same layer, or this process's own earlier task did.
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    lock = tryLock(paths.lock, "exclusive");
  }
  try {
    const names = readdirSync(folder);
    const isThere = names.includes(paths.name);
    if (isThere && names.includes(paths.markName)) return;
    for (const name of names) {
      const isLeft = name.startsWith(`${paths.draftPrefix}-`) || name === paths.name;
      if (isLeft) rmSync(`${folder}/${name}`, { recursive: true, force: true });
    }
    const draft = `${folder}/${paths.draftPrefix}-${process.pid}`;
    try {
      mkdirSync(draft, { mode: 0o755 });
      const unpacked = await unpackLayer(task, draft, { image, ids }, (bytes) =>
        tell({ type: "progress", diffId: task.diffId, bytes }),
      );
      renameSync(draft, paths.folder);
      // The mark says that the folder is whole: written last, and under its name at once.
      writeFileSync(`${draft}.mark`, JSON.stringify({ diffId: task.diffId, ...unpacked }));
      renameSync(`${draft}.mark`, paths.mark);
      tell({ type: "unpacked", diffId: task.diffId, ...unpacked });
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      rmSync(`${draft}.mark`, { force: true });
      throw error;
    }
  } finally {
    lock.release();
  }
}

async function work(request: WorkerRequest): Promise<void> {
  switch (request.do) {
    case "unpack":
      for (const task of request.layers) await unpack(task, request);
      return;
    case "remove":
      for (const name of request.names) rmSync(`${request.folder}/${name}`, { recursive: true, force: true });
      return;
    default:
      request satisfies never;
  }
}

function explained(error: unknown, request: WorkerRequest): WorkerReport {
  if (error instanceof DigestError) return { type: "damaged", problem: error.message };
  if (error instanceof NetwrightError) return { type: "failed", error: error.toReport() };
  const { code = "", message } = error as NodeJS.ErrnoException;
  const image = request.do === "unpack" ? request.image : "images";
  const { folder } = request;
  if (code === "ENOSPC" || code === "EDQUOT")
    return { type: "failed", error: labError("IMAGE_STORE_FULL", { image, folder }).toReport() };
  if (code === "ENAMETOOLONG")
    return { type: "failed", error: labError("LAYER_INVALID", { image, problem: message }).toReport() };
  return { type: "failed", error: labError("IMAGE_STORE_REFUSED", { folder, reason: message }).toReport() };
}

const lines = createInterface({ input: process.stdin });
lines.once("line", (line) => {
  const request = JSON.parse(line) as WorkerRequest;
  lines.once("close", () => process.exit(1));
  work(request).then(
    () => {
      tell({ type: "done" });
      process.exit(0);
    },
    (error: unknown) => {
      tell(explained(error, request));
      process.exit(1);
    },
  );
});
