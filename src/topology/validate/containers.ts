import type { Findings } from "../findings.ts";
import { type LabNode, runsPrograms } from "../model.ts";
import type { LabResources } from "../resources.ts";

/** What all nodes of a lab may use together cannot be enforced on containers: it is refused, instead of left out. */
export function validateContainers(
  nodes: readonly LabNode[],
  resources: LabResources | undefined,
  findings: Findings,
): void {
  const { enforce, ...limits } = resources ?? {};
  if (enforce === "if-possible" || Object.keys(limits).length === 0) return;
  const container = nodes.filter(runsPrograms).find(({ engine }) => engine === "container");
  if (container !== undefined)
    findings.error("RESOURCES_OF_LAB_WITH_CONTAINERS", { node: container.name }, ["resources"], "key");
}
