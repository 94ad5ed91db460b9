#!/usr/bin/env node
import { readFileSync } from "node:fs";

/*
 * The command line's entry. Nothing is imported before it is looked at what is asked: `--version`
 * has nothing to wait for.
 */

const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
  const manifest = new URL("../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  process.stdout.write(`${version}\n`);
} else {
  const { run } = await import("./run.ts");
  process.exitCode = await run(process, argv);
}
