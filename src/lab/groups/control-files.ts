import type { GroupController, GroupResources } from "../../topology/index.ts";

/** Of a group, with `cpuacct` where processor time is counted by a controller of its own. */
export type Accounting = GroupController | "cpuacct";

/** One write to a file of a group. */
export type ControlWrite = {
  readonly controller: GroupController;
  readonly file: string;
  readonly value: string;
  /** Not every kernel has it. */
  readonly optional?: true;
};

/** How the files of control groups of a version are called and written (cgroups(7); admin-guide/cgroup-v1, cgroup-v2). */
export type ControlFiles = {
  /** What enforces a limit, as it is told. */
  readonly enforcers: Readonly<Record<GroupController, string>>;
  /** What makes exactly these limits hold; what is not among them is not limited. */
  writes(limits: GroupResources): readonly ControlWrite[];
  /** Processor time so far, in seconds. */
  readonly time: { readonly controller: Accounting; readonly file: string; seconds(text: string): number };
  /** Of now, in bytes. */
  readonly memory: string;
  /** In which `oom_kill N` counts processes of the group that were ended for want of memory. */
  readonly kills: string;
};

/** In microseconds, of both versions. */
const period = 100_000;
const quota = (cpus: number | undefined, unlimited: string) =>
  cpus === undefined ? unlimited : String(Math.max(1000, Math.round(cpus * period)));

const pids = ({ processes }: GroupResources): ControlWrite => ({
  controller: "pids",
  file: "pids.max",
  value: String(processes ?? "max"),
});

export const controlFiles: Readonly<Record<1 | 2, ControlFiles>> = {
  1: {
    enforcers: {
      cpu: "control groups, version 1: cpu.cfs_quota_us",
      memory: "control groups, version 1: memory.limit_in_bytes",
      pids: "control groups, version 1: pids.max",
    },
    writes: (limits) => {
      const bytes = String(limits.memoryBytes ?? -1);
      const swap = { controller: "memory", file: "memory.memsw.limit_in_bytes", optional: true } as const;
      return [
        { controller: "cpu", file: "cpu.cfs_period_us", value: String(period) },
        { controller: "cpu", file: "cpu.cfs_quota_us", value: quota(limits.cpus, "-1") },
        // That of memory with swap may never be less than that of memory.
        { ...swap, value: "-1" },
        { controller: "memory", file: "memory.limit_in_bytes", value: bytes },
        { ...swap, value: bytes },
        pids(limits),
      ];
    },
    time: { controller: "cpuacct", file: "cpuacct.usage", seconds: (text) => Number(text) / 1e9 },
    memory: "memory.usage_in_bytes",
    kills: "memory.oom_control",
  },
  2: {
    enforcers: {
      cpu: "control groups, version 2: cpu.max",
      memory: "control groups, version 2: memory.max",
      pids: "control groups, version 2: pids.max",
    },
    writes: (limits) => [
      { controller: "cpu", file: "cpu.max", value: `${quota(limits.cpus, "max")} ${period}` },
      { controller: "memory", file: "memory.max", value: String(limits.memoryBytes ?? "max") },
      // What is swapped out counts on its own there.
      {
        controller: "memory",
        file: "memory.swap.max",
        value: limits.memoryBytes === undefined ? "max" : "0",
        optional: true,
      },
      pids(limits),
    ],
    time: {
      controller: "cpu",
      file: "cpu.stat",
      seconds: (text) => Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) / 1e6,
    },
    memory: "memory.current",
    kills: "memory.events",
  },
};
