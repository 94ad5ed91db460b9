import { labError } from "../topology/errors/error.ts";
import type { ProgramNode } from "../topology/model.ts";
import { groupLimits } from "../topology/resources.ts";

const words = { cpus: "cpus", memoryBytes: "memory", processes: "processes" } as const;

/** A lab's own Podman has no control groups to limit a container with. @throws LIMIT_NOT_ENFORCEABLE */
export function requireNoGroupLimits(nodes: readonly ProgramNode[]): void {
  const limits = nodes.flatMap(({ name, resources = {} }) =>
    groupLimits.filter(({ key }) => resources[key] !== undefined).map(({ key }) => `${words[key]} of node ${name}`),
  );
  if (limits.length === 0) return;
  throw labError("LIMIT_NOT_ENFORCEABLE", {
    limits,
    why: "Podman without root, within the lab, has no control groups for its containers",
    mend: "Use an engine that runs as root, or engine: namespace.",
  });
}
