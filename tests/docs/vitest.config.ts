import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** For tests that readers write: `netwright/…` is this checkout. */
const testing = join(import.meta.dirname, "../../src/testing");

export default defineConfig({
  resolve: {
    alias: [
      { find: /^netwright\/(vitest|node-test)$/, replacement: `${testing}/$1.ts` },
      { find: "netwright/testing", replacement: join(testing, "index.ts") },
    ],
  },
  test: { root: process.env["NETWRIGHT_DOCS_TESTS"] ?? ".", testTimeout: 60_000, hookTimeout: 60_000 },
});
