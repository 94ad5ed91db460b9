import { labError } from "./errors/error.ts";
import type { Process, ProcessName } from "./model.ts";
import { nearest } from "./nearest.ts";

export type Selection = {
  /** Names or tags; empty: every process. */
  readonly only?: readonly string[];
  /** Names or tags; wins over `only`. */
  readonly exclude?: readonly string[];
};

/**
 * The processes that `--only` and `--exclude` leave, in their order.
 *
 * What a selected process comes after is selected as well, and what that comes after, so that
 * `--only client` also starts the server it waits for. `exclude` wins: an excluded process is not
 * started for anyone's sake, and those that come after it do not wait for it (it is gone from their
 * `after`), as when the server runs elsewhere.
 *
 * @throws PROCESS_NOT_FOUND for a word that is neither a name nor a tag
 */
export function selectProcesses(
  processes: readonly Process[],
  { only = [], exclude = [] }: Selection,
): readonly Process[] {
  const excluded = named(processes, exclude);
  const selected = new Set<ProcessName>();
  const byName = new Map(processes.map((process) => [process.name, process]));
  const waiting = only.length === 0 ? [...byName.keys()] : [...named(processes, only)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const process = byName.get(name);
    if (process === undefined || selected.has(name) || excluded.has(name)) continue;
    selected.add(name);
    waiting.push(...process.after.map((dependency) => dependency.process));
  }
  return processes
    .filter((process) => selected.has(process.name))
    .map((process) =>
      process.after.some((dependency) => excluded.has(dependency.process))
        ? { ...process, after: process.after.filter((dependency) => !excluded.has(dependency.process)) }
        : process,
    );
}

/** The names of the processes that `words` name or tag. */
function named(processes: readonly Process[], words: readonly string[]): ReadonlySet<ProcessName> {
  const names = new Set<ProcessName>();
  for (const word of words) {
    const meant = processes.filter((process) => process.name === word || process.tags.includes(word));
    if (meant.length === 0) {
      const known = new Set(processes.flatMap((process) => [process.name, ...process.tags]));
      const suggestion = nearest(word, known);
      throw labError("PROCESS_NOT_FOUND", {
        word,
        known: [...known],
        ...(suggestion === undefined ? {} : { nearest: suggestion }),
      });
    }
    for (const process of meant) names.add(process.name);
  }
  return names;
}
