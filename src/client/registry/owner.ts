import { readFileSync } from "node:fs";

/** A process, told apart from a later one with the same pid by when it started. */
export type Owner = {
  readonly pid: number;
  /** Clock ticks since boot: field 22 of /proc/pid/stat (proc(5)). */
  readonly startTime: string;
};

/**
 * Reads when process `pid` started.
 *
 * @returns undefined when there is no such process, or only its zombie is left
 */
export function startTimeOf(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  const [state = "X", startTime] = stateAndStartIn(stat);
  return state === "Z" || state === "X" ? undefined : startTime;
}

/** Fields 3 and 22 of the text of a /proc/pid/stat. */
export function stateAndStartIn(stat: string): readonly [state: string | undefined, startTime: string | undefined] {
  // Field 2 is the command in parentheses and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [fields[0], fields[19]];
}

/** This process as an owner. */
export function thisProcess(): Owner {
  const startTime = startTimeOf(process.pid);
  return { pid: process.pid, startTime: startTime ?? "0" };
}

export const isAlive = (owner: Owner): boolean => startTimeOf(owner.pid) === owner.startTime;
