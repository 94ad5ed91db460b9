import { toolPath } from "../launch/id-facts.ts";
import type { Check, CheckResult, Finding, Surroundings } from "./check.ts";
import { readDistribution } from "./distribution.ts";
import { kernelChecks, tapCheck } from "./kernel-checks.ts";
import { limitChecks } from "./limit-checks.ts";
import { namespaceChecks } from "./namespace-checks.ts";
import { programChecks } from "./program-checks.ts";
import { probeKernel } from "./sandbox-probe.ts";

/** Everything doctor looks at, in the order it is shown. */
export const checks: readonly Check[] = [
  ...namespaceChecks,
  ...kernelChecks,
  tapCheck,
  ...limitChecks,
  ...programChecks,
];

/** Finds out what this machine can and cannot do, and what would mend it. Changes nothing. */
export async function examine(environment: Surroundings["environment"]): Promise<readonly CheckResult[]> {
  const path = toolPath(environment["PATH"]);
  const [kernel, sandboxError] = await probeKernel(environment, path).then(
    (findings) => [findings, undefined] as const,
    (error: unknown) => [undefined, error instanceof Error ? error : new Error(String(error))] as const,
  );
  const surroundings: Surroundings = {
    environment,
    path,
    uid: process.getuid?.() ?? 0,
    distribution: readDistribution(),
    kernel,
    sandboxError,
  };
  return Promise.all(checks.map(async (check) => ({ ...about(check), ...(await findingOf(check, surroundings)) })));
}

const about = ({ name, neededFor, required }: Check) => ({ name, neededFor, required: required ?? false });

/** A check that fails itself has found nothing out; the others go on. */
async function findingOf(check: Check, surroundings: Surroundings): Promise<Finding> {
  try {
    return await check.find(surroundings);
  } catch (error) {
    return { status: "unknown", detail: error instanceof Error ? error.message : String(error) };
  }
}
