import { type Address, type Cidr, contains, type Family, hostRange, networkText } from "../address.ts";
import type { Findings } from "../findings.ts";
import { nearest } from "../nearest.ts";
import { hasFamily, type InterfaceDraft, isMachineDraft, type LabDraft, type SubnetDraft } from "./draft.ts";
import type { Segment } from "./segments.ts";

/**
 * Gives addresses: each member of a subnet that has none of its family gets the lowest one that is free
 * on its segment, in the order of the members. Then the hosts get their gateways.
 */
export function allotAddresses(
  draft: LabDraft,
  segmentOf: ReadonlyMap<InterfaceDraft, Segment>,
  findings: Findings,
): void {
  const allotments = new Map<Segment, Map<string, Allotment>>();
  for (const subnet of draft.subnets) {
    const members = subnet.members.filter(({ node }) => isMachineDraft(node));
    for (const { cidr, path } of subnet.prefixes) {
      const wanting = members.filter((member) => !hasFamily(member, cidr.family));
      const segment = wanting[0] === undefined ? undefined : segmentOf.get(wanting[0]);
      if (segment === undefined) continue;
      const ofSegment = allotments.get(segment) ?? new Map<string, Allotment>();
      allotments.set(segment, ofSegment);
      const allotment = ofSegment.get(networkText(cidr)) ?? new Allotment(cidr, segment);
      ofSegment.set(networkText(cidr), allotment);
      for (const [index, member] of wanting.entries()) {
        const address = allotment.next();
        if (address === undefined) {
          const needed = allotment.used + wanting.length - index;
          findings.error(
            "SUBNET_TOO_SMALL",
            { subnet: networkText(cidr), needed, available: allotment.available },
            path,
          );
          break;
        }
        member.addresses.push({ cidr: { ...address, length: cidr.length }, path });
      }
    }
    if (subnet.gateway !== undefined) giveGateway(subnet, subnet.gateway, members, findings);
  }
}

/** The free addresses of one prefix on one segment, lowest first. */
class Allotment {
  readonly available: bigint;
  readonly #prefix: Cidr;
  readonly #taken: Set<bigint>;
  readonly #last: bigint;
  #next: bigint;

  constructor(prefix: Cidr, segment: Segment) {
    const { first, last } = hostRange(prefix);
    this.#prefix = prefix;
    this.#next = prefix.value + first;
    this.#last = prefix.value + last;
    this.available = last - first + 1n;
    const addresses = segment.interfaces.flatMap((one) => one.addresses.map(({ cidr }) => cidr));
    this.#taken = new Set(addresses.filter((cidr) => contains(prefix, cidr)).map(({ value }) => value));
  }

  get used(): number {
    return this.#taken.size;
  }

  next(): Address | undefined {
    while (this.#taken.has(this.#next)) this.#next++;
    if (this.#next > this.#last) return undefined;
    this.#taken.add(this.#next);
    return { family: this.#prefix.family, value: this.#next };
  }
}

/** Makes the member that `gateway` names the default gateway of the hosts that have none of that family. */
function giveGateway(
  subnet: SubnetDraft,
  gateway: NonNullable<SubnetDraft["gateway"]>,
  members: readonly InterfaceDraft[],
  findings: Findings,
): void {
  const { text, path } = gateway;
  const named = members.find(({ node, name }) => text === node.name || text === `${node.name}:${name}`);
  if (named === undefined) {
    const names = members.map(({ node }) => node.name);
    const suggestion = nearest(text, names);
    const details = { gateway: text, members: names, ...(suggestion === undefined ? {} : { nearest: suggestion }) };
    // A member that is wrong has been reported.
    if (!findings.isTainted(path.slice(0, -1))) findings.error("GATEWAY_NOT_A_MEMBER", details, path);
    return;
  }
  if (named.addresses.length === 0 && !findings.isTainted(path.slice(0, -1))) {
    findings.error("GATEWAY_HAS_NO_ADDRESS", { gateway: text }, path);
  }
  for (const family of [4, 6] as const) {
    const address = gatewayAddress(named, subnet, family);
    if (address === undefined) continue;
    for (const member of members) {
      if (member.node.kind !== "host" || member === named || !hasFamily(member, family)) continue;
      if (member.gateways.some((one) => one.address.family === family)) continue;
      member.gateways.push({ address, path });
    }
  }
}

/** The gateway's address in one of the subnet's prefixes, else its first of the family. */
function gatewayAddress(gateway: InterfaceDraft, subnet: SubnetDraft, family: Family): Address | undefined {
  const own = gateway.addresses.map(({ cidr }) => cidr).filter((cidr) => cidr.family === family);
  return own.find((cidr) => subnet.prefixes.some((prefix) => contains(prefix.cidr, cidr))) ?? own[0];
}
