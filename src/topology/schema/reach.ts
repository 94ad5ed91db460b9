import * as z from "zod";
import { choice, flag, listOf, map, mapOf, oneOrMore, text, wholeNumber } from "./form.ts";
import { prefixes } from "./scalars.ts";

/** How nodes meet the world outside of the lab, and names besides those of nodes. */

const portPhrase = "a port such as 80, 8080:80, 127.0.0.1:8080:80 or 5353:53/udp, or a map with port, host and so on";

export const publishedPort = z
  .union(
    [
      wholeNumber(1, 65_535),
      text("a port such as 8080:80"),
      map(
        {
          port: wholeNumber(1, 65_535).describe("Port of the node"),
          host: wholeNumber(0, 65_535).optional().describe("Port of this machine. Any that is free when absent or 0"),
          address: text("an address such as 127.0.0.1")
            .optional()
            .describe("Address of this machine. 127.0.0.1 when absent; 0.0.0.0 or :: for all"),
          protocol: choice(["tcp", "udp"]).optional().describe("tcp when absent"),
          to: text("an address such as 10.0.0.9")
            .optional()
            .describe("Where the node connects to. The node itself when absent"),
        },
        "a map with port, host, address, protocol and to",
      ),
    ],
    { error: portPhrase },
  )
  .describe("A port, or `[address:][host:]port[/protocol]`. Without a port of this machine, any that is free")
  .meta({ title: "Published port" });

/** Of machines that Netwright runs programs in. */
export const reachSettings = {
  aliases: oneOrMore(text("a name such as www or api.example.lab"), "a name, or a list of names")
    .optional()
    .describe("More names of the node. Several nodes may have the same one"),
  ports: listOf(publishedPort, "a list of ports such as 8080:80")
    .optional()
    .describe("Ports of the node that this machine has, on its loopback unless an address is given"),
  internet: flag()
    .optional()
    .describe("Whether the node reaches what this machine reaches, by NAT. A router also takes others there"),
  "allow-host": listOf(
    z.union([wholeNumber(1, 65_535), text("a port such as tcp/5432")], { error: "a port such as tcp/5432" }),
    "a list of ports such as tcp/5432",
  )
    .optional()
    .describe("Ports of this machine's loopback that the node reaches, as host.internal. tcp when it is only a number"),
} as const;

/** Of the lab. */
export const labReach = {
  names: mapOf(
    oneOrMore(text("a node or an address"), "a node or an address, or a list of them"),
    "a map from names to nodes and addresses",
  )
    .optional()
    .describe(
      "Names besides those of nodes, each for nodes (`node` or `node:interface`), addresses, or several of them",
    ),
  internet: map({ range: prefixes().describe("One IPv4 prefix, one IPv6 prefix, or both") }, "a map with range")
    .optional()
    .describe("What nodes with `internet` have their outside addresses from. Free of the lab's when absent"),
} as const;
