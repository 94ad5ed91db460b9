import { pathToFileURL } from "node:url";

/**
 * Another program of the installation. Modules are bundled, so only programs are where they were in
 * the source: this one, which is lab/main, and from it the others.
 *
 * @param part of src/ or dist/, e.g. `dataplane/main`
 */
export function programOf(part: string): string {
  const main = pathToFileURL(process.argv[1] ?? "");
  return new URL(`../${part}.${main.pathname.endsWith(".ts") ? "ts" : "js"}`, main).pathname;
}
