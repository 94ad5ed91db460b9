import { addressBits, type Cidr, cidrKey, formatCidr, isLinkLocal, networkOf, overlap } from "../address.ts";
import type { Findings } from "../findings.ts";
import {
  type AddressDraft,
  endpointOf,
  type InterfaceDraft,
  isLo,
  isMachineDraft,
  type LabDraft,
} from "../resolve/draft.ts";
import { Groups } from "../resolve/groups.ts";
import type { Segment, Segments } from "../resolve/segments.ts";

type Attached = { readonly interface: InterfaceDraft; readonly address: AddressDraft; readonly network: Cidr };

/** A prefix belongs to one segment, as far as routers can see. */
export function validatePrefixes(draft: LabDraft, segments: Segments, findings: Findings): void {
  const clashing = new Set<string>();
  for (const node of draft.nodes.values()) {
    if (isMachineDraft(node)) withinNode([...node.interfaces.values()], segments, clashing, findings);
  }
  acrossRouters(draft, segments, clashing, findings);
}

/** What a node is attached to. Single addresses and link-local prefixes are on no segment in particular. */
function attachedTo(interfaces: readonly InterfaceDraft[]): readonly Attached[] {
  return interfaces.flatMap((one) =>
    isLo(one)
      ? []
      : one.addresses
          .filter(({ cidr }) => cidr.length < addressBits(cidr.family) && !isLinkLocal(cidr))
          .map((address) => ({ interface: one, address, network: networkOf(address.cidr) })),
  );
}

function withinNode(
  interfaces: readonly InterfaceDraft[],
  segments: Segments,
  clashing: Set<string>,
  findings: Findings,
): void {
  if (interfaces.length < 2) return;
  // A shorter prefix sorts right before those that are part of it.
  const attached = [...attachedTo(interfaces)].sort(byNetwork);
  let covering: Attached[] = [];
  for (const one of attached) {
    covering = covering.filter((other) => overlap(other.network, one.network));
    for (const other of covering) {
      if (other.interface === one.interface) continue;
      const segment = segments.of.get(one.interface);
      if (segment !== undefined && segment === segments.of.get(other.interface)) continue;
      const [a, b] = [endpointOf(other.interface), endpointOf(one.interface)];
      const node = one.interface.node.name;
      if (other.network.length === one.network.length) {
        const prefix = formatCidr(one.network);
        clashing.add(cidrKey(one.network));
        findings.error("PREFIX_CLASH", { prefix, node, a, b }, one.address.path);
      } else {
        const prefixes = { aPrefix: formatCidr(other.network), bPrefix: formatCidr(one.network) };
        findings.warn("PREFIX_OVERLAP", { node, a, b, ...prefixes }, one.address.path);
      }
      break;
    }
    covering.push(one);
  }
}

function byNetwork(a: Attached, b: Attached): number {
  if (a.network.family !== b.network.family) return a.network.family - b.network.family;
  if (a.network.value !== b.network.value) return a.network.value < b.network.value ? -1 : 1;
  return a.network.length - b.network.length;
}

/** Two segments may have one prefix only where no router knows both. */
function acrossRouters(draft: LabDraft, segments: Segments, clashing: ReadonlySet<string>, findings: Findings): void {
  const islands = new Groups<Segment>();
  for (const node of draft.nodes.values()) {
    if (node.kind !== "router") continue;
    const joined = [...node.interfaces.values()].flatMap((one) => segments.of.get(one) ?? []);
    for (const segment of joined.slice(1)) islands.join(joined[0] as Segment, segment);
  }
  const first = new Map<string, Map<Segment, Attached & { readonly segment: Segment }>>();
  const reported = new Set<string>();
  for (const segment of segments.all) {
    const island = islands.rootOf(segment);
    for (const attached of attachedTo(segment.interfaces)) {
      const key = cidrKey(attached.network);
      const byIsland = first.get(key) ?? new Map<Segment, Attached & { readonly segment: Segment }>();
      first.set(key, byIsland);
      const earlier = byIsland.get(island);
      if (earlier === undefined) byIsland.set(island, { ...attached, segment });
      else if (earlier.segment !== segment && !clashing.has(key) && !reported.has(key)) {
        reported.add(key);
        const prefix = formatCidr(attached.network);
        const [a, b] = [endpointOf(earlier.interface), endpointOf(attached.interface)];
        findings.warn("PREFIX_ON_TWO_SEGMENTS", { prefix, a, b }, attached.address.path);
      }
    }
  }
}
