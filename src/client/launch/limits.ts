import { labError } from "../../topology/errors/error.ts";
import { groupLimitsOf, listed } from "../../topology/group-limits.ts";
import type { Lab } from "../../topology/model.ts";

/** @throws LIMIT_NOT_ENFORCEABLE */
export function requireLimits(lab: Lab): void {
  const limits = groupLimitsOf(lab);
  if (limits.length === 0 || lab.resources?.enforce === "if-possible") return;
  throw labError("LIMIT_NOT_ENFORCEABLE", {
    limits: listed(limits),
    why: "it needs control groups, which are not used yet",
    mend: "Leave the limits out.",
  });
}
