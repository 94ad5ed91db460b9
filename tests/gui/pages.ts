import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { tryLock } from "../../src/kernel/index.ts";

/** Where a run of vitest has its pages. */
const variable = "NETWRIGHT_BUILT_PAGES";
const root = join(import.meta.dirname, "../..");

/** Vitest's globalSetup: a folder for the pages of this run, which are not those of another version of the sources. */
export default async function setUp(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "nw-pages-"));
  process.env[variable] = folder;
  return () => rm(folder, { recursive: true, force: true });
}

/**
 * The pages as they are published, built by whichever test file of a run needs them first.
 *
 * @param own where they go when this is no run of vitest
 * @returns their folder, which is not to be written in
 */
export async function builtPages(own: string): Promise<string> {
  const shared = process.env[variable];
  const folder = join(shared ?? own, "pages");
  for (;;) {
    const lock = shared === undefined ? undefined : tryLock(join(shared, "lock"), "exclusive");
    if (shared !== undefined && lock === undefined) {
      await sleep(100);
      continue;
    }
    try {
      if (!existsSync(join(folder, "index.html"))) await build(folder);
      return folder;
    } finally {
      lock?.release();
    }
  }
}

async function build(to: string): Promise<void> {
  await promisify(execFile)(join(root, "node_modules/.bin/vite"), ["build", "--outDir", to, "--logLevel", "warn"], {
    cwd: join(root, "web"),
    // As they are published: the runner's own setting would make them development's.
    env: { ...process.env, NODE_ENV: "production" },
  });
}
