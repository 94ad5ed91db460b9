import { readdirSync, readFileSync } from "node:fs";

/** In kilobytes. */
export type LabMemory = {
  /** What belongs to the programs that the lab is there for: the sum of their proportional set sizes. */
  readonly programs: number;
  /** The same of all other processes of the lab: supervisor, inits and their parents. */
  readonly netwright: number;
};

/**
 * What a lab takes, from below its supervisor.
 *
 * @param isProgram by its command line
 */
export function memoryOf(supervisorPid: number, isProgram: (command: string) => boolean): LabMemory {
  let [programs, netwright] = [0, 0];
  for (const pid of [supervisorPid, ...descendantsOf(supervisorPid)]) {
    const command = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
    const size = proportionalSetSize(pid);
    if (isProgram(command)) programs += size;
    else netwright += size;
  }
  return { programs, netwright };
}

/** smaps_rollup: shared pages count by their share (proc_pid_smaps(5)). */
function proportionalSetSize(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]);
}

/** What the kernel holds, for all that runs on this machine: slabs, page tables, stacks, per-CPU data (proc_meminfo(5)). */
export function kernelMemory(): number {
  const text = readFileSync("/proc/meminfo", "utf8");
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0);
  return ["SUnreclaim", "KernelStack", "PageTables", "Percpu"].reduce((sum, name) => sum + of(name), 0);
}

function descendantsOf(ancestor: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    try {
      // The name of a program may hold spaces and brackets: what is behind the last one counts.
      const parent = Number(
        readFileSync(`/proc/${name}/stat`, "latin1")
          .replace(/^.*\) /s, "")
          .split(" ")[1],
      );
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It has ended.
    }
  }
  const below = (pid: number): readonly number[] => (children.get(pid) ?? []).flatMap((one) => [one, ...below(one)]);
  return below(ancestor);
}
