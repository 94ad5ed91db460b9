import * as z from "zod";
import { choice, flag, listOf, map, mapOf, oneOrMore, text, wholeNumber } from "./form.ts";
import { duration, mtu } from "./scalars.ts";

/** Switches: their settings and ports, and what of it needs Open vSwitch. */

const vlan = () => wholeNumber(1, 4094);

const flows = z
  .union(
    [
      text("the text of flows"),
      map(
        {
          content: text("the text of flows").optional().describe("The flows themselves"),
          from: text("a path").optional().describe("A file on this machine; relative to the lab file"),
        },
        "a map with content or from",
      ),
    ],
    { error: "the text of flows, or a map with content or from" },
  )
  .meta({ title: "Flows" });

const openflowVersion = () => choice(["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"]);

/** What nodes, networks and defaults may say. */
export const switchSettings = {
  driver: choice(["bridge", "ovs"])
    .optional()
    .describe("`bridge` (the default): a Linux bridge. `ovs`: Open vSwitch, which can do more"),
  stp: flag().optional().describe("Takes part in the spanning tree protocol. false when absent"),
  rstp: flag().optional().describe("Takes part in the rapid spanning tree protocol. Needs `driver: ovs`"),
  ageing: duration().optional().describe("How long a MAC address is remembered. 300s when absent"),
  forward: listOf(choice(["lldp", "lacp", "802.1x", "stp"]), "a list of lldp, lacp, 802.1x and stp")
    .optional()
    .describe("Link-local protocols that are forwarded like any frame, which switches do not do"),
  flows: flows.optional().describe("OpenFlow flows, one a line as ovs-ofctl(8) reads them. Needs `driver: ovs`"),
  controller: oneOrMore(
    text("a controller such as c1, c1:6653, tcp:10.0.0.5:6653 or unix:/run/controller.sock"),
    "a controller such as c1, c1:6653, tcp:10.0.0.5:6653 or unix:/run/controller.sock, or a list of them",
  )
    .optional()
    .describe(
      "OpenFlow controllers: a node with or without port (6653), an address of a node as tcp:address:port, or a socket of this machine as unix:path. Needs `driver: ovs`",
    ),
  "fail-mode": choice(["standalone", "secure"])
    .optional()
    .describe(
      "Without a controller: `standalone` (the default) forwards as any switch does, `secure` only as flows say. Needs `driver: ovs`",
    ),
  openflow: oneOrMore(openflowVersion(), "a version of OpenFlow such as 1.3, in quotes, or a list of them")
    .optional()
    .describe("Versions of OpenFlow that the switch speaks. All that it knows when absent. Needs `driver: ovs`"),
};

export const switchSettingsPhrase =
  "a map with driver, stp, rstp, ageing, forward, flows, controller, fail-mode and openflow";

const portVlans = {
  vlan: vlan().optional().describe("An access port: frames of this VLAN, untagged"),
  trunk: z
    .union([z.literal("all"), z.array(vlan())], { error: "all, or a list of VLANs such as [10, 20]" })
    .optional()
    .describe("A trunk port: frames of these VLANs, tagged"),
  native: vlan().optional().describe("The VLAN of a trunk's untagged frames. Of `trunk: all`, 1 when absent"),
  "native-tagged": flag()
    .optional()
    .describe("The native VLAN is sent tagged, and taken either way. false when absent. Needs `driver: ovs`"),
};

/** A port's name and settings; switches have no addresses. */
const port = z.union(
  [
    z.null(),
    map(
      {
        mac: text("a MAC address such as 02:00:00:00:00:01").optional().describe("MAC address of the port"),
        mtu: mtu().optional().describe("Largest packet in bytes. The link's when absent"),
        ...portVlans,
      },
      "a map with mac, mtu, vlan, trunk, native and native-tagged: a switch has no addresses",
    ),
  ],
  { error: "a map with mac, mtu, vlan, trunk, native and native-tagged: a switch has no addresses" },
);

const portName = () => text("the name of a port such as p1");

const bond = map(
  {
    ports: listOf(portName(), "a list of ports such as [p1, p2]").describe("The ports that are one"),
    lacp: choice(["off", "active", "passive"])
      .optional()
      .describe("Whether the ends agree by LACP; one of the two must be active. `active` when absent"),
    mode: choice(["active-backup", "balance-slb", "balance-tcp"])
      .optional()
      .describe(
        "Which port a frame takes: one for all, by sender, or by connection (with LACP). `balance-tcp` with LACP, else `active-backup`",
      ),
    ...portVlans,
  },
  "a map with ports, lacp, mode, vlan, trunk, native and native-tagged",
).meta({ title: "Bond" });

const mirror = map(
  {
    from: oneOrMore(portName(), "a port such as p1, or a list of them")
      .optional()
      .describe("Ports and bonds whose frames are copied. All when absent"),
    direction: choice(["both", "in", "out"])
      .optional()
      .describe("Frames that come in at these ports, that go out, or both. `both` when absent"),
    vlans: listOf(vlan(), "a list of VLANs such as [10, 20]").optional().describe("Frames of these VLANs only"),
    to: portName().describe("The port that gets the copies, and nothing else"),
  },
  "a map with from, direction, vlans and to",
).meta({ title: "Mirror" });

/** What is about ports, and so about one switch. */
export const switchPorts = {
  interfaces: mapOf(port, "a map from port names to mac, mtu, vlan and trunk")
    .optional()
    .describe("Ports by name, where one needs a setting"),
  bonds: mapOf(bond, "a map from names to bonds such as {ports: [p1, p2]}")
    .optional()
    .describe("Several ports as one, by name. Needs `driver: ovs`"),
  mirrors: listOf(mirror, "a list of mirrors such as {from: p1, to: p9}")
    .optional()
    .describe("Ports that get copies of frames. Needs `driver: ovs`"),
};
