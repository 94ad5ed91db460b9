import {
  createReactComponent,
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
  IconServer,
  IconServer2,
  IconShield,
  IconSwitch3,
  IconWorld,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

/** How the kinds of nodes look, and what a new one is called. */
type Look = { readonly Icon: ComponentType<IconProps>; readonly prefix: string; readonly title: string };

/** A disc with two arrows in and two out, as routers are drawn in diagrams of networks. */
const RouterSymbol = createReactComponent("outline", "router-symbol", "RouterSymbol", [
  ["circle", { cx: "12", cy: "12", r: "9.5", key: "disc" }],
  ["path", { d: "M4.8 12h4.6m-1.9 -1.9l1.9 1.9l-1.9 1.9", key: "in-left" }],
  ["path", { d: "M19.2 12h-4.6m1.9 -1.9l-1.9 1.9l1.9 1.9", key: "in-right" }],
  ["path", { d: "M12 9.6v-4.8m-1.9 1.9l1.9 -1.9l1.9 1.9", key: "out-up" }],
  ["path", { d: "M12 14.4v4.8m-1.9 -1.9l1.9 1.9l1.9 -1.9", key: "out-down" }],
]);

const looks: Readonly<Record<string, Look>> = {
  host: { Icon: IconDeviceDesktop, prefix: "h", title: "Host" },
  router: { Icon: RouterSymbol, prefix: "r", title: "Router" },
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
