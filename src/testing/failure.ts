import { resolve } from "node:path";
import { writeRemains } from "./bundle.ts";
import { startLab, type TestLab } from "./lab.ts";
import type { LabOptions, LabSource } from "./options.ts";

/** Longer names of tests are cut, for the file system's sake. */
const longestName = 80;
let bundles = 0;

/** Where a test's folder goes: named after the test, and apart from every other of this run. */
export function failureFolder(title: string, { failures }: LabOptions): string {
  const root = failures ?? process.env["NETWRIGHT_FAILURES"] ?? "netwright-failures";
  const name = title
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "")
    .slice(0, longestName);
  bundles += 1;
  return resolve(root, `${name}-${process.pid}-${bundles}`);
}

export const keepsAll = ({ keep }: LabOptions): boolean => keep ?? process.env["NETWRIGHT_KEEP"] === "1";

/** What a failure message says at its end. */
export const whereItIs = (folder: string): string => `Logs, captures and state of the lab: ${folder}`;

/** Starts the lab of a test. Of one that does not come up, a folder is left that says why as far as it came. */
export function startFor(title: string, source: LabSource, options: LabOptions): Promise<TestLab> {
  return startLab(source, options, async (remains) => {
    const folder = failureFolder(title, options);
    await writeRemains(folder, remains);
    sayWhere([remains.error], folder);
  });
}

/**
 * Leaves the folder of a failed test, and says in the error where it is.
 *
 * @param last whether the lab goes with the test
 */
export async function explainFailure(
  lab: TestLab,
  title: string,
  options: LabOptions,
  errors: readonly unknown[],
  last = true,
): Promise<void> {
  const folder = await lab.bundle(failureFolder(title, options), { error: errors[0], last });
  sayWhere(errors, folder);
}

function sayWhere(errors: readonly unknown[], folder: string): void {
  for (const error of errors) {
    if (typeof error !== "object" || error === null) continue;
    const told = error as { message?: unknown; stack?: unknown };
    if (typeof told.message !== "string") continue;
    const message = `${told.message}\n${whereItIs(folder)}`;
    // What is printed is the stack, which begins with the message.
    if (typeof told.stack === "string") told.stack = told.stack.replace(told.message, () => message);
    told.message = message;
  }
}
