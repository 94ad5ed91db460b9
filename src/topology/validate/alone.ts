import type { Findings } from "../findings.ts";
import { type LabDraft, type NodeDraft, runsProgramsDraft } from "../resolve/draft.ts";

/**
 * Finds nodes that were left out of the links. Where there are no links at all, nodes are alone on purpose; so are those
 * that have the host or the internet to talk to, or the network of another node.
 */
export function validateAlone(draft: LabDraft, findings: Findings): void {
  // A link that is wrong would have joined them.
  if (draft.links.length === 0 || ["links", "networks", "generate"].some((section) => findings.isTainted([section])))
    return;
  const linked = draft.links[0]?.a.node.name ?? "";
  const joined = new Set([...draft.nodes.values()].flatMap((node) => joinOf(node) ?? []));
  for (const node of draft.nodes.values()) {
    const isLinked = [...node.interfaces.values()].some(({ link }) => link !== undefined);
    if (isLinked || joined.has(node.name) || joinOf(node) !== undefined || talksOutside(node)) continue;
    findings.warn("NODE_UNLINKED", { node: node.name, linked }, node.path, "key");
  }
}

const joinOf = (node: NodeDraft): string | undefined =>
  runsProgramsDraft(node) ? node.settings.join?.node : undefined;

function talksOutside(node: NodeDraft): boolean {
  if (!runsProgramsDraft(node)) return false;
  const { internet, ports, hostPorts } = node.settings.reach;
  return internet || ports.length > 0 || hostPorts.length > 0;
}
