import type { Findings } from "../findings.ts";
import { nearest } from "../nearest.ts";
import { type LabDraft, runsProgramsDraft } from "../resolve/draft.ts";

/** A node that joins another's network has none of its own, and the other has one. */
export function validateJoins(draft: LabDraft, findings: Findings): void {
  for (const node of draft.nodes.values()) {
    if (!runsProgramsDraft(node) || node.settings.join === undefined) continue;
    const { node: name, path } = node.settings.join;
    const target = draft.nodes.get(name);
    if (target === undefined) {
      const suggestion = nearest(name, [...draft.nodes.keys()]);
      findings.error(
        "NODE_UNKNOWN",
        { node: name, known: [...draft.nodes.keys()], ...(suggestion === undefined ? {} : { nearest: suggestion }) },
        path,
      );
      continue;
    }
    const problem =
      target === node
        ? "a node cannot join itself"
        : !runsProgramsDraft(target)
          ? `${name} is ${target.kind === "appliance" ? "an appliance, whose network is within it" : "a switch, which has none"}`
          : target.settings.join !== undefined
            ? `${name} joins ${target.settings.join.node} itself`
            : undefined;
    if (problem !== undefined) findings.error("JOIN_IMPOSSIBLE", { node: node.name, problem }, path);
    const own = [
      ...[...node.interfaces.keys()].filter((one) => one !== "lo").map((one) => `the interface ${one}`),
      ...(node.settings.routes.length > 0 ? ["routes"] : []),
      ...(node.settings.sysctls.size > 0 ? ["sysctls"] : []),
      ...(node.settings.reach.internet ? ["internet"] : []),
      ...(node.settings.reach.ports.length > 0 ? ["ports"] : []),
      ...(node.settings.reach.hostPorts.length > 0 ? ["allow-host"] : []),
    ];
    if (own[0] !== undefined) findings.error("JOIN_WITH_NETWORK", { node: node.name, joins: name, has: own[0] }, path);
  }
}
