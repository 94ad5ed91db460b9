/** Labs as fixtures of Vitest. */
import { expect, type TestAPI, test, vi } from "vitest";
import { explainFailure, failureFolder, keepsAll, startFor } from "./failure.ts";
import type { TestLab } from "./lab.ts";
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

/** For tests that bring up machines, where the user has not said how long a test may take. */
const usualTimeoutMs = 120_000;

/** Vitest's own limits, of which a virtual machine that boots takes more. */
const vitestsOwn = { testTimeout: 5_000, hookTimeout: 10_000 } as const;

/**
 * Vitest's `test` with a fixture `lab`, which comes up for a test that asks for it.
 *
 * ```ts
 * const test = labTest("lab.yaml");
 * test("reaches the server", async ({ lab }) => {
 *   expect((await lab.node("h1").ping("h2")).loss).toBe(0);
 * });
 * ```
 *
 * Tests of this file may take two minutes, unless Vitest's `testTimeout` says otherwise.
 */
export function labTest(source: LabSource, options: LabTestOptions = {}): TestAPI<{ lab: TestLab }> {
  allowTime();
  if (options.scope === "file") {
    let shared: TestLab | undefined;
    return test.extend<{ lab: TestLab; explain: undefined }>({
      lab: [
        // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from it which fixtures this one needs.
        async ({}, use) => {
          await using lab = await startFor("shared lab", source, options);
          shared = lab;
          await use(lab);
          shared = undefined;
        },
        { scope: "file" },
      ],
      // Of its own: the lab outlives the test that failed.
      explain: [
        async ({ task }, use) => {
          await use(undefined);
          if (shared === undefined) return;
          if (task.result?.state === "fail")
            await explainFailure(shared, titleOf(task), options, task.result.errors ?? [], false);
          else if (keepsAll(options)) await shared.bundle(failureFolder(titleOf(task), options));
        },
        { auto: true },
      ],
    }) as unknown as TestAPI<{ lab: TestLab }>;
  }
  return test.extend<{ lab: TestLab }>({
    lab: async ({ task }, use) => {
      const title = titleOf(task);
      await using lab = await startFor(title, source, options);
      await use(lab);
      if (task.result?.state === "fail") await explainFailure(lab, title, options, task.result.errors ?? []);
      else if (keepsAll(options)) await lab.bundle(failureFolder(title, options), { last: true });
    },
  });
}

const titleOf = ({ suite, name }: { readonly suite?: { readonly name: string } | undefined; readonly name: string }) =>
  [suite?.name, name].filter(Boolean).join(" ");

/** Raises the limits for this file's tests where they are those that Vitest has when nobody sets them. */
function allowTime(): void {
  // There is a function to change the configuration of a run (vi.setConfig), and none to read it.
  const { config } =
    (globalThis as { __vitest_worker__?: { config?: Partial<Record<string, unknown>> } }).__vitest_worker__ ?? {};
  for (const [name, limitMs] of Object.entries(vitestsOwn))
    if (config?.[name] === limitMs) vi.setConfig({ [name]: usualTimeoutMs });
}
