import * as z from "zod";
import { flag, listOf, map, mapOf, oneOrMore, text, wholeNumber } from "../../schema/form.ts";
import { textOrFile } from "../pieces.ts";

const recordPhrase = "an address, a node of the lab, or a map such as {cname: web}";

const special = map(
  {
    address: text("an address, or a node of the lab").optional().describe("A or AAAA: an address, or those of a node"),
    cname: text("a name").optional().describe("Another name for one that this server knows"),
    txt: text("a text").optional().describe("A text"),
    mx: map(
      {
        to: text("a name").describe("The mail server"),
        preference: wholeNumber(0, 65_535).optional().describe("The lowest is used. 10 when absent"),
      },
      "a map with to and preference",
    )
      .optional()
      .describe("Who takes mail"),
    srv: map(
      {
        to: text("a name").describe("The server"),
        port: wholeNumber(1, 65_535).describe("Its port"),
        priority: wholeNumber(0, 65_535).optional().describe("The lowest is used. 0 when absent"),
        weight: wholeNumber(0, 65_535).optional().describe("Among equals. 0 when absent"),
      },
      "a map with to, port, priority and weight",
    )
      .optional()
      .describe("Where a service is; the record's name is such as _http._tcp"),
  },
  recordPhrase,
).meta({ title: "DNS record" });

const zone = z.union(
  [
    z.null(),
    map(
      {
        nodes: flag()
          .optional()
          .describe("Whether every node of the lab is in it by its name, with all its addresses. true when absent"),
        records: mapOf(
          oneOrMore(
            z.union([text("an address, or a node"), special], { error: recordPhrase }),
            `${recordPhrase}, or a list of them`,
          ),
          "a map from names to records",
        )
          .optional()
          .describe("Records by name within the zone; `@` is the zone itself"),
      },
      "a map with nodes and records, or nothing",
    ),
  ],
  { error: "a map with nodes and records, or nothing" },
);

const forward = z.union(
  [
    text("an address, or a node of the lab"),
    map(
      {
        to: text("an address, or a node of the lab").describe("The name server: its address, or a node"),
        zone: text("a domain").optional().describe("Only for names in this domain. All when absent"),
      },
      "a map with to and zone",
    ),
  ],
  { error: "an address, a node, or a map with to and zone" },
);

export type Record_ = z.output<typeof special>;

export const dnsServerOptions = {
  zones: mapOf(zone, "a map from domains to zones")
    .optional()
    .describe("Domains it knows all of, by name; nothing after the name is one with the nodes of the lab"),
  forward: listOf(forward, "a list of name servers such as [10.0.0.53]")
    .optional()
    .describe("Name servers that are asked for what is in no zone. Without one, the answer is REFUSED"),
  config: textOrFile("a configuration of dnsmasq")
    .optional()
    .describe("A configuration of dnsmasq, instead of the keys above: its text, or {from: a path}"),
} as const;

export type DnsServerOptions = {
  readonly [Key in keyof typeof dnsServerOptions]?: z.output<(typeof dnsServerOptions)[Key]>;
};
