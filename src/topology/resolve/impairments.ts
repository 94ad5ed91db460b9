import type { Findings } from "../findings.ts";
import { checkSenders, readImpairments } from "../impairment/directions.ts";
import type { ConditionsGroup, InterfaceDraft, LabDraft, LinkDraft } from "./draft.ts";

/** Decides what happens to frames in each direction of every link. */
export function settleImpairments(draft: LabDraft, findings: Findings): void {
  const report = findings.error.bind(findings);
  const groups = new Map<ConditionsGroup, LinkDraft[]>();
  for (const link of draft.links) {
    if (link.conditions === undefined) continue;
    const links = groups.get(link.conditions);
    if (links === undefined) groups.set(link.conditions, [link]);
    else links.push(link);
  }
  for (const [{ impairment, path }, links] of groups) {
    if (impairment === undefined) continue;
    const at = [...path, "impairment"];
    // A sender may be missing because its own definition, or its place among the members, is wrong.
    if (!findings.isTainted(["nodes"]) && !findings.isTainted([...path, "members"])) {
      const ends = links.flatMap(({ a, b }) => [endpointOf(a), endpointOf(b)]);
      checkSenders(impairment, at, ends, report);
    }
    for (const link of links) {
      const ends = { a: endpointOf(link.a), b: endpointOf(link.b) };
      link.impairments = readImpairments(impairment, at, ends, report) ?? {};
    }
  }
}

const endpointOf = (one: InterfaceDraft) => ({ node: one.node.name, interface: one.name });
