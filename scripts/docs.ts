/**
 * Builds the documentation site into build/docs. The reference pages are made from the sources first:
 * the lab file's from its schema, the command line's from its definitions, the errors' from the
 * catalogue, the API's from its declarations. `--reference` stops there.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vitepress";
import { writeApiReference } from "./docs/api.ts";
import { commandLineReference } from "./docs/command-line.ts";
import { errorReference } from "./docs/errors.ts";
import { labFileReference } from "./docs/lab-file.ts";
import { serverApiReference } from "./docs/server-api.ts";

const root = join(import.meta.dirname, "..");
const reference = join(root, "docs/reference");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

rmSync(reference, { recursive: true, force: true });
mkdirSync(reference, { recursive: true });
writeFileSync(join(reference, "lab-file.md"), labFileReference());
writeFileSync(join(reference, "command-line.md"), commandLineReference());
writeFileSync(join(reference, "errors.md"), errorReference());
writeFileSync(join(reference, "server-api.md"), serverApiReference(version));
await writeApiReference(root, join(reference, "api"));
if (!process.argv.includes("--reference")) {
  await build(join(root, "docs"));
  // By a server: its addresses have no endings, and begin at the root.
  console.log("The site is in build/docs. To read it in a browser: scripts/with-node vitepress preview docs");
}
