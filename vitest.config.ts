import { join } from "node:path";
import { defineConfig } from "vitest/config";

/**
 * The suite by what a test needs. `pure` and `house` need nothing but Node; `lab` makes namespaces
 * as whoever runs it, or starts servers; `guest` runs in a virtual machine with Debian's kernel, for what this one may not
 * have; `root` shows the same promises for root; `leaks` runs last, by itself, and
 * compares the machine with what it was (scripts/test.ts runs them all).
 */
const pure = [
  "tests/topology/**/*.test.ts",
  "tests/api/**/*.test.ts",
  "tests/archive/**/*.test.ts",
  "tests/web/**/*.test.ts",
];
const house = ["tests/house/**/*.test.ts"];
// The ways outside of root's labs are other processes than a user's.
const root = ["tests/root/**/*.test.ts", "tests/kernel/**/*.test.ts", "tests/lab/reach.test.ts"];
// An emulated processor takes a whole one of ours: not beside what measures, or has little time.
const guest = [
  "tests/guest/**/*.test.ts",
  "tests/vm/machine.test.ts",
  "tests/lab/appliance*.test.ts",
  "tests/testing/appliance*.test.ts",
  "tests/cli/console.test.ts",
  "tests/appliances/**/*.test.ts",
];
const leaks = ["tests/leaks/**/*.test.ts"];

/** Of tests that run beside others on a machine that may do more besides. scripts/test.ts says which needed it. */
const retry = process.env["CI"] === "true" ? 1 : 0;

// The main thread is where namespaces are entered and FFI calls are made, so no worker threads.
// What is waited for comes when it comes: a poll ends a test that would wait for ever, and decides nothing.
const shared = {
  pool: "forks",
  testTimeout: 120_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 60_000 } },
  // Tests start the command and supervisors some thousand times from the source: what Node makes of it is kept.
  env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "build/compiled") },
} as const;

export default defineConfig({
  test: {
    maxWorkers: 3,
    projects: [
      { test: { ...shared, name: "pure", include: pure } },
      { test: { ...shared, name: "house", include: house, testTimeout: 120_000, hookTimeout: 120_000 } },
      {
        test: {
          ...shared,
          name: "lab",
          include: ["tests/**/*.test.ts"],
          globalSetup: "tests/gui/pages.ts",
          exclude: [...pure, ...house, ...leaks, ...guest, "tests/root/**"],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          retry,
        },
      },
      { test: { ...shared, name: "root", include: root, retry, testTimeout: 240_000, hookTimeout: 60_000 } },
      { test: { ...shared, name: "guest", include: guest, retry, testTimeout: 240_000, hookTimeout: 540_000 } },
      { test: { ...shared, name: "leaks", include: leaks } },
    ],
  },
});
