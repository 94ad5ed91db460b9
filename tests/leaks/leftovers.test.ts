import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { leftSince, type Snapshot, type Watch } from "./snapshot.ts";

/** Snapshots from before the suite, by scripts/test.ts, as JSON: `{ [whose]: { watch, before } }`. */
const file = process.env["NETWRIGHT_SNAPSHOT"];
const root = join(import.meta.dirname, "../..");

// Here, where nothing else runs: the demo itself looks for anything left.
it("make demo shows a lab and leaves nothing", { timeout: 180_000 }, async ({ skip }) => {
  if (file === undefined)
    return skip("other tests' labs would be taken for what the demo left; make test runs it alone");
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, "scripts/demo.ts")], { timeout: 150_000 });
  expect(stdout).toMatch(/3 packets transmitted, 3 received/);
  expect(stdout.match(/Full\/-/g)).toHaveLength(2);
  expect(stdout).toContain("Nothing is left");
});

it("leaves nothing of the whole suite on the machine", async ({ skip }) => {
  if (file === undefined) return skip("make test takes the snapshot to compare with, before the suite");
  const snapshots: Record<string, { watch: Watch; before: Snapshot }> = JSON.parse(readFileSync(file, "utf8"));
  expect(Object.keys(snapshots)).not.toEqual([]);
  for (const [whose, { watch, before }] of Object.entries(snapshots)) {
    const left = await leftSince(before, watch);
    expect(left, `left by ${whose}:\n${left.join("\n")}\n`).toEqual([]);
  }
});
