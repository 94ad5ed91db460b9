import * as z from "zod";
import { choice, listOf, map, oneOrMore, text } from "../../schema/form.ts";
import { endPhrase } from "../ends.ts";
import { textOrFile } from "../pieces.ts";

const portPhrase = "a port such as 443, or a range such as 8000-8099";

const port = z.union(
  [z.int().min(1).max(65_535), z.string().regex(/^[1-9]\d{0,4}-[1-9]\d{0,4}$/, { error: portPhrase })],
  { error: portPhrase },
);

const allow = map(
  {
    from: text(endPhrase).optional().describe(`Who opens the connection: ${endPhrase}. Anybody when absent`),
    to: text(endPhrase).optional().describe(`To whom: ${endPhrase}. Anybody when absent`),
    protocol: choice(["tcp", "udp", "icmp"]).optional().describe("`icmp` is ICMPv6, too. Every protocol when absent"),
    ports: oneOrMore(port, `${portPhrase}, or a list of them`)
      .optional()
      .describe("Ports it goes to, of TCP or UDP. All when absent"),
  },
  "a map with from, to, protocol and ports",
).meta({ title: "Allow" });

export type Allow = z.output<typeof allow>;

const policies = ["drop", "reject", "accept"] as const;

export const firewallOptions = {
  policy: choice(policies)
    .optional()
    .describe(
      "What happens to a forwarded packet that begins a connection no rule allows. `drop` (the default): nothing comes back. `reject`: the sender is told. `accept`: it passes",
    ),
  allow: listOf(allow, "a list of rules such as {from: eth0, protocol: tcp, ports: 443}")
    .optional()
    .describe("Connections that are forwarded; what belongs to one that was let through passes both ways"),
  "input-policy": choice(policies)
    .optional()
    .describe("The same for packets to the firewall itself. `accept` when absent"),
  "input-allow": listOf(allow, "a list of rules such as {protocol: icmp}")
    .optional()
    .describe("Connections to the firewall itself that are allowed"),
  rules: textOrFile("a ruleset of nftables")
    .optional()
    .describe("A ruleset of nftables, instead of the keys above: its text, or {from: a path}"),
} as const;

export type FirewallOptions = {
  readonly [Key in keyof typeof firewallOptions]?: z.output<(typeof firewallOptions)[Key]>;
};
