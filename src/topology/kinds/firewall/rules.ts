import { type RuleEnd, readRuleEnd } from "../ends.ts";
import type { KindFacts } from "../kind.ts";
import { protocolNumbers } from "../nftables.ts";
import type { Allow, FirewallOptions } from "./options.ts";

/** What a packet that no rule allows gets: `reject` tells the sender (RFC 792 and 4443: administratively prohibited). */
const verdicts = {
  drop: "counter drop",
  reject: "counter reject with icmpx type admin-prohibited",
  accept: "counter accept",
} as const;

/** The ruleset of a firewall, as nft(8) reads it: what it forwards, and what it takes itself. */
export function firewallRules(options: FirewallOptions, facts: KindFacts): string {
  const allowed = (rules: readonly Allow[] | undefined, key: string) =>
    (rules ?? []).flatMap((rule, index) => allowRules(rule, [key, index], facts)).map((line) => `    ${line}`);
  const verdict = verdicts[options.policy ?? "drop"];
  const input = verdicts[options["input-policy"] ?? "accept"];
  return `${[
    "table inet firewall {",
    "  chain forward {",
    "    type filter hook forward priority filter; policy drop;",
    "    ct state established,related accept",
    "    ct state invalid counter drop",
    ...allowed(options.allow, "allow"),
    `    ${verdict}`,
    "  }",
    "  chain input {",
    "    type filter hook input priority filter; policy drop;",
    '    iifname "lo" accept',
    "    ct state established,related accept",
    // Without these no neighbour finds it over IPv6 (RFC 4890, 4.4.1).
    "    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept",
    ...allowed(options["input-allow"], "input-allow"),
    `    ${input}`,
    "  }",
    "}",
  ].join("\n")}\n`;
}

/** The lines of one rule: one for each address family that both ends have. */
function allowRules(rule: Allow, at: readonly (string | number)[], facts: KindFacts): readonly string[] {
  const { from, to, protocol, ports } = rule;
  const source = from === undefined ? undefined : readRuleEnd(from, facts, [...at, "from"]);
  const target = to === undefined ? undefined : readRuleEnd(to, facts, [...at, "to"]);
  if ((from !== undefined && source === undefined) || (to !== undefined && target === undefined)) return [];
  if (ports !== undefined && protocol !== "tcp" && protocol !== "udp") {
    facts.report("ports: are of TCP or UDP", "Add protocol: tcp or protocol: udp to the rule.", at);
    return [];
  }
  const families = [source, target].some((end) => end?.type === "addresses") ? ([4, 6] as const) : ([0] as const);
  const lines = families.flatMap((family) => {
    const matches = [match(source, "source", family), match(target, "target", family)];
    if (matches.includes(undefined)) return [];
    return [[...matches, ...protocolMatch(rule, family), "counter accept"].filter(Boolean).join(" ")];
  });
  if (lines.length === 0)
    facts.report("from: and to: have no address family in common", "Name ends of one family, or interfaces.", at);
  return lines;
}

/** Undefined where the end has no address of the family. */
function match(end: RuleEnd | undefined, side: "source" | "target", family: 0 | 4 | 6): string | undefined {
  if (end === undefined) return "";
  if (end.type === "interface") return `${side === "source" ? "iifname" : "oifname"} "${end.name}"`;
  const addresses = family === 4 ? end.v4 : end.v6;
  if (addresses.length === 0) return undefined;
  return `${family === 4 ? "ip" : "ip6"} ${side === "source" ? "saddr" : "daddr"} { ${addresses.join(", ")} }`;
}

const { icmp, icmpv6 } = protocolNumbers;

function protocolMatch({ protocol, ports }: Allow, family: 0 | 4 | 6): readonly string[] {
  switch (protocol) {
    case undefined:
      return [];
    case "icmp":
      return [
        family === 4
          ? `meta l4proto ${icmp}`
          : family === 6
            ? `meta l4proto ${icmpv6}`
            : `meta l4proto { ${icmp}, ${icmpv6} }`,
      ];
    case "tcp":
    case "udp":
      return [
        ports === undefined
          ? `meta l4proto ${protocolNumbers[protocol]}`
          : `${protocol} dport { ${[ports].flat().join(", ")} }`,
      ];
    default:
      return protocol satisfies never;
  }
}
