import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** What a lab file is called when nobody says otherwise, likeliest first. */
export const labFileNames = ["lab.yaml", "lab.yml", "lab.ts", "lab.js", "lab.mjs"] as const;

/** The lab file in a folder or the nearest folder above it that has one. */
export function findLabFile(directory: string): string | undefined {
  for (let folder = directory; ; folder = dirname(folder)) {
    const file = labFileNames.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (file !== undefined) return file;
    if (dirname(folder) === folder) return undefined;
  }
}
