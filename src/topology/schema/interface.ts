import * as z from "zod";
import { flag, map, mapOf, text, wholeNumber } from "./form.ts";
import { addresses, gateways, mtu } from "./scalars.ts";

/** Interfaces and routes of machines. */

const interfaceDefinition = map(
  {
    addresses: addresses()
      .optional()
      .describe(
        "IPv4 and IPv6 addresses, each with its prefix length; or `dhcp`, to ask for an IPv4 address. The first of a prefix is the source of new connections",
      ),
    wait: flag()
      .optional()
      .describe("With `addresses: dhcp`, whether `up` waits until it has an address. true when absent"),
    mac: text("a MAC address such as 02:00:00:00:00:01")
      .optional()
      .describe(
        "MAC address. Without one, an address beginning with 02 is derived from the names of the node and the interface",
      ),
    mtu: mtu().optional().describe("Largest packet in bytes. The link's when absent"),
    gateway: gateways()
      .optional()
      .describe("Default gateway, one per address family: a default route through this interface"),
  },
  "a map with addresses, wait, mac, mtu and gateway",
).meta({ title: "Interface" });

export const interfaceForm = z
  .union(
    [
      z.null(),
      text("an address such as 10.0.0.1/24"),
      z.array(text("an address such as 10.0.0.1/24")),
      interfaceDefinition,
    ],
    {
      error: "an address, a list of addresses, or a map with addresses, mac, mtu and gateway",
    },
  )
  .describe("An interface, or only its addresses. `lo` takes addresses and nothing else");

export const route = map(
  {
    to: text("a prefix such as 10.9.0.0/16, or default").describe("Destination prefix, or `default`"),
    via: text("an address such as 10.0.0.1")
      .optional()
      .describe("Address of the next router, which must be a neighbour"),
    interface: text("the name of an interface")
      .optional()
      .describe("Interface to leave by. Needed without `via`, and with a link-local one"),
    metric: wholeNumber(0, 4_294_967_295)
      .optional()
      .describe("Of two routes to the same prefix the one with the lower metric is used"),
  },
  "a map with to, via, interface and metric",
).meta({ title: "Route" });

export const interfaces = mapOf(interfaceForm, "a map from names such as eth0 to addresses")
  .optional()
  .describe("Interfaces by name. Those that only links name need not be here; one without a link is unplugged");
