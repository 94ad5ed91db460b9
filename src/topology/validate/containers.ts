import type { Findings } from "../findings.ts";
import { type LabDraft, runsProgramsDraft } from "../resolve/draft.ts";

/** What Netwright runs on its own machines and not in containers is refused, instead of left out. */
export function validateContainers(draft: LabDraft, findings: Findings): void {
  for (const node of draft.nodes.values()) {
    if (!runsProgramsDraft(node)) continue;
    const { role, settings, path, name } = node;
    const isVendors = role?.kind.container !== undefined;
    if (settings.engine !== "container" && !isVendors) continue;
    const refuse = (what: string, key: string) =>
      findings.error("CONTAINER_UNSUPPORTED", { node: name, what }, [...path, key]);
    if (role !== undefined && !isVendors) refuse(`kind: ${role.kind.name}`, "kind");
    if (settings.frr !== undefined) refuse("frr", "frr");
    if ([...node.interfaces.values()].some(({ dhcp }) => dhcp !== undefined)) refuse("dhcp", "interfaces");
    // The engine that a file names has been looked at where resources are read.
    if (isVendors && settings.engine !== "container" && settings.resources !== undefined)
      findings.error("RESOURCES_OF_CONTAINER", {}, [...path, "resources"], "key");
  }
}
