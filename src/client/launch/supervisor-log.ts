import { readFile } from "node:fs/promises";

/** The last lines of a log file that are not empty, for an error message. */
export async function lastLines(file: string, count = 10): Promise<readonly string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count);
}
