import { contains, formatAddress, formatCidr, hasHostBits, networkOf, parseCidr, sizeOf } from "../../address.ts";
import { plainAddress, readRuleEnd } from "../ends.ts";
import { defineKind, type FactsInterface, type KindFacts } from "../kind.ts";
import { nftablesSoftware } from "../nftables.ts";
import { noSoftware, type Software } from "../software.ts";
import { natBehaviours } from "./behaviour.ts";
import { nat64Software } from "./nat64.ts";
import { type NatOptions, natOptions } from "./options.ts";
import { type NatPlan, natRules, type PortForward } from "./rules.ts";

/** Ports below are for services (RFC 6335, section 6). */
const firstPort = 1024;
const lastPort = 65_535;
const defaultBlock = 1024;

/** Translates addresses as translators in the world do. */
export const nat = defineKind({
  name: "nat",
  summary: "A router that translates addresses: as at home, in an office, at a carrier, or from IPv6 to IPv4",
  base: "router",
  options: natOptions,
  resolve: (options: NatOptions, facts) => {
    if (options.rules !== undefined) return { software: ownRules(options, facts) };
    const outside = outsideOf(options, facts);
    misplaced(options, options.preset ?? "home", facts);
    if (outside === undefined) return { software: noSoftware };
    return { software: byPreset(options, outside, facts), options: { outside: outside.name } };
  },
});

function ownRules({ rules = "", ...others }: NatOptions, facts: KindFacts): Software {
  const keys = Object.keys(others);
  if (keys.length > 0)
    facts.report(`rules: stand instead of ${keys.join(" and ")}`, "Keep one of the two ways.", ["rules"]);
  return nftablesSoftware(rules);
}

function byPreset(options: NatOptions, outside: FactsInterface, facts: KindFacts): Software {
  const preset = options.preset ?? "home";
  if (preset === "nat64") return nat64(options, outside, facts);
  const inside = insideOf(options, outside, facts);
  const outsideAddress = outside.addresses.map(plainAddress).find((address) => !address.includes(":"));
  const behaviour = natBehaviours[preset];
  if (behaviour.portBlocks && outsideAddress === undefined) {
    facts.report(
      `a ${preset} translator gives its machines ports of its outside address, and ${outside.name} has none`,
      `Give ${outside.name} an IPv4 address.`,
      ["preset"],
    );
    return noSoftware;
  }
  const plan: NatPlan = {
    ...behaviour,
    hairpin: options.hairpin ?? behaviour.hairpin,
    outside: outside.name,
    inside: inside.map(({ name }) => name),
    outsideAddress,
    forwards: forwardsOf(options, facts),
    blocks: behaviour.portBlocks ? blocksOf(options, inside, facts) : [],
  };
  return nftablesSoftware(natRules(plan));
}

function outsideOf({ outside }: NatOptions, { node, report }: KindFacts): FactsInterface | undefined {
  const found =
    outside === undefined
      ? node.interfaces.find(({ hasGateway, dhcp }) => hasGateway || dhcp)
      : node.interfaces.find(({ name }) => name === outside);
  if (found !== undefined) return found;
  if (outside === undefined)
    report("it does not say where the outside is", "Add outside: with the interface, or give one a gateway.", []);
  else report(`${node.name} has no interface "${outside}"`, known(node.interfaces), ["outside"]);
  return undefined;
}

function insideOf({ inside }: NatOptions, outside: FactsInterface, { node, report }: KindFacts) {
  if (inside === undefined) {
    const others = node.interfaces.filter(({ name }) => name !== "lo" && name !== outside.name);
    if (others.length === 0) report("it has nothing but an outside", "Link an inside interface.", []);
    return others;
  }
  return [inside].flat().flatMap((word, index) => {
    const at = ["inside", ...(Array.isArray(inside) ? [index] : [])];
    const found = node.interfaces.find(({ name }) => name === word);
    if (found === undefined) report(`${node.name} has no interface "${word}"`, known(node.interfaces), at);
    else if (found === outside) report(`${word} is the outside`, "Name another interface.", at);
    return found ?? [];
  });
}

const known = (interfaces: readonly FactsInterface[]): string =>
  `There are ${interfaces.map(({ name }) => name).join(", ")}.`;

function forwardsOf(options: NatOptions, facts: KindFacts): readonly PortForward[] {
  return (options["forward-ports"] ?? []).flatMap(({ port, protocol = "tcp", to, "to-port": toPort }, index) => {
    const at = ["forward-ports", index, "to"];
    const end = readRuleEnd(to, facts, at);
    if (end === undefined) return [];
    const address = end.type === "addresses" ? end.v4.find((one) => !one.includes("/")) : undefined;
    if (address !== undefined) return [{ port, protocol, address, toPort: toPort ?? port }];
    facts.report(`${to} is no one machine with an IPv4 address`, "Name a machine inside, or its address.", at);
    return [];
  });
}

