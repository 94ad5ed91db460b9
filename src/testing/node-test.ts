/** Labs as fixtures of node:test. */
import { type TestContext, type TestOptions, test } from "node:test";
import type { TestLab } from "./lab.ts";
import type { LabOptions, LabSource } from "./options.ts";
import { withLab } from "./with-lab.ts";

export type { LabOptions, LabSource } from "./options.ts";

/**
 * A test with a lab of its own.
 *
 * ```ts
 * labTest("reaches the server", "lab.yaml", async (lab) => {
 *   await lab.node("h1").ping("h2");
 * });
 * ```
 */
export function labTest(
  title: string,
  source: LabSource,
  body: (lab: TestLab, context: TestContext) => Promise<void> | void,
  options: LabOptions & { readonly test?: TestOptions } = {},
): void {
  const { test: testOptions = {}, ...labOptions } = options;
  void test(title, testOptions, (context) =>
    withLab(context.fullName, source, (lab) => body(lab, context), labOptions),
  );
}
