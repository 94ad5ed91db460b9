/** Labs as fixtures of Vitest. */
import { expect, type TestAPI, test } from "vitest";
import { explainFailure, failureFolder, keepsAll } from "./failure.ts";
import { startLab, type TestLab } from "./lab.ts";
import type { LabOptions, LabSource } from "./options.ts";
import { packetMatchers } from "./packets/vitest.ts";

expect.extend(packetMatchers);

export type { LabOptions, LabSource } from "./options.ts";
// Said again, so that the declarations bring the types of the matchers.
export { packetMatchers } from "./packets/vitest.ts";

export type LabTestOptions = LabOptions & {
  /** `test` (when absent): each test has a lab of its own. `file`: the tests of a file share one. */
  readonly scope?: "test" | "file";
};

/**
 * Vitest's `test` with a fixture `lab`, which comes up for a test that asks for it.
 *
 * ```ts
 * const test = labTest("lab.yaml");
 * test("reaches the server", async ({ lab }) => {
 *   expect((await lab.node("h1").ping("h2")).loss).toBe(0);
 * });
 * ```
 */
export function labTest(source: LabSource, options: LabTestOptions = {}): TestAPI<{ lab: TestLab }> {
  if (options.scope === "file") {
    return test.extend<{ lab: TestLab }>({
      lab: [
        // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from it which fixtures this one needs.
        async ({}, use) => {
          await using lab = await startLab(source, options);
          await use(lab);
        },
        { scope: "file" },
      ],
    }) as TestAPI<{ lab: TestLab }>;
  }
  return test.extend<{ lab: TestLab }>({
    lab: async ({ task }, use) => {
      await using lab = await startLab(source, options);
      await use(lab);
      const title = [task.suite?.name, task.name].filter(Boolean).join(" ");
      if (task.result?.state === "fail") await explainFailure(lab, title, options, task.result.errors ?? []);
      else if (keepsAll(options)) await lab.bundle(failureFolder(title, options), { last: true });
    },
  });
}
