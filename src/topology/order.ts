import type { Process, ProcessName } from "./model.ts";

/**
 * The order in which processes start: each after those it depends on, otherwise as in the lab file.
 * A dependency on a process that is not among them is of no account (it was not selected, or runs
 * already). The reverse is the order in which they stop.
 *
 * Validation refuses labs whose `after` runs in a circle; if one is given all the same, its members
 * come out in the order of the lab file.
 */
export function startOrder(processes: readonly Process[]): readonly Process[] {
  const byName = new Map(processes.map((process) => [process.name, process]));
  const ordered: Process[] = [];
  const entered = new Set<ProcessName>();
  // Depth first with a stack of our own: a chain of dependencies may be longer than the call stack.
  type Visit = { readonly process: Process; next: number };
  for (const first of processes) {
    if (entered.has(first.name)) continue;
    entered.add(first.name);
    const stack: Visit[] = [{ process: first, next: 0 }];
    for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
      const dependency = visit.process.after[visit.next++];
      if (dependency === undefined) {
        ordered.push(visit.process);
        stack.pop();
        continue;
      }
      const process = byName.get(dependency.process);
      if (process === undefined || entered.has(process.name)) continue;
      entered.add(process.name);
      stack.push({ process, next: 0 });
    }
  }
  return ordered;
}
