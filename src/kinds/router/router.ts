import type { RouterNode } from "../../topology/index.ts";
import type { Kind } from "../kind.ts";
import { frrConfig, frrNeeds, prepareFrr } from "./frr.ts";

/** Forwards IPv4 and IPv6; runs FRR when the lab file gives a configuration. */
export const router: Kind<RouterNode> = {
  name: "router",
  sysctls: () => ({
    "net.ipv4.ip_forward": "1",
    "net.ipv6.conf.all.forwarding": "1",
    // A reply may leave by another interface than the request came in on (RFC 3704, 2.4); strict filtering breaks ECMP.
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.default.rp_filter": "0",
    // A route through a link without carrier is not used, as in a hardware router.
    "net.ipv4.conf.all.ignore_routes_with_linkdown": "1",
    "net.ipv6.conf.all.ignore_routes_with_linkdown": "1",
    // One hash over ports for equal-cost paths (linux/Documentation/networking/ip-sysctl).
    "net.ipv4.fib_multipath_hash_policy": "1",
    "net.ipv6.fib_multipath_hash_policy": "1",
    "net.ipv6.conf.all.keep_addr_on_down": "1",
  }),
  needs: (node) => (node.frr === undefined ? undefined : frrNeeds),
  config: (node) => (node.frr === undefined ? undefined : frrConfig),
  configured: (node, text) => ({ ...node, frr: { config: text } }),
  prepare: (node, facts) => (node.frr === undefined ? undefined : prepareFrr(node, node.frr, facts)),
};
