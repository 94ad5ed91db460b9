import type { NodeDetail } from "../api/index.ts";
import type { Lab, ProgramNode } from "../topology/index.ts";

type LimitInForce = NonNullable<NodeDetail["limits"]>[number];

/** The limits of a node's programs, as they are told: the lab file's, and by what the kernel enforces them. */
export function limitsInForce(node: ProgramNode, lab: Lab): LimitInForce[] {
  const { programMemoryBytes, openFiles } = node.resources ?? {};
  const { processes } = lab.resources ?? {};
  const limit = (
    resource: LimitInForce["resource"],
    most: number | undefined,
    of: string,
    enforcedBy: string,
  ): LimitInForce[] => (most === undefined ? [] : [{ resource, most, of, enforcedBy }]);
  return [
    ...limit("program-memory", programMemoryBytes, "each program", "RLIMIT_DATA"),
    ...limit("open-files", openFiles, "each program", "RLIMIT_NOFILE"),
    ...limit("processes", processes, "each user, over the whole lab", "RLIMIT_NPROC"),
  ];
}
