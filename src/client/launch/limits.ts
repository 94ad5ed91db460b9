import { randomBytes } from "node:crypto";
import { labError, type NetwrightError } from "../../topology/errors/error.ts";
import { groupLimitsOf, listed } from "../../topology/group-limits.ts";
import type { Lab } from "../../topology/model.ts";
import { groupPrefix } from "../registry/groups.ts";
import { findGroupHome, type GroupHome, groupFacts } from "./groups/home.ts";

/** What enforces a lab's limits: its control group, if it needs and can have one, and what is not enforced. */
export type LimitsPlan = {
  readonly home: GroupHome | undefined;
  /** Of the group. */
  readonly name: string;
  readonly warnings: readonly NetwrightError[];
};

/**
 * Finds out how the limits of a lab can be enforced here.
 *
 * @throws LIMIT_NOT_ENFORCEABLE unless the lab takes that
 */
export function planLimits(lab: Lab, facts = groupFacts()): LimitsPlan {
  const name = `${groupPrefix}${lab.name}-${randomBytes(4).toString("hex")}`;
  const limits = groupLimitsOf(lab);
  const wantsGroup = limits.length > 0 || lab.resources?.processes !== undefined;
  if (!wantsGroup) return { home: undefined, name, warnings: [] };
  const home = findGroupHome(facts);
  const found = "parents" in home ? home : undefined;
  const left = limits.filter(({ controller }) => !found?.parents.has(controller));
  if (left.length === 0) return { home: found, name, warnings: [] };
  const reason =
    "parents" in home
      ? {
          why: `its control groups give no ${[...new Set(left.map(({ controller }) => controller))].join(" and no ")} to this user`,
          mend: "Let systemd delegate it: sudo systemctl edit user@.service, with [Service] Delegate=cpu memory pids.",
        }
      : home;
  return { home: found, name, warnings: [notEnforced(lab, { limits: listed(left), ...reason })] };
}

/** Of a group that cannot be made or handed over. @throws LIMIT_NOT_ENFORCEABLE unless the lab takes that */
export function refusedGroup(lab: Lab, error: unknown): readonly NetwrightError[] {
  const limits = groupLimitsOf(lab);
  // Limits of processes stand in.
  if (limits.length === 0) return [];
  const { code, path, message } = error as NodeJS.ErrnoException;
  const why = `the kernel refused a control group (${code === undefined ? message : `${code}: ${path}`})`;
  return [notEnforced(lab, { limits: listed(limits), why, mend: "See what cgroups(7) says of it." })];
}

function notEnforced(lab: Lab, details: { limits: readonly string[]; why: string; mend: string }): NetwrightError {
  if (lab.resources?.enforce !== "if-possible") throw labError("LIMIT_NOT_ENFORCEABLE", details);
  return labError("LIMIT_NOT_ENFORCED", details);
}
