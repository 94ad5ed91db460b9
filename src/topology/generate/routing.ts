import { type Family, formatAddress } from "../address.ts";
import type { Findings } from "../findings.ts";
import { hasFamily, isLo, type LabDraft, type LinkDraft, type NodeDraft, type ProgramDraft } from "../resolve/draft.ts";
import { type Segments, segmentsOf } from "../resolve/segments.ts";
import { bgpConfig } from "./bgp.ts";
import type { Generated } from "./generator.ts";
import { ospfConfig } from "./ospf.ts";
import type { Attachment, RoutedNode } from "./routed-node.ts";

/** Writes the FRR configuration of every router of a generator that asks for a routing protocol. */
export function routeGenerated(generated: Generated, links: readonly LinkDraft[], findings: Findings): void {
  const { definition, path, byRole, asns, plan } = generated;
  const { routing } = definition;
  if (routing === undefined) return;
  const at = [...path, "routing"];
  const routers = [...byRole.values()].flat().filter((node): node is ProgramDraft => node.kind === "router");
  if (routers.length === 0) {
    if (!findings.isTainted(path))
      findings.error("ROUTING_NEEDS_ROUTERS", { roles: plan.roles.map(({ role }) => role) }, at);
    return;
  }
  const protocol = routing === "ospf" ? "OSPF" : "BGP";
  const families = ([4, 6] as const).filter((family) =>
    routers.some((router) => [...router.interfaces.values()].some((one) => hasFamily(one, family))),
  );
  if (families.length === 0) {
    if (!findings.isTainted([...path, "addressing"])) {
      findings.error("ROUTING_NEEDS_ADDRESSES", { protocol, wanted: "addresses on loopbacks or towards hosts" }, at);
    }
    return;
  }
  const segments = segmentsOf(links);
  if (protocol === "OSPF" && families.includes(4) && links.some((link) => isUnaddressed(link, 4))) {
    findings.error("ROUTING_NEEDS_ADDRESSES", { protocol, wanted: "an IPv4 address at both ends of each link" }, at);
    return;
  }
  const asnOf = (router: ProgramDraft) => {
    const number = asns.get(router) as number;
    return { number, isShared: [...asns.values()].filter((other) => other === number).length > 1 };
  };
  for (const [index, router] of routers.entries()) {
    const node = routedNode(router, index, segments);
    const config = protocol === "OSPF" ? ospfConfig(node, families) : bgpConfig(node, asnOf(router), families);
    configure(router, config);
  }
}

/** Writes the FRR configuration of the routers that ask for a routing protocol themselves. */
export function routeNodes(draft: LabDraft, segments: Segments, findings: Findings): void {
  const routers = [...draft.nodes.values()].filter((node): node is ProgramDraft => node.kind === "router");
  for (const [index, router] of routers.entries()) {
    if (router.settings.routing === undefined) continue;
    const interfaces = [...router.interfaces.values()];
    const families = ([4, 6] as const).filter((family) => interfaces.some((one) => hasFamily(one, family)));
    if (families.length === 0)
      findings.warn("OSPF_WITHOUT_ADDRESSES", { node: router.name }, [...router.path, "routing"]);
    else configure(router, ospfConfig(routedNode(router, index, segments), families));
  }
}

/** What the lab file says comes after, and so wins. A generator's protocol is instead of a node's own. */
function configure(router: ProgramDraft, config: string): void {
  const own = router.settings.frr?.config;
  const frr = { config: own === undefined ? config : `${config}!\n${own}` };
  router.settings = { ...router.settings, routing: undefined, frr };
}

const isUnaddressed = ({ a, b }: LinkDraft, family: Family): boolean =>
  a.node.kind === "router" && b.node.kind === "router" && !(hasFamily(a, family) && hasFamily(b, family));

function routedNode(router: NodeDraft, index: number, segments: Segments): RoutedNode {
  const attachments: Attachment[] = [];
  for (const one of router.interfaces.values()) {
    const segment = segments.of.get(one);
    if (segment === undefined) continue;
    const others = segment.interfaces.filter((other) => other.node !== router);
    attachments.push({
      interface: one,
      neighbours: others.filter(({ node }) => node.kind === "router"),
      hasHosts: others.some(({ node }) => node.kind === "host"),
      isSwitched: segment.isSwitched,
    });
  }
  return { routerId: routerId(router, index), loopback: [...router.interfaces.values()].find(isLo), attachments };
}

/**
 * The loopback's IPv4 address, else that of the first interface by name, else a number of its own: a router id only looks
 * like an address. Not of the first that the file speaks of: one that is added, with its address, may stand before the others.
 */
function routerId(router: NodeDraft, index: number): string {
  const ordered = [...router.interfaces.values()].sort(
    (a, b) => Number(isLo(b)) - Number(isLo(a)) || a.name.localeCompare(b.name, "en", { numeric: true }),
  );
  const cidr = ordered.flatMap(({ addresses }) => addresses.map((one) => one.cidr)).find(({ family }) => family === 4);
  return formatAddress(cidr ?? { family: 4, value: BigInt(index + 1) });
}
