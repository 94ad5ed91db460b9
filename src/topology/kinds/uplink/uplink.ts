import { type Cidr, contains, formatAddress, hostRange, netmaskOf, networkOf, parseCidr } from "../../address.ts";
import { flag } from "../../schema/form.ts";
import { dnsmasqSoftware } from "../dnsmasq.ts";
import { plainAddress } from "../ends.ts";
import { defineKind, type FactsNode, type KindFacts } from "../kind.ts";
import { says } from "../pieces.ts";

/** On its port there is the lab's own forwarder, too, at another address. */
const ready = says("^dnsmasq.*: started, ");
const leaseSeconds = 3600;

/** The way out of a lab, as the box that a provider puts on the wall. */
export const uplink = defineKind({
  name: "uplink",
  summary: "A router to the internet, which gives addresses and answers for names on its interfaces, by dnsmasq",
  base: "router",
  settings: { internet: true },
  options: {
    dhcp: flag()
      .optional()
      .describe("Whether it gives IPv4 addresses, of those that no node of the lab has. true when absent"),
  },
  resolve: ({ dhcp = true }, facts) => ({ software: dnsmasqSoftware(config(dhcp, facts), ready) }),
});

function config(dhcp: boolean, facts: KindFacts): string {
  const inside = facts.node.interfaces.filter(({ name }) => name !== "lo");
  const networks = inside.flatMap(({ name, addresses }) =>
    addresses.flatMap((text) => {
      const cidr = parseCidr(text);
      return "problem" in cidr || cidr.family !== 4
        ? []
        : [{ name, address: plainAddress(text), network: networkOf(cidr) }];
    }),
  );
  if (inside.every(({ addresses }) => addresses.length === 0))
    facts.report(
      "it has no address, so nobody can reach the internet through it",
      "Give it one where its machines are: interfaces: {eth0: 10.0.0.1/24}.",
      [],
    );
  const pools = dhcp
    ? networks.flatMap(({ address, network }, index) => poolLines(address, network, index, facts))
    : [];
  return [
    // Whom it asks is in its /etc/resolv.conf: the lab's own forwarder, which asks this machine's name servers.
    ...inside.map(({ name }) => `interface=${name}`),
    "except-interface=lo",
    "bind-dynamic",
    "no-hosts",
    ...(pools.length === 0 ? [] : ["dhcp-authoritative", "no-ping"]),
    ...pools,
  ].join("\n");
}

/** Leases of the widest run of addresses that nobody in the lab has; none where the network is full. */
function poolLines(router: string, network: Cidr, index: number, { machines }: KindFacts): readonly string[] {
  const free = widestGap(network, addressesIn(network, machines));
  if (free === undefined) return [];
  const [first, last] = [free.first, free.last].map((value) => formatAddress({ family: 4, value }));
  const netmask = netmaskOf(network);
  const tag = `lan${index}`;
  return [
    `dhcp-range=set:${tag},${first},${last},${netmask},${leaseSeconds}`,
    `dhcp-option=tag:${tag},option:router,${router}`,
    `dhcp-option=tag:${tag},option:dns-server,${router}`,
  ];
}

function addressesIn(network: Cidr, machines: readonly FactsNode[]): readonly bigint[] {
  return machines
    .flatMap(({ interfaces }) => interfaces.flatMap(({ addresses }) => addresses))
    .flatMap((text) => {
      const cidr = parseCidr(text);
      return "problem" in cidr || !contains(network, cidr) ? [] : [cidr.value];
    });
}

function widestGap(
  network: Cidr,
  taken: readonly bigint[],
): { readonly first: bigint; readonly last: bigint } | undefined {
  const range = hostRange(network);
  const ends = [...taken.toSorted((a, b) => (a < b ? -1 : 1)), network.value + range.last + 1n];
  let widest: { first: bigint; last: bigint } | undefined;
  let next = network.value + range.first;
  for (const end of ends) {
    const gap = { first: next, last: end - 1n };
    if (gap.last >= gap.first && (widest === undefined || gap.last - gap.first > widest.last - widest.first))
      widest = gap;
    if (end >= next) next = end + 1n;
  }
  return widest;
}
