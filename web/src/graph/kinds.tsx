import {
  IconArrowsExchange,
  IconArrowsLeftRight,
  IconBinaryTree,
  IconBox,
  IconChartBar,
  IconCloud,
  IconDeviceDesktop,
  IconFileText,
  IconListNumbers,
  type IconProps,
  IconRouter,
  IconServer,
  IconServer2,
  IconShield,
  IconSwitch3,
  IconWorld,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

/** How the kinds of nodes look, and what a new one is called. */
type Look = { readonly Icon: ComponentType<IconProps>; readonly prefix: string; readonly title: string };

const looks: Readonly<Record<string, Look>> = {
  host: { Icon: IconDeviceDesktop, prefix: "h", title: "Host" },
  router: { Icon: IconRouter, prefix: "r", title: "Router" },
  switch: { Icon: IconSwitch3, prefix: "s", title: "Switch" },
  firewall: { Icon: IconShield, prefix: "fw", title: "Firewall" },
  nat: { Icon: IconArrowsExchange, prefix: "nat", title: "NAT" },
  "dhcp-server": { Icon: IconListNumbers, prefix: "dhcp", title: "DHCP server" },
  "dns-server": { Icon: IconFileText, prefix: "dns", title: "DNS server" },
  web: { Icon: IconServer, prefix: "web", title: "Web server" },
  traffic: { Icon: IconChartBar, prefix: "traffic", title: "Traffic" },
  uplink: { Icon: IconCloud, prefix: "uplink", title: "Uplink" },
  appliance: { Icon: IconBox, prefix: "dut", title: "Appliance" },
  network: { Icon: IconBinaryTree, prefix: "net", title: "Network" },
  internet: { Icon: IconWorld, prefix: "inet", title: "Internet" },
};

const other: Look = { Icon: IconServer2, prefix: "n", title: "Node" };

export const lookOf = (kind: string): Look => looks[kind] ?? { ...other, title: kind };

/** Offered for drawing, the most used first. */
export const paletteKinds = [
  ...["host", "router", "switch", "firewall", "nat", "dhcp-server"],
  ...["dns-server", "web", "traffic", "uplink", "appliance"],
] as const;

export const linkIcon = IconArrowsLeftRight;
