import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Where Netwright's own files are. `root` holds package.json. */
export type Installation = { readonly root: string; readonly version: string };

/**
 * Finds the installation that `from` (an `import.meta.url`) belongs to: the folder with its package.json.
 * Sources, built files and bundles lie at different depths, so it is looked for and not counted.
 */
export function findInstallation(from: string): Installation {
  for (let folder = dirname(fileURLToPath(from)); ; folder = dirname(folder)) {
    const manifest = `${folder}/package.json`;
    if (existsSync(manifest)) {
      const { name, version } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string; version?: string };
      if (name === "netwright") return { root: folder, version: version ?? "0.0.0" };
    }
    if (dirname(folder) === folder) throw new Error(`No package.json of netwright above ${from}`);
  }
}

/** The program of a part that runs as a process of its own: the source when `from` is source, else the built file. */
export function entryOf(part: string, from: string): string {
  const { root } = findInstallation(from);
  return from.endsWith(".ts") ? `${root}/src/${part}.ts` : `${root}/dist/${part}.js`;
}
