import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

/** One test's result, as the runner sums them up. */
export type TestResult = {
  readonly file: string;
  readonly name: string;
  readonly project: string;
  readonly state: "passed" | "failed" | "skipped";
  /** Why it was skipped, in its own words. */
  readonly note?: string;
  readonly durationMs: number;
  /** How often it was tried again. */
  readonly retries: number;
  /** Of the tries that failed, also where the last one passed. */
  readonly errors: readonly string[];
};

/** What one vitest run comes to. `troubles` are errors outside of any test. */
export type Tally = { readonly results: readonly TestResult[]; readonly troubles: readonly string[] };

/** A vitest reporter that writes a Tally to the file named by NETWRIGHT_TALLY. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { message: string }[]): void {
    const file = process.env["NETWRIGHT_TALLY"];
    if (file === undefined) return;
    const results = modules.flatMap((module) =>
      [...module.children.allTests()].map((test): TestResult => {
        const { state, errors = [], ...rest } = test.result();
        const note = "note" in rest ? rest.note : undefined;
        return {
          file: module.relativeModuleId,
          name: test.fullName,
          project: test.project.name,
          // A test that never came to run is no pass.
          state: state === "pending" ? "failed" : state,
          ...(note === undefined ? {} : { note }),
          durationMs: test.diagnostic()?.duration ?? 0,
          retries: test.diagnostic()?.retryCount ?? 0,
          errors: errors.map((error) => error.message),
        };
      }),
    );
    const troubles = [...modules.flatMap((module) => module.errors()), ...unhandled].map((error) => error.message);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ results, troubles } satisfies Tally));
  }
}
