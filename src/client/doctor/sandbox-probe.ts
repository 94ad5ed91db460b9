import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { labError } from "../../topology/errors/error.ts";
import { entryOf } from "../installation.ts";
import { openSandbox } from "../launch/sandbox.ts";
import { makeUserNamespace } from "../launch/user-namespace.ts";
import type { KernelFindings } from "./check.ts";

const deadlineMs = 30_000;

/**
 * Finds out what the kernel can do for a lab by doing it, in a sandbox as labs have.
 *
 * @throws USER_NAMESPACES_FORBIDDEN and the other errors of starting a lab
 */
export async function probeKernel(
  environment: Readonly<Record<string, string | undefined>>,
  path: string,
): Promise<KernelFindings> {
  const signal = AbortSignal.timeout(deadlineMs);
  const user = await makeUserNamespace(path, signal);
  const { NODE_OPTIONS: _, ...rest } = environment;
  const sandbox = await openSandbox({
    user,
    argv: [process.execPath, entryOf("lab/probe", import.meta.url)],
    environment: { ...rest, PATH: path },
    output: "pipe",
    signal,
  });
  try {
    sandbox.stdin.end();
    const said = sandbox.output === undefined ? Promise.resolve("") : text(sandbox.output).catch(() => "");
    const lines = createInterface({ input: sandbox.reports })[Symbol.asyncIterator]();
    const aborted = new Promise<undefined>((resolve) =>
      signal.addEventListener("abort", () => resolve(undefined), { once: true }),
    );
    const ended = sandbox.ended.then(
      () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 50)),
    );
    const line = await Promise.race([lines.next(), ended, aborted]);
    if (line === undefined || line.done)
      throw labError("SANDBOX_FAILED", { reason: `the probe ended without an answer. ${(await said).trim()}` });
    return JSON.parse(line.value) as KernelFindings;
  } finally {
    sandbox.kill();
    sandbox.detach();
  }
}
