import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { LogLine } from "../api/resources.ts";
import { labError } from "../topology/errors/error.ts";

export type LogFileOptions = {
  /** For messages. */
  readonly lab: string;
  /** Nodes, processes and services; empty: all. */
  readonly names: readonly string[];
  /** Only so many of the newest lines. */
  readonly tail?: number;
};

/**
 * Reads the log of a lab that is down, in order of arrival.
 *
 * @param directory the lab's log folder, which holds `output.ndjson`, a LogLine a line
 * @throws LOG_SOURCE_NOT_FOUND when nothing of one of `names` is in it
 */
export async function* readLogFile(directory: string, { lab, names, tail }: LogFileOptions): AsyncGenerator<LogLine> {
  const sources = new Set<string>();
  const seen = new Set<string>();
  const newest: LogLine[] = [];
  const file = createReadStream(`${directory}/output.ndjson`);
  for await (const text of createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = parsed(text);
    if (line === undefined) continue;
    sources.add(line.source);
    if (line.node !== undefined) sources.add(line.node);
    const of = names.filter((name) => name === line.source || name === line.node);
    for (const name of of) seen.add(name);
    if (names.length > 0 && of.length === 0) continue;
    if (tail === undefined) {
      yield line;
      continue;
    }
    newest.push(line);
    if (newest.length > tail) newest.shift();
  }
  yield* newest;
  const missing = names.find((name) => !seen.has(name));
  if (missing !== undefined)
    throw labError("LOG_SOURCE_NOT_FOUND", { source: missing, lab, sources: [...sources].sort() });
}

/** A supervisor that was killed may have left half a line. */
function parsed(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}
