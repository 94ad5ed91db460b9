import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

/** Runs the tests of a folder as a reader would, and returns what Vitest reports. */
async function vitest(folder: string): Promise<{ readonly numPassedTests: number; readonly numFailedTests: number }> {
  const { VITEST: _, ...environment } = process.env;
  const work = await mkdtemp(join(tmpdir(), "netwright-docs-"));
  try {
    const report = join(work, "report.json");
    const argv = ["run", "--config", "tests/docs/vitest.config.ts", "--reporter", "json", "--outputFile", report];
    const env = { ...environment, NETWRIGHT_DOCS_TESTS: folder };
    // Failed tests make it fail, and are in the report.
    await run(join(root, "node_modules/.bin/vitest"), argv, { cwd: root, env }).catch(() => undefined);
    return JSON.parse(await readFile(report, "utf8"));
  } finally {
    await rm(work, { recursive: true });
  }
}

it.each(["docs/testing.md", "docs/testing-packets.md"])(
  "%s: the first test passes as it is printed, with everything that it names",
  async (name) => {
    const page = await readFile(join(root, name), "utf8");
    const code = /```ts\n\/\/ (\w+\.test\.ts)\n([\s\S]*?)```/.exec(page);
    const build = join(root, "build");
    await mkdir(build, { recursive: true });
    const folder = await mkdtemp(join(build, "docs-test-"));
    try {
      await writeFile(join(folder, code?.[1] ?? ""), code?.[2] ?? "");
      expect(await vitest(folder)).toMatchObject({ numPassedTests: 1, numFailedTests: 0 });
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

it("examples/tested-server passes, and leaves no folder", async () => {
  expect(await vitest(join(root, "examples/tested-server"))).toMatchObject({ numPassedTests: 2, numFailedTests: 0 });
  expect(existsSync(join(root, "netwright-failures"))).toBe(false);
});
