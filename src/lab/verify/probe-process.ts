import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Namespace } from "../../kernel/index.ts";
import { labError } from "../../topology/index.ts";
import type { Sender } from "../panel/panel.ts";
import { programOf } from "../program.ts";
import { netnsFds, type ProbeReport, type ProbeRequest, reportFd, tapFds } from "./protocol.ts";

/** How much of what a process said that failed is told. */
const mostComplaint = 2000;

export type Probing = {
  readonly link: string;
  readonly ends: readonly [Sender, Sender];
  readonly request: Omit<ProbeRequest, "ends">;
  /** The process is ended after this. */
  readonly timeoutMs: number;
  readonly progress: (share: number) => void;
  readonly signal: AbortSignal;
};

/**
 * Runs the program that measures a link (main.ts) to its end. It is this process's child, in the
 * sandbox and in the panel's network namespace, and gets the namespaces of both ends as files.
 *
 * @throws PROBE_FAILED, TIMED_OUT, VERIFY_BROKEN_OFF when `signal` aborts
 */
export async function runProbe(probing: Probing): Promise<Extract<ProbeReport, { type: "measured" }>> {
  const { link, ends, timeoutMs, progress, signal } = probing;
  using panel = Namespace.current("net");
  const request: ProbeRequest = {
    ...probing.request,
    ends: ends.map(({ name, tapFd }, end) => ({
      netnsFd: netnsFds[end as 0 | 1],
      interface: name,
      ...(tapFd === undefined ? {} : { tapFd: tapFds[end as 0 | 1] }),
    })),
  };
  const namespaces = ends.map(({ netns = panel }) => netns.fd);
  const taps = ends.map(({ tapFd = "ignore" as const }) => tapFd);
  const child = spawn(process.execPath, [programOf("lab/verify/main"), JSON.stringify(request)], {
    stdio: ["ignore", "ignore", "pipe", "pipe", ...namespaces, ...taps],
  });
  const { promise, resolve, reject } = Promise.withResolvers<Extract<ProbeReport, { type: "measured" }>>();
  let complaint = "";
  child.stderr?.on("data", (data: Buffer) => {
    complaint = (complaint + data.toString()).slice(-mostComplaint);
  });
  const lines = createInterface({ input: child.stdio[reportFd] as Readable });
  lines.on("line", (line) => {
    const report = JSON.parse(line) as ProbeReport;
    if (report.type === "progress") progress(report.share);
    else if (report.type === "measured") resolve(report);
    else reject(labError("PROBE_FAILED", { link, reason: report.message }));
  });
  child.once("error", (error) => reject(labError("PROBE_FAILED", { link, reason: error.message }, { cause: error })));
  // After what it reported has been read.
  child.once("close", (code, by) => {
    const how = `its process ended (${by ?? `exit code ${code}`})`;
    reject(labError("PROBE_FAILED", { link, reason: complaint.trim() === "" ? how : `${how}: ${complaint.trim()}` }));
  });
  const timer = setTimeout(
    () => reject(labError("TIMED_OUT", { what: `Measuring link ${link}`, afterMs: timeoutMs })),
    timeoutMs,
  );
  const abort = () => reject(labError("VERIFY_BROKEN_OFF", { link }));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    child.kill("SIGKILL");
    lines.close();
  }
}
