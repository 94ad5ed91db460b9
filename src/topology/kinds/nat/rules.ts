import { protocolNumbers } from "../nftables.ts";
import type { NatBehaviour } from "./behaviour.ts";

export type PortForward = {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly toPort: number;
};

export type NatPlan = NatBehaviour & {
  readonly outside: string;
  readonly inside: readonly string[];
  /** The outside IPv4 address, where it is known before the node runs. */
  readonly outsideAddress: string | undefined;
  readonly forwards: readonly PortForward[];
  /** Machines inside, each with its first and last outside port. */
  readonly blocks: readonly { readonly address: string; readonly first: number; readonly last: number }[];
};

/** How long a mapping without traffic stays: what RFC 4787, REQ-5 recommends for UDP. */
const mappingTimeout = "5m";
const mostMappings = 65_535;
/** After the kernel has put in the outside address and port, which is done at 100 (linux/netfilter_ipv4.h, NF_IP_PRI_NAT_SRC). */
const afterTranslation = 150;

const ports = `meta l4proto { ${protocolNumbers.tcp}, ${protocolNumbers.udp} }`;

/** The ruleset of a translator of IPv4, as nft(8) reads it. */
export function natRules(plan: NatPlan): string {
  const inside = `iifname { ${plan.inside.map((name) => `"${name}"`).join(", ")} }`;
  const outside = `"${plan.outside}"`;
  const isIndependent = plan.mapping === "independent";
  return `${[
    "table ip nat {",
    ...(isIndependent ? mappings() : []),
    "  chain prerouting {",
    "    type nat hook prerouting priority dstnat; policy accept;",
    ...arrivals(plan, outside),
    "  }",
    "  chain postrouting {",
    "    type nat hook postrouting priority srcnat; policy accept;",
    ...(plan.hairpin && plan.outsideAddress !== undefined ? hairpin(plan) : []),
    ...departures(plan, outside),
    "  }",
    ...(isIndependent ? learning(outside) : []),
    "}",
    "table inet filter {",
    "  chain forward {",
    "    type filter hook forward priority filter; policy accept;",
    "    ct state invalid counter drop",
    // Who knows the inside addresses does not get in by them.
    `    iifname ${outside} ct state new ct status & dnat != dnat counter drop`,
    ...(plan.outbound === undefined ? [] : outbound(plan.outbound, inside, outside)),
    "  }",
    "}",
  ].join("\n")}\n`;
}

/** Which inside endpoint an outside port stands for, and back; the packets that leave fill them. */
const mappings = () => [
  "  map inward {",
  "    type inet_proto . inet_service : ipv4_addr . inet_service",
  `    size ${mostMappings}; flags dynamic,timeout; timeout ${mappingTimeout};`,
  "  }",
  "  map outward {",
  "    type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service",
  `    size ${mostMappings}; flags dynamic,timeout; timeout ${mappingTimeout};`,
  "  }",
];

function arrivals(plan: NatPlan, outside: string): readonly string[] {
  // By the outside address, a machine inside arrives here too, when hairpinning.
  const here =
    plan.hairpin && plan.outsideAddress !== undefined ? `ip daddr ${plan.outsideAddress}` : `iifname ${outside}`;
  return [
    ...plan.forwards.map(
      ({ port, protocol, address, toPort }) => `    ${here} ${protocol} dport ${port} dnat to ${address}:${toPort}`,
    ),
    ...(plan.filtering === "independent"
      ? [`    ${here} ${ports} dnat ip to meta l4proto . th dport map @inward`]
      : []),
  ];
}

/** The answer has to come back through the translator, not straight from the neighbour. */
const hairpin = ({ inside, outsideAddress }: NatPlan) => {
  const names = `{ ${inside.map((name) => `"${name}"`).join(", ")} }`;
  return [`    iifname ${names} oifname ${names} ct original ip daddr ${outsideAddress} snat to ${outsideAddress}`];
};

function departures(plan: NatPlan, outside: string): readonly string[] {
  const leaving = `    oifname ${outside}`;
  switch (plan.mapping) {
    case "preserving":
      return [`${leaving} masquerade`];
    case "dependent":
      return [`${leaving} masquerade fully-random`];
    case "independent": {
      const known = `${leaving} ${ports} snat ip to meta l4proto . ip saddr . th sport map @outward`;
      if (plan.portBlocks) {
        const blocks = plan.blocks.map(
          ({ address, first, last }) =>
            `${leaving} ip saddr ${address} ${ports} snat to ${plan.outsideAddress}:${first}-${last}`,
        );
        // Who has no block has no ports; the rest (ping) is told apart by its identifiers.
        const others = `${leaving} ip saddr != ${plan.outsideAddress} ${ports} counter drop`;
        return [known, ...blocks, others, `${leaving} masquerade`];
      }
      // The inside port where nobody has it outside, else any.
      return [known, `${leaving} meta l4proto . th sport @inward masquerade fully-random`, `${leaving} masquerade`];
    }
    default:
      return plan.mapping satisfies never;
  }
}

/** Keeps what the kernel chose for the first packet of a connection, for all that come after it. */
const learning = (outside: string) => [
  "  chain learn {",
  `    type filter hook postrouting priority ${afterTranslation}; policy accept;`,
  `    oifname ${outside} ${ports} ct direction original update @outward { meta l4proto . ct original ip saddr . ct original proto-src : ip saddr . th sport }`,
  `    oifname ${outside} ${ports} ct direction original update @inward { meta l4proto . th sport : ct original ip saddr . ct original proto-src }`,
  "  }",
];

const outbound = (allowed: readonly string[], inside: string, outside: string) => [
  ...allowed.map((what) => `    ${inside} oifname ${outside} ${what} accept`),
  `    ${inside} oifname ${outside} ct state new counter reject with icmpx type admin-prohibited`,
];
