import { type Cidr, contains, formatAddress, netmaskOf, networkOf, parseAddress, parseCidr } from "../../address.ts";
import { parseDuration } from "../../duration.ts";
import { parseMac } from "../../mac.ts";
import { lineProblem } from "../dnsmasq.ts";
import { plainAddress } from "../ends.ts";
import type { FactsNode, KindFacts } from "../kind.ts";
import type { DhcpServerOptions, Pool, Reservation } from "./options.ts";

type At = readonly (string | number)[];

/** What dnsmasq takes for less (dnsmasq(8), --dhcp-range). */
const shortestLeaseMs = 120_000;

/** The configuration of a DHCP server or relay, as dnsmasq reads it. */
export function dhcpConfig(options: DhcpServerOptions, facts: KindFacts): string {
  const networks = facts.node.interfaces.flatMap(({ addresses }) =>
    addresses.flatMap((text) => {
      const cidr = parseCidr(text);
      return "problem" in cidr || cidr.family !== 4 ? [] : [networkOf(cidr)];
    }),
  );
  const { pools = [], reservations = [], relay = [] } = options;
  if (pools.length === 0 && relay.length === 0)
    facts.report("it has neither pools nor a relay", "Add pools: [{first: 10.0.0.100, last: 10.0.0.199}].", []);
  return [
    "port=0",
    "bind-dynamic",
    "dhcp-authoritative",
    // In a lab nobody else has taken an address of the pool, and asking takes a second for each lease.
    "no-ping",
    ...pools.flatMap((pool, index) => poolLines(pool, index, networks, facts)),
    ...reservations.flatMap((one, index) => reservationLine(one, ["reservations", index], facts)),
    ...relay.flatMap(({ on, to }, index) => relayLine(on, to, ["relay", index], facts)),
  ].join("\n");
}

function poolLines(pool: Pool, index: number, networks: readonly Cidr[], facts: KindFacts): readonly string[] {
  const at = ["pools", index];
  const first = addressOf(pool.first, [...at, "first"], facts);
  const last = addressOf(pool.last, [...at, "last"], facts);
  if (first === undefined || last === undefined) return [];
  const network = networkOfPool(pool, first, networks, at, facts);
  if (network === undefined) return [];
  if (!contains(network, last) || last.value < first.value) {
    facts.report(
      `the pool ${pool.first} to ${pool.last} is not within ${formatAddress(network)}/${network.length}, first to last`,
      "Give first and last addresses of one network, the lower one first.",
      [...at, "last"],
    );
    return [];
  }
  const leaseMs = pool.lease === undefined ? 3_600_000 : (parseDuration(pool.lease) ?? 0);
  if (leaseMs < shortestLeaseMs)
    facts.report(`a lease cannot be ${pool.lease}`, "It takes 2m or longer.", [...at, "lease"]);
  const netmask = netmaskOf(network);
  const tag = `pool${index}`;
  const lines = [`dhcp-range=set:${tag},${pool.first},${pool.last},${netmask},${Math.round(leaseMs / 1000)}`];
  const option = (name: string, value: string) => lines.push(`dhcp-option=tag:${tag},${name},${value}`);
  const machine = (word: string, where: At) => machineAddress(word, network, where, facts);
  const gateway = pool.gateway === undefined ? undefined : machine(pool.gateway, [...at, "gateway"]);
  // An option without a value is not sent; left out, dnsmasq would send itself.
  option("option:router", gateway ?? "");
  const servers = [pool.nameservers ?? []].flat();
  const addresses = servers.flatMap(
    (word, place) => machine(word, [...at, "nameservers", ...(Array.isArray(pool.nameservers) ? [place] : [])]) ?? [],
  );
  option("option:dns-server", addresses.join(","));
  if (pool.domain !== undefined) option("option:domain-name", line(pool.domain, [...at, "domain"], facts));
  for (const [name, value] of Object.entries(pool.options ?? {})) {
    const where = [...at, "options", name];
    if (!/^[a-z0-9-]+$/.test(name)) {
      facts.report(`"${name}" is no DHCP option`, "Write its number, or dnsmasq's name for it.", where);
      continue;
    }
    option(/^\d+$/.test(name) ? name : `option:${name}`, line(String(value), where, facts));
  }
  return lines.map((text) => text.replace(/,$/, ""));
}

