import { isMachine, type Lab } from "./model.ts";
import { type GroupController, type GroupResources, groupLimits } from "./resources.ts";

/** A limit that only a control group can enforce. */
export type GroupLimit = {
  /** As it is told: `memory of node h1`. */
  readonly what: string;
  readonly controller: GroupController;
};

const words = { cpus: "cpus", memoryBytes: "memory", processes: "processes" } as const;

/**
 * The limits of a lab that no other thing than a control group can enforce. Limits of a process stand in for the
 * number of processes of a whole lab (getrlimit(2)).
 */
export function groupLimitsOf({ nodes, resources = {} }: Lab): readonly GroupLimit[] {
  const limits = (of: GroupResources, owner: string): readonly GroupLimit[] =>
    groupLimits.flatMap(({ key, controller }) =>
      of[key] === undefined ? [] : [{ what: `${words[key]} of ${owner}`, controller }],
    );
  return [
    // Those of a container are its engine's to enforce.
    ...nodes
      .filter(isMachine)
      .filter(({ engine }) => engine !== "container")
      .flatMap((node) => limits(node.resources ?? {}, `node ${node.name}`)),
    ...limits(resources, "the lab").filter(({ controller }) => controller !== "pids"),
  ];
}

/** At most a few of them, for an error. */
export const listed = (limits: readonly GroupLimit[]): readonly string[] => {
  const most = 4;
  const more = limits.length - most;
  return [...limits.slice(0, most).map(({ what }) => what), ...(more > 0 ? [`${more} more`] : [])];
};
