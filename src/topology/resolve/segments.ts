import { type InterfaceDraft, isMachineDraft, type LinkDraft, type NodeDraft } from "./draft.ts";
import { Groups } from "./groups.ts";
import { vlanDomains } from "./vlan-domains.ts";

/** Interfaces of machines that hear each other's broadcasts: the ends of one link, or of all links of switches that are joined. */
export type Segment = {
  readonly interfaces: InterfaceDraft[];
  /** Whether it goes through a switch. */
  readonly isSwitched: boolean;
};

export type Segments = { readonly all: readonly Segment[]; readonly of: ReadonlyMap<InterfaceDraft, Segment> };

/** The segments that links make, in their order; interfaces without a link are in none. */
export function segmentsOf(links: readonly LinkDraft[]): Segments {
  const domainOf = vlanDomains(links) ?? switchDomains(links);
  const byDomain = new Map<unknown, Segment>();
  const of = new Map<InterfaceDraft, Segment>();
  const segments: Segment[] = [];
  const begin = (isSwitched: boolean): Segment => {
    const segment: Segment = { interfaces: [], isSwitched };
    segments.push(segment);
    return segment;
  };
  for (const { a, b } of links) {
    const via = [a, b].find((end) => !isMachineDraft(end.node));
    let segment: Segment | undefined;
    if (via === undefined) segment = begin(false);
    else {
      const domain = domainOf(via);
      segment = byDomain.get(domain) ?? begin(true);
      byDomain.set(domain, segment);
    }
    for (const end of [a, b]) {
      if (!isMachineDraft(end.node)) continue;
      segment.interfaces.push(end);
      of.set(end, segment);
    }
  }
  return { all: segments, of };
}

/** What of switches a port belongs to, where switches know no VLANs: all that are joined. */
function switchDomains(links: readonly LinkDraft[]): (port: InterfaceDraft) => unknown {
  const switches = new Groups<NodeDraft>();
  for (const { a, b } of links) if (!isMachineDraft(a.node) && !isMachineDraft(b.node)) switches.join(a.node, b.node);
  return ({ node }) => switches.rootOf(node);
}
