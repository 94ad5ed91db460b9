/** What a whole node or all nodes of a lab together may use: limits of control groups (cgroups(7)). */
export type GroupResources = {
  /** Processor time, in processors: 0.5 is half of one's. */
  readonly cpus?: number;
  /** Memory, swapped out or not, in bytes. */
  readonly memoryBytes?: number;
  /** Processes and threads. */
  readonly processes?: number;
};

/** What a node may use. */
export type NodeResources = GroupResources & {
  /** Memory for the data of each program with all its threads, in bytes (RLIMIT_DATA, getrlimit(2)). */
  readonly programMemoryBytes?: number;
  /** Of each program (RLIMIT_NOFILE). */
  readonly openFiles?: number;
};

/** What all nodes of a lab may use together. */
export type LabResources = GroupResources & {
  /** A limit that this machine cannot enforce does not keep the lab from starting. */
  readonly enforce?: "if-possible";
};

/** The limits of a group, in the order in which they are told; each needs a controller of that name (cgroups(7)). */
export const groupLimits = [
  { key: "cpus", controller: "cpu" },
  { key: "memoryBytes", controller: "memory" },
  { key: "processes", controller: "pids" },
] as const satisfies readonly { readonly key: keyof GroupResources; readonly controller: string }[];

export type GroupController = (typeof groupLimits)[number]["controller"];
