import type { Findings } from "../findings.ts";
import type { LabDraft } from "../resolve/draft.ts";
import type { Segments } from "../resolve/segments.ts";
import { validateAddresses } from "./addresses.ts";
import { validateAlone } from "./alone.ts";
import { validateJoins } from "./joins.ts";
import { validatePorts } from "./ports.ts";
import { validatePrefixes } from "./prefixes.ts";
import { validateRoutes } from "./routes.ts";
import { validateSwitches } from "./switches.ts";
import { validateSysctls } from "./sysctls.ts";

/** Checks what only the whole lab shows. */
export function validate(draft: LabDraft, segments: Segments, findings: Findings): void {
  validatePorts(draft, findings);
  validateSwitches(draft, findings);
  validateAddresses(segments, findings);
  validatePrefixes(draft, segments, findings);
  validateRoutes(draft, segments, findings);
  validateSysctls(draft, findings);
  validateJoins(draft, findings);
  validateAlone(draft, findings);
}
