import type { TestResult } from "./tally.ts";

/** Tests that may be skipped where CI is set, and why. Any other skip fails the suite there. */
export const expectedSkips: readonly { readonly test: RegExp; readonly why: string }[] = [
  {
    test: /^completion scripts > are (zsh|fish)/,
    why: "a machine has the shells that its people use; bash is everywhere",
  },
  {
    test: /^tshark > (reads|decodes)/,
    why: "tshark is for what Netwright does not decode; the tests beside these need none",
  },
  {
    test: /^control groups of root's: /,
    why: "a machine that is a container itself may have none that can be written; tests/guest has them always",
  },
];

/** Skipped tests that nobody expects, or that do not say why. */
export function unexpectedSkips(results: readonly TestResult[], ci: boolean): readonly string[] {
  return results
    .filter((test) => test.state === "skipped")
    .filter((test) => test.note === undefined || (ci && !expectedSkips.some((skip) => skip.test.test(test.name))))
    .map((test) => `${test.file} > ${test.name}: ${test.note ?? "skipped without a reason"}`);
}
