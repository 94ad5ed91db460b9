import { addressBits, type Cidr } from "../address.ts";
import type { Findings } from "../findings.ts";
import { hasFamily, type InterfaceDraft, type LinkDraft } from "../resolve/draft.ts";
import { type Segment, segmentsOf } from "../resolve/segments.ts";
import { type Generated, poolsOf } from "./generator.ts";
import type { Pool } from "./pool.ts";

/**
 * Addresses the links of a generator from its pools, segment by segment, routers before hosts. A link
 * gets a /31 (RFC 3021) or /127 (RFC 6164), or for a host /64; a segment through switches a prefix that
 * is large enough. Hosts get the first router of their segment as gateway.
 */
export function addressGenerated(
  { definition, path }: Generated,
  links: readonly LinkDraft[],
  findings: Findings,
): void {
  const { addressing } = definition;
  if (addressing === undefined) return;
  const linkPools = poolsOf(addressing.links, [...path, "addressing", "links"], findings);
  const hostPools = poolsOf(addressing.hosts, [...path, "addressing", "hosts"], findings);
  for (const segment of segmentsOf(links).all) {
    const routers = segment.interfaces.filter(({ node }) => node.kind === "router");
    const hosts = segment.interfaces.filter(({ node }) => node.kind === "host");
    const purpose = hosts.length > 0 ? "hosts" : "links";
    for (const pool of purpose === "hosts" ? hostPools : linkPools) {
      if (segment.interfaces.length === 0) continue;
      const prefix = pool.take(lengthFor(segment, pool, purpose));
      if (prefix !== undefined) giveAddresses([...routers, ...hosts], prefix, [...path, "addressing", purpose]);
    }
    for (const host of hosts) giveGateways(host, routers, [...path, "addressing", purpose]);
  }
}

function lengthFor(segment: Segment, pool: Pool, purpose: "hosts" | "links"): number {
  const bits = addressBits(pool.family);
  if (!segment.isSwitched && !(pool.family === 6 && purpose === "hosts")) return bits - 1;
  if (pool.family === 6) return 64;
  // Besides the members, the network and its broadcast address.
  return Math.min(24, bits - Math.ceil(Math.log2(segment.interfaces.length + 2)));
}

function giveAddresses(members: readonly InterfaceDraft[], prefix: Cidr, path: InterfaceDraft["path"]): void {
  // Point-to-point prefixes use their first address too.
  let value = prefix.value + (addressBits(prefix.family) - prefix.length === 1 ? 0n : 1n);
  for (const member of members) {
    if (hasFamily(member, prefix.family)) continue;
    member.addresses.push({ cidr: { family: prefix.family, value, length: prefix.length }, path });
    value++;
  }
}

function giveGateways(host: InterfaceDraft, routers: readonly InterfaceDraft[], path: InterfaceDraft["path"]): void {
  for (const family of [4, 6] as const) {
    if (!hasFamily(host, family) || host.gateways.some(({ address }) => address.family === family)) continue;
    const router = routers.find((one) => hasFamily(one, family));
    const cidr = router?.addresses.find((one) => one.cidr.family === family)?.cidr;
    if (cidr !== undefined) host.gateways.push({ address: { family, value: cidr.value }, path });
  }
}
