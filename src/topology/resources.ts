/** What a node may use. Each is of one program with all its threads, and its children have the same. */
export type NodeResources = {
  /** Memory for its data, in bytes (RLIMIT_DATA, getrlimit(2)). */
  readonly programMemoryBytes?: number;
  readonly openFiles?: number;
};

/** What a lab may use. */
export type LabResources = {
  /** Processes and threads of each user of the lab, over all its nodes (RLIMIT_NPROC). */
  readonly processes?: number;
};
