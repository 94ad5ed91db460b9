import { explainFailure, failureFolder, keepsAll, startFor } from "./failure.ts";
import type { TestLab } from "./lab.ts";
import type { LabOptions, LabSource } from "./options.ts";

/**
 * Runs `body` with a lab of its own, in any test runner. When it fails, or the lab does not come up, the lab's
 * folder is kept, and the error says where.
 *
 * @param title names the folder
 */
export async function withLab<Value>(
  title: string,
  source: LabSource,
  body: (lab: TestLab) => Promise<Value> | Value,
  options: LabOptions = {},
): Promise<Value> {
  await using lab = await startFor(title, source, options);
  try {
    const value = await body(lab);
    if (keepsAll(options)) await lab.bundle(failureFolder(title, options), { last: true });
    return value;
  } catch (error) {
    await explainFailure(lab, title, options, [error]);
    throw error;
  }
}
