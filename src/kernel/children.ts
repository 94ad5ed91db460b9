import { readdirSync, readFileSync } from "node:fs";

/** The children of a process, of all its threads (proc_tid_children(5)); none when it has ended. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.flatMap((thread) => numbersIn(`/proc/${pid}/task/${thread}/children`));
  } catch {
    return [];
  }
}

function numbersIn(file: string): readonly number[] {
  try {
    return readFileSync(file, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    // The thread has ended meanwhile.
    return [];
  }
}
