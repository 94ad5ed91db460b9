import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { labError } from "../topology/errors/error.ts";
import type { WorkerReport, WorkerRequest } from "./worker-protocol.ts";

/** The ids under which labs run, and how to run the worker under them. */
export type Confinement = {
  /** Tells maps of ids apart: layers that were unpacked under another belong to others. */
  readonly key: string;
  /** Ids 0 … ids − 1 exist. */
  readonly ids: number;
  /** Who root is under these ids, when not this user. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Words that, before those of a command, run it under these ids, with processes and mounts of its own that end with it. */
  readonly prefix: readonly [program: string, ...argv: string[]];
  /** Starts src/images/worker.ts with pipes for its three streams. */
  startWorker(): Promise<ChildProcess>;
};

/** A blob is not what its name says: what it came from may still be whole. */
export class DamagedBlobError extends Error {}

/** Has the worker do something. @throws DamagedBlobError, and what it reports */
export async function runWorker(
  confinement: Confinement,
  request: WorkerRequest,
  failed: (report: Extract<WorkerReport, { type: "failed" }>["error"]) => Error,
  onReport: (report: WorkerReport) => void,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const child = await confinement.startWorker();
  let complaint = "";
  child.stderr?.on("data", (data: Buffer) => {
    complaint += data.toString();
  });
  child.stdin?.on("error", () => undefined);
  child.stdin?.write(`${JSON.stringify(request)}\n`);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let outcome: WorkerReport | undefined;
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on("line", (line) => {
    const report = JSON.parse(line) as WorkerReport;
    if (report.type === "done" || report.type === "failed" || report.type === "damaged") outcome = report;
    else onReport(report);
  });
  child.once("error", reject);
  child.once("close", () => resolve());
  // It removes what it was making when its standard input closes.
  const abort = () => child.stdin?.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await promise;
  } finally {
    signal?.removeEventListener("abort", abort);
    child.stdin?.destroy();
  }
  signal?.throwIfAborted();
  if (outcome?.type === "done") return;
  if (outcome?.type === "failed") throw failed(outcome.error);
  if (outcome?.type === "damaged") throw new DamagedBlobError(outcome.problem);
  throw labError("SANDBOX_FAILED", { reason: complaint.trim() === "" ? "it ended without a word." : complaint.trim() });
}
