import { defineKind } from "../kind.ts";
import { nftablesSoftware } from "../nftables.ts";
import { firewallOptions } from "./options.ts";
import { firewallRules } from "./rules.ts";

/** Forwards what it is told to, by nftables. */
export const firewall = defineKind({
  name: "firewall",
  summary: "A router that forwards the connections it is told to, by nftables",
  base: "router",
  options: firewallOptions,
  resolve: (options, facts) => {
    const { rules, ...own } = options;
    const others = Object.keys(own);
    if (rules !== undefined && others.length > 0)
      facts.report(`rules: stand instead of ${others.join(" and ")}`, "Keep one of the two ways.", ["rules"]);
    return { software: nftablesSoftware(rules ?? firewallRules(options, facts)) };
  },
});
