import type { NodeDetail } from "../api/index.ts";
import {
  type GroupResources,
  groupLimits,
  groupLimitsOf,
  type Lab,
  labError,
  listed,
  type Machine,
  runsPrograms,
} from "../topology/index.ts";
import type { GroupUse, LabGroups } from "./groups/groups.ts";

type LimitInForce = NonNullable<NodeDetail["limits"]>[number];

const resourceOf = { cpus: "cpus", memoryBytes: "memory", processes: "processes" } as const;

/**
 * The limits of a node, as they are told: the lab file's, by what the kernel enforces them, and what is used of them.
 *
 * @param ofContainers what limits those that are containers
 */
export function limitsInForce(
  node: Machine,
  lab: Lab,
  groups: LabGroups | undefined,
  ofContainers: string,
): LimitInForce[] {
  const isContainer = node.engine === "container";
  const ofGroup = (of: string, limits: GroupResources, use: GroupUse, whole: boolean): LimitInForce[] =>
    groupLimits.flatMap(({ key, controller }) => {
      const most = limits[key];
      if (most === undefined) return [];
      const resource = resourceOf[key];
      if (isContainer) return [{ resource, most, of, enforcedBy: whole ? "nothing" : ofContainers }];
      const by = groups?.enforcerOf(controller);
      if (by === undefined && key === "processes" && whole)
        return [{ resource, most, of: "each user, over the whole lab", enforcedBy: "RLIMIT_NPROC" }];
      const used = use[key];
      return [{ resource, most, ...(used === undefined ? {} : { used }), of, enforcedBy: by ?? "nothing" }];
    });
  const { programMemoryBytes, openFiles } = runsPrograms(node) ? (node.resources ?? {}) : {};
  const ofProgram = (
    resource: LimitInForce["resource"],
    most: number | undefined,
    enforcedBy: string,
  ): LimitInForce[] => (most === undefined ? [] : [{ resource, most, of: "each program", enforcedBy }]);
  return [
    ...ofGroup("the node", node.resources ?? {}, groups?.use(node.name) ?? {}, false),
    ...ofProgram("program-memory", programMemoryBytes, "RLIMIT_DATA"),
    ...ofProgram("open-files", openFiles, "RLIMIT_NOFILE"),
    ...ofGroup("all nodes of the lab", lab.resources ?? {}, groups?.use() ?? {}, true),
  ];
}

/**
 * What a lab that runs is to become may have limits that it had none of when it started.
 *
 * @throws LIMIT_NOT_ENFORCEABLE
 */
export function requireLimits(wanted: Lab, groups: LabGroups | undefined): void {
  const limits = groupLimitsOf(wanted).filter(({ controller }) => groups?.enforcerOf(controller) === undefined);
  if (limits.length === 0 || wanted.resources?.enforce === "if-possible") return;
  throw labError("LIMIT_NOT_ENFORCEABLE", {
    limits: listed(limits),
    why: groups === undefined ? "the lab has no control group" : "the lab's control group has no such limit",
    mend: "Start it anew: netwright down, then netwright up.",
  });
}
