import { dhcpServer } from "./dhcp-server/dhcp-server.ts";
import { dnsServer } from "./dns-server/dns-server.ts";
import { firewall } from "./firewall/firewall.ts";
import { nat } from "./nat/nat.ts";
import { traffic } from "./traffic/traffic.ts";
import { uplink } from "./uplink/uplink.ts";
import { vendorKinds } from "./vendors/vendors.ts";
import { web } from "./web/web.ts";

/** Every kind that comes with Netwright beside host, router, switch and appliance. A new kind is one folder and one line here. */
export const kindDefinitions = [firewall, nat, dhcpServer, dnsServer, web, traffic, uplink, ...vendorKinds] as const;

export type KindDefinitions = (typeof kindDefinitions)[number];
