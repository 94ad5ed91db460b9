import type { NodeDetail } from "../api/index.ts";
import { type GroupResources, groupLimits, type Lab, type Machine, runsPrograms } from "../topology/index.ts";

type LimitInForce = NonNullable<NodeDetail["limits"]>[number];

const resourceOf = { cpus: "cpus", memoryBytes: "memory", processes: "processes" } as const;

/** The limits of a node, as they are told: the lab file's, and by what the kernel enforces them. */
export function limitsInForce(node: Machine, lab: Lab): LimitInForce[] {
  const ofGroup = (of: string, limits: GroupResources, whole: boolean): LimitInForce[] =>
    groupLimits.flatMap(({ key }) => {
      const most = limits[key];
      if (most === undefined) return [];
      const resource = resourceOf[key];
      if (key === "processes" && whole)
        return [{ resource, most, of: "each user, over the whole lab", enforcedBy: "RLIMIT_NPROC" }];
      return [{ resource, most, of, enforcedBy: "nothing" }];
    });
  const { programMemoryBytes, openFiles } = runsPrograms(node) ? (node.resources ?? {}) : {};
  const ofProgram = (
    resource: LimitInForce["resource"],
    most: number | undefined,
    enforcedBy: string,
  ): LimitInForce[] => (most === undefined ? [] : [{ resource, most, of: "each program", enforcedBy }]);
  return [
    ...ofGroup("the node", node.resources ?? {}, false),
    ...ofProgram("program-memory", programMemoryBytes, "RLIMIT_DATA"),
    ...ofProgram("open-files", openFiles, "RLIMIT_NOFILE"),
    ...ofGroup("all nodes of the lab", lab.resources ?? {}, true),
  ];
}
