import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Makes sure that `target` can be mounted on: a folder for a folder, a file for anything else. */
export function makeMountPoint(target: string, source: string): string {
  if (statSync(source).isDirectory()) mkdirSync(target, { recursive: true });
  else {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, "", { flag: "a" });
  }
  return target;
}
