import type * as z from "zod";
import { choice, flag, listOf, map, oneOrMore, text, wholeNumber } from "../../schema/form.ts";
import { textOrFile } from "../pieces.ts";

const forwardPort = map(
  {
    port: wholeNumber(1, 65_535).describe("The port outside"),
    protocol: choice(["tcp", "udp"]).optional().describe("`tcp` when absent"),
    to: text("an address, or a node of the lab").describe("The machine inside: its address, or the name of a node"),
    "to-port": wholeNumber(1, 65_535).optional().describe("The port inside. The same when absent"),
  },
  "a map with port, protocol, to and to-port",
).meta({ title: "Port forward" });

export const natPresets = ["home", "corporate", "cgnat", "full-cone", "symmetric", "nat64"] as const;
export type NatPreset = (typeof natPresets)[number];

const interfaceNames = () => oneOrMore(text("the name of an interface"), "the name of an interface, or a list of them");

export const natOptions = {
  preset: choice(natPresets)
    .optional()
    .describe(
      "What kind of translator it is; see the page on kinds for what each does. `home` (the default), `corporate`, `cgnat`, `full-cone`, `symmetric`, or `nat64`",
    ),
  outside: text("the name of an interface")
    .optional()
    .describe("The interface to the outside. The one with a gateway when absent"),
  inside: interfaceNames().optional().describe("The interfaces whose machines are translated. All others when absent"),
  "forward-ports": listOf(forwardPort, "a list such as [{port: 8080, to: web, to-port: 80}]")
    .optional()
    .describe("Connections from outside that are passed on to a machine inside"),
  hairpin: flag()
    .optional()
    .describe("Whether machines inside reach each other by the outside address. What the preset has when absent"),
  "ports-per-subscriber": wholeNumber(64, 32_768)
    .optional()
    .describe("With `cgnat`: outside ports of each machine inside. 1024 when absent"),
  prefix: text("a prefix such as 2001:db8:64:ff9b::/96")
    .optional()
    .describe(
      "With `nat64`: the prefix that IPv4 addresses are in. 2001:db8:64:ff9b::/96 when absent; by the well-known 64:ff9b::/96, only addresses of the Internet are reached, not private ones or those of documentation (RFC 6052, 3.1)",
    ),
  pool: text("a prefix such as 192.168.255.0/24")
    .optional()
    .describe(
      "With `nat64`: IPv4 addresses that stand for machines inside before they get the outside one. 192.168.255.0/24 when absent",
    ),
  rules: textOrFile("a ruleset of nftables")
    .optional()
    .describe("A ruleset of nftables, instead of the keys above: its text, or {from: a path}"),
} as const;

export type NatOptions = { readonly [Key in keyof typeof natOptions]?: z.output<(typeof natOptions)[Key]> };
