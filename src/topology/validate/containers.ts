import type { Findings } from "../findings.ts";
import { type LabDraft, runsProgramsDraft } from "../resolve/draft.ts";

/** What Netwright has for its own machines and not for containers is refused, instead of left out. */
export function validateContainers(draft: LabDraft, findings: Findings): void {
  for (const node of draft.nodes.values()) {
    if (!runsProgramsDraft(node)) continue;
    const { role, settings, path } = node;
    const isVendors = role?.kind.container !== undefined;
    // The engine that a file names has been looked at where resources are read.
    if (isVendors && settings.engine !== "container" && settings.resources !== undefined)
      findings.error("RESOURCES_OF_CONTAINER", {}, [...path, "resources"], "key");
  }
}
