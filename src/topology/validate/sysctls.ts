import type { Findings } from "../findings.ts";
import { nearest } from "../nearest.ts";
import { type LabDraft, runsProgramsDraft } from "../resolve/draft.ts";
import { interfaceOfSysctl } from "../sysctl.ts";

/** A kernel setting of an interface needs the interface. */
export function validateSysctls(draft: LabDraft, findings: Findings): void {
  for (const node of draft.nodes.values()) {
    if (!runsProgramsDraft(node)) continue;
    for (const [setting, { path }] of node.settings.sysctls) {
      const name = interfaceOfSysctl(setting);
      if (name === undefined || name === "lo" || node.interfaces.has(name)) continue;
      const known = [...node.interfaces.keys()];
      const suggestion = nearest(name, known);
      const details = {
        node: node.name,
        interface: name,
        known,
        ...(suggestion === undefined ? {} : { nearest: suggestion }),
      };
      findings.error("INTERFACE_UNKNOWN", details, path, "key");
    }
  }
}
