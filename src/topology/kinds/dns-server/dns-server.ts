import { dnsmasqSoftware } from "../dnsmasq.ts";
import { defineKind } from "../kind.ts";
import { listens } from "../pieces.ts";
import { dnsConfig } from "./config.ts";
import { type DnsServerOptions, dnsServerOptions } from "./options.ts";

/** RFC 1035, section 4.2. */
const port = 53;

/** Answers for the lab's own names, and asks others for the rest. */
export const dnsServer = defineKind({
  name: "dns-server",
  summary: "A host that answers DNS queries, for the lab's own names, records and by asking others, by dnsmasq",
  base: "host",
  options: dnsServerOptions,
  resolve: (options: DnsServerOptions, facts) => {
    const { config, ...own } = options;
    const others = Object.keys(own);
    if (config !== undefined && others.length > 0)
      facts.report(`config: stands instead of ${others.join(" and ")}`, "Keep one of the two ways.", ["config"]);
    return { software: dnsmasqSoftware(config ?? dnsConfig(options, facts), listens("udp", port)) };
  },
});