function networkOfPool(
  { prefix, first: text }: Pool,
  first: Cidr | { family: 4 | 6; value: bigint },
  networks: readonly Cidr[],
  at: At,
  facts: KindFacts,
): Cidr | undefined {
  if (prefix === undefined) {
    const own = networks.find((network) => contains(network, first));
    if (own === undefined)
      facts.report(
        `${text} is in no network of ${facts.node.name}`,
        "Give an address of one, or add prefix: with the network behind a relay.",
        [...at, "first"],
      );
    return own;
  }
  const cidr = parseCidr(prefix);
  if (!("problem" in cidr) && cidr.family === 4 && contains(networkOf(cidr), first)) return networkOf(cidr);
  facts.report(`the prefix of the pool cannot be ${prefix}`, `Write the IPv4 network that ${text} is in.`, [
    ...at,
    "prefix",
  ]);
  return undefined;
}

function reservationLine({ node, mac, address }: Reservation, at: At, facts: KindFacts): readonly string[] {
  if ((node === undefined) === (mac === undefined)) {
    facts.report("a reservation is for a node or for a MAC address", "Give one of node and mac.", at);
    return [];
  }
  if (addressOf(address, [...at, "address"], facts) === undefined) return [];
  if (mac !== undefined) {
    const parsed = parseMac(mac);
    if (parsed === undefined)
      facts.report(`"${mac}" is no MAC address`, "Write six pairs of hexadecimal digits with colons.", [...at, "mac"]);
    return parsed === undefined ? [] : [`dhcp-host=${parsed},${address}`];
  }
  const machine = facts.machines.find(({ name }) => name === node);
  const asking = machine?.interfaces.find(({ dhcp }) => dhcp);
  if (asking !== undefined) return [`dhcp-host=${asking.mac},${address}`];
  facts.report(
    machine === undefined ? `there is no node "${node}"` : `${node} does not ask for an address`,
    "Name a node that has an interface with addresses: dhcp, or give mac: instead.",
    [...at, "node"],
  );
  return [];
}

function relayLine(on: string, to: string, at: At, facts: KindFacts): readonly string[] {
  const side = facts.node.interfaces.find(({ name }) => name === on);
  const own = side?.addresses.find((address) => !address.includes(":"));
  if (side === undefined || own === undefined) {
    facts.report(
      side === undefined ? `${facts.node.name} has no interface "${on}"` : `${on} has no IPv4 address`,
      "Name the interface that has the clients; it needs an address in their network.",
      [...at, "on"],
    );
    return [];
  }
  const server = machineAddress(to, undefined, [...at, "to"], facts);
  return server === undefined ? [] : [`dhcp-relay=${plainAddress(own)},${server}`];
}

/** The IPv4 address that a word means: itself, or that of a node, in `network` where it has one there. */
function machineAddress(word: string, network: Cidr | undefined, at: At, facts: KindFacts): string | undefined {
  const parsed = parseAddress(word);
  if (!("problem" in parsed) && parsed.family === 4) return word;
  const machine: FactsNode | undefined = facts.machines.find(({ name }) => name === word);
  const addresses = machine?.interfaces.flatMap((one) => one.addresses.map(plainAddress)) ?? [];
  const v4 = addresses.filter((address) => !address.includes(":"));
  const near = v4.find((address) => {
    const one = parseAddress(address);
    return network !== undefined && !("problem" in one) && contains(network, one);
  });
  const found = near ?? v4[0];
  if (found === undefined)
    facts.report(
      `"${word}" is no IPv4 address and no node that has one`,
      "Write an address or the name of a node.",
      at,
    );
  return found;
}

function addressOf(text: string, at: At, facts: KindFacts) {
  const parsed = parseAddress(text);
  if (!("problem" in parsed) && parsed.family === 4) return parsed;
  facts.report(`"${text}" is no IPv4 address`, "Write one such as 10.0.0.100.", at);
  return undefined;
}

function line(text: string, at: At, facts: KindFacts): string {
  const problem = lineProblem(text);
  if (problem !== undefined) facts.report(`the value cannot be used: ${problem}`, "Write it in one line.", at);
  return text;
}