/** A block of ports for every address of the inside prefixes, from the lowest on, as far as ports go. */
function blocksOf(options: NatOptions, inside: readonly FactsInterface[], facts: KindFacts): NatPlan["blocks"] {
  const size = options["ports-per-subscriber"] ?? defaultBlock;
  const most = Math.floor((lastPort + 1 - firstPort) / size);
  const own = new Set(facts.node.interfaces.flatMap(({ addresses }) => addresses.map(plainAddress)));
  const subscribers: string[] = [];
  // Machines whose addresses are known first: they have ports whatever the size of their prefix.
  const networks = inside.flatMap(({ addresses }) =>
    addresses.flatMap((text) => {
      const cidr = parseCidr(text);
      return "problem" in cidr || cidr.family !== 4 ? [] : [networkOf(cidr)];
    }),
  );
  const add = (address: string) => {
    if (!own.has(address) && !subscribers.includes(address)) subscribers.push(address);
  };
  for (const { interfaces } of facts.machines) {
    for (const text of interfaces.flatMap(({ addresses }) => addresses)) {
      const cidr = parseCidr(text);
      if ("problem" in cidr || !networks.some((network) => contains(network, cidr))) continue;
      add(plainAddress(text));
    }
  }
  if (subscribers.length > most) {
    facts.report(
      `${subscribers.length} machines inside, at ${size} ports each, need more than the ${lastPort + 1 - firstPort} ports there are`,
      `Write ports-per-subscriber: ${Math.floor((lastPort + 1 - firstPort) / subscribers.length)} or less.`,
      ["ports-per-subscriber"],
    );
  }
  for (const network of networks) {
    for (let offset = 1n; offset < sizeOf(network) - 1n && subscribers.length < most; offset++) {
      add(formatAddress({ family: 4, value: network.value + offset }));
    }
  }
  return subscribers
    .slice(0, most)
    .map((address, index) => ({ address, first: firstPort + index * size, last: firstPort + (index + 1) * size - 1 }));
}

function nat64(options: NatOptions, outside: FactsInterface, facts: KindFacts): Software {
  const prefix = options.prefix ?? "2001:db8:64:ff9b::/96";
  const pool = options.pool ?? "192.168.255.0/24";
  const [six, four] = [parseCidr(prefix), parseCidr(pool)];
  // RFC 6052, section 2.2.
  if ("problem" in six || six.family !== 6 || hasHostBits(six) || ![32, 40, 48, 56, 64, 96].includes(six.length)) {
    facts.report(`the prefix of NAT64 cannot be ${prefix}`, "It is of IPv6, and /96, /64, /56, /48, /40 or /32.", [
      "prefix",
    ]);
    return noSoftware;
  }
  // TAYGA takes nothing else below ::/8 (RFC 4291, 2.4: reserved).
  if (six.value >> 120n === 0n && formatCidr(six) !== "64:ff9b::/96") {
    facts.report(`the prefix of NAT64 cannot be ${prefix}, which is reserved`, "Write one of the lab's own.", [
      "prefix",
    ]);
    return noSoftware;
  }
  if ("problem" in four || four.family !== 4 || hasHostBits(four) || four.length > 29) {
    facts.report(`the pool of NAT64 cannot be ${pool}`, "It is of IPv4, and /29 or shorter.", ["pool"]);
    return noSoftware;
  }
  const poolAddress = formatAddress({ family: 4, value: four.value + 1n });
  return nat64Software({ prefix, pool, poolAddress, outside: outside.name });
}

/** Keys that the preset has no use for. */
function misplaced(options: NatOptions, preset: string, { report }: KindFacts): void {
  const owners: Readonly<Record<string, readonly string[]>> = {
    "ports-per-subscriber": ["cgnat"],
    prefix: ["nat64"],
    pool: ["nat64"],
  };
  for (const key of Object.keys(options)) {
    const owner = owners[key];
    const isOf4 = ["inside", "forward-ports", "hairpin"].includes(key);
    if (owner !== undefined && !owner.includes(preset))
      report(`${key} belongs to preset: ${owner.join(" or ")}`, "Take it out, or change the preset.", [key]);
    if (isOf4 && preset === "nat64")
      report(`${key} says nothing to a translator from IPv6 to IPv4`, "Take it out.", [key]);
  }
}
