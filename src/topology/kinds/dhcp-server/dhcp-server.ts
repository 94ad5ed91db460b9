import { dnsmasqSoftware } from "../dnsmasq.ts";
import { defineKind } from "../kind.ts";
import { listens } from "../pieces.ts";
import { dhcpConfig } from "./config.ts";
import { type DhcpServerOptions, dhcpServerOptions } from "./options.ts";

/** RFC 2131, section 4.1. */
const serverPort = 67;

/** Gives addresses by DHCP, or passes requests on to who does. */
export const dhcpServer = defineKind({
  name: "dhcp-server",
  summary: "A host that gives addresses by DHCP (IPv4), or relays for who does, by dnsmasq",
  base: "host",
  options: dhcpServerOptions,
  resolve: (options: DhcpServerOptions, facts) => {
    const { config, ...own } = options;
    const others = Object.keys(own);
    if (config !== undefined && others.length > 0)
      facts.report(`config: stands instead of ${others.join(" and ")}`, "Keep one of the two ways.", ["config"]);
    return {
      software: dnsmasqSoftware(config ?? dhcpConfig(options, facts), listens("udp", serverPort)),
      // A relay is their gateway as a rule: renewed leases go to the server through it (RFC 2131, 4.3.2).
      ...(options.relay === undefined ? {} : { sysctls: { "net.ipv4.ip_forward": "1" } }),
    };
  },
});
