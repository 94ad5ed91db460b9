import type { LabDetail } from "../../../src/api/index.ts";
import type { Lab } from "../../../src/topology/model.ts";
import { makePartition } from "../../../src/topology/partition/make.ts";
import type { Group } from "../graph/Groups.tsx";

/** More would be no picture. */
const mostGroups = 8;

/** Which nodes a partition leaves together, named by letters; none where it is not about groups, or about too many. */
export function groupsOf({
  name,
  nodeStatus,
  partition,
}: Pick<LabDetail, "name" | "nodeStatus" | "partition">): readonly Group[] {
  const [verb] = partition.words;
  if (verb === "heal" || verb === "one-way") return [];
  try {
    // Who hears whom is decided by names alone, and whether they are switches.
    const nodes = nodeStatus.map((node) => ({ name: node.name, kind: node.state === "none" ? "switch" : "host" }));
    const made = makePartition(
      { name, nodes, links: [] } as unknown as Pick<Lab, "name" | "nodes" | "links">,
      partition.words,
    );
    if (made.kind !== "groups") return [];
    const grouped = new Set(made.groups.flat());
    const alone = nodes.filter((node) => node.kind !== "switch" && !grouped.has(node.name)).map((node) => [node.name]);
    const all = [...made.groups, ...alone].filter((group) => group.length > 0);
    return all.length > mostGroups
      ? []
      : all.map((group, index) => ({ name: `Part ${String.fromCharCode(65 + index)}`, nodes: group }));
  } catch {
    // Of a node that has gone since.
    return [];
  }
}

/** The words that part nodes from all others. Switches are in no group: what they join, they join. */
export function splitWords(detail: LabDetail, chosen: readonly string[]): readonly string[] | undefined {
  const machines = detail.nodeStatus.filter(({ state }) => state !== "none").map(({ name }) => name);
  const inside = machines.filter((name) => chosen.includes(name));
  const outside = machines.filter((name) => !chosen.includes(name));
  if (inside.length === 0 || outside.length === 0) return undefined;
  return ["split", ...inside, "--", ...outside];
}
