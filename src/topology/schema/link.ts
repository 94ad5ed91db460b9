import * as z from "zod";
import { listOf, map, text } from "./form.ts";
import { linkImpairment, medium } from "./impairment.ts";
import { endpoint, mtu, prefixes } from "./scalars.ts";
import { switchSettings } from "./switch.ts";

/** Links and networks. */

const gateway = () =>
  endpoint()
    .optional()
    .describe("The member that is the default gateway of the hosts here that name none of their own");

export const link = z
  .union(
    [
      text("a link such as h1 -- r1:eth0").describe("Two endpoints with `--` between them"),
      z.array(endpoint()).describe("Two endpoints"),
      map(
        {
          endpoints: listOf(endpoint(), "a list of two endpoints such as [h1, r1:eth1]").describe(
            "Two endpoints: `node` or `node:interface`. Without an interface, the node's first free one",
          ),
          mtu: mtu()
            .optional()
            .describe("Largest packet in bytes. The largest that an end asks for, or the lab's, when absent"),
          subnet: prefixes()
            .optional()
            .describe("Prefixes that give an address to each end without one of that family, in order"),
          gateway: gateway(),
          impairment: linkImpairment
            .optional()
            .describe("What happens to frames: in both directions, and by who sends"),
          medium: medium(),
        },
        "a map with endpoints, mtu, subnet, gateway, impairment and medium",
      ),
    ],
    { error: 'a link: "h1 -- h2", [h1:eth0, r1:eth1] or {endpoints: [h1, h2], mtu: 9000}' },
  )
  .meta({ title: "Link" })
  .describe("A cable between two interfaces");

export const network = z
  .union(
    [
      z.array(endpoint()).describe("Its members"),
      map(
        {
          members: listOf(endpoint(), "a list of members such as [h1, h2, r1:eth2]").describe(
            "`node` or `node:interface`. Without an interface, the node's first free one",
          ),
          subnet: prefixes()
            .optional()
            .describe("Prefixes that give an address to each member without one of that family, in order"),
          gateway: gateway(),
          mtu: mtu().optional().describe("Largest packet in bytes, on all its links"),
          impairment: linkImpairment
            .optional()
            .describe(
              "What happens to frames on each of its links. `from` names members, or the network for what it sends to each of them",
            ),
          medium: medium(),
          ...switchSettings,
        },
        "a map with members, subnet, gateway, mtu, impairment, medium, driver, stp and so on",
      ),
    ],
    { error: "a list of members, or a map with members, subnet and so on" },
  )
  .meta({ title: "Network" })
  .describe("A segment with any number of members: a switch of this name, and a link to each");
