import { entry } from "../entry.ts";
import { counted, listed } from "./wording.ts";

/** Errors of addresses, prefixes, gateways and routes. */
export const addressErrors = {
  ADDRESS_INVALID: entry<{ text: string; problem: string; example: string }>({
    exitCode: 2,
    message: ({ text, problem }) => `"${text}" is no address: ${problem}.`,
    remedy: ({ example }) => `Write it like ${example}.`,
  }),
  ADDRESS_UNUSABLE: entry<{ address: string; problem: string; remedy: string }>({
    exitCode: 2,
    message: ({ address, problem }) => `${address} cannot be an interface's address: ${problem}.`,
    remedy: ({ remedy }) => remedy,
  }),
  ADDRESS_TAKEN: entry<{ address: string; endpoint: string; by: string; free?: string }>({
    exitCode: 2,
    message: ({ address, endpoint, by }) => `${endpoint} and ${by} both have ${address}, on one segment.`,
    remedy: ({ free }) =>
      free === undefined
        ? "Give one of them another address."
        : `Give one of them another address, for example ${free}.`,
  }),
  PREFIX_INVALID: entry<{ text: string; problem: string }>({
    exitCode: 2,
    message: ({ text, problem }) => `"${text}" is no prefix: ${problem}.`,
    remedy: () => "Write it like 10.0.0.0/24 or 2001:db8::/64.",
  }),
  PREFIX_HOST_BITS: entry<{ prefix: string; network: string }>({
    exitCode: 2,
    message: ({ prefix }) => `${prefix} is an address in a prefix, not a prefix.`,
    remedy: ({ network }) => `Write ${network}.`,
  }),
  PREFIX_RESERVED: entry<{ prefix: string; reserved: string }>({
    exitCode: 2,
    message: ({ prefix, reserved }) => `No addresses can be given from ${prefix}: ${reserved} is reserved.`,
    remedy: () => "Use a private prefix, for example one of 10.0.0.0/8 or fd00::/8.",
  }),
  PREFIX_CLASH: entry<{ prefix: string; node: string; a: string; b: string }>({
    exitCode: 2,
    message: ({ prefix, node, a, b }) =>
      `${node} has ${prefix} on two segments, at ${a} and ${b}: it would reach only one of them.`,
    remedy: () => "Give one of the two segments another prefix.",
  }),
  PREFIX_OVERLAP: entry<{ node: string; a: string; aPrefix: string; b: string; bPrefix: string }>({
    exitCode: 2,
    message: ({ node, a, aPrefix, b, bPrefix }) =>
      `On ${node}, ${bPrefix} (${b}) is part of ${aPrefix} (${a}); the longer prefix wins.`,
    remedy: () => "Give one of the two segments another prefix, unless that is what you want to try.",
  }),
  PREFIX_ON_TWO_SEGMENTS: entry<{ prefix: string; a: string; b: string }>({
    exitCode: 2,
    message: ({ prefix, a, b }) =>
      `${prefix} is on two segments that routers join, at ${a} and at ${b}: routers will find one of them.`,
    remedy: () => "Give one of the two segments another prefix, unless that is what you want to try.",
  }),
  SUBNET_TOO_SMALL: entry<{ subnet: string; needed: number; available: bigint }>({
    exitCode: 2,
    message: ({ subnet, needed, available }) =>
      `${subnet} has ${counted(available, "address")} for ${counted(needed, "interface")}.`,
    remedy: () => "Give a shorter prefix length.",
  }),
  GATEWAY_NOT_ON_LINK: entry<{ gateway: string; endpoint: string; prefixes: readonly string[] }>({
    exitCode: 2,
    message: ({ gateway, endpoint, prefixes }) =>
      prefixes.length === 0
        ? `${endpoint} cannot reach the gateway ${gateway}: it has no address of that family.`
        : `${endpoint} cannot reach the gateway ${gateway}: it is on ${listed(prefixes)}.`,
    remedy: ({ endpoint }) => `A gateway is an address of a neighbour of ${endpoint}, in a prefix they share.`,
  }),
  GATEWAY_IS_SELF: entry<{ gateway: string; endpoint: string }>({
    exitCode: 2,
    message: ({ gateway, endpoint }) => `The gateway ${gateway} is ${endpoint}'s own address.`,
    remedy: () => "Name the address of the router at the other end.",
  }),
  GATEWAY_HAS_NO_OWNER: entry<{ gateway: string; endpoint: string }>({
    exitCode: 2,
    message: ({ gateway, endpoint }) => `No node on the segment of ${endpoint} has the gateway's address ${gateway}.`,
    remedy: () => "Give it to a router there, unless a program of the lab takes it later.",
  }),
  GATEWAY_NOT_A_MEMBER: entry<{ gateway: string; nearest?: string; members: readonly string[] }>({
    exitCode: 2,
    message: ({ gateway }) => `The gateway "${gateway}" is no member here.`,
    remedy: ({ nearest, members }) =>
      nearest === undefined ? `Name one of ${listed(members)}.` : `Did you mean "${nearest}"?`,
  }),
  GATEWAY_HAS_NO_ADDRESS: entry<{ gateway: string }>({
    exitCode: 2,
    message: ({ gateway }) => `The gateway ${gateway} has no address here.`,
    remedy: () => "Give a subnet, or give that interface an address.",
  }),
  ROUTE_INCOMPLETE: entry<{ to: string }>({
    exitCode: 2,
    message: ({ to }) => `The route to ${to} does not say where to send packets.`,
    remedy: () => "Add via: (a neighbour's address) or interface:.",
  }),
  ROUTE_DEFAULT_FAMILY: entry<Record<never, never>>({
    exitCode: 2,
    message: () => "A default route without via: does not say whether it is for IPv4 or IPv6.",
    remedy: () => "Write to: 0.0.0.0/0 or to: ::/0.",
  }),
  ROUTE_FAMILIES: entry<{ to: string; via: string }>({
    exitCode: 2,
    message: ({ to, via }) => `The route to ${to} cannot go via ${via}: one is IPv4, the other IPv6.`,
    remedy: () => "Name a gateway of the same family.",
  }),
  ROUTE_VIA_UNREACHABLE: entry<{ node: string; via: string; interface?: string; prefixes: readonly string[] }>({
    exitCode: 2,
    message: ({ node, via, interface: name }) =>
      `${node} cannot reach ${via}${name === undefined ? "" : ` at ${name}`} directly.`,
    remedy: ({ node, prefixes }) =>
      prefixes.length === 0
        ? `Give ${node} an address in the gateway's prefix.`
        : `via: is an address in a prefix of ${node}: ${listed(prefixes)}.`,
  }),
  ROUTE_LINK_LOCAL: entry<{ via: string }>({
    exitCode: 2,
    message: ({ via }) => `The link-local gateway ${via} may be on any link.`,
    remedy: () => "Say which: add interface:.",
  }),
  ROUTE_TWICE: entry<{ node: string; to: string; metric: number | undefined }>({
    exitCode: 2,
    message: ({ node, to, metric }) =>
      `${node} has two ${to === "0.0.0.0/0" || to === "::/0" ? `default routes (${to})` : `routes to ${to}`}${metric === undefined ? "" : ` with metric ${metric}`}; the kernel keeps one.`,
    remedy: () => "Take one away, or give them different metrics.",
  }),
  MAC_INVALID: entry<{ text: string; problem: string }>({
    exitCode: 2,
    message: ({ text, problem }) => `"${text}" cannot be a MAC address: ${problem}.`,
    remedy: () => "Write six pairs of hexadecimal digits such as 02:00:00:00:00:01, or leave mac out.",
  }),
  MAC_TAKEN: entry<{ mac: string; endpoint: string; by: string }>({
    exitCode: 2,
    message: ({ mac, endpoint, by }) => `${endpoint} and ${by} both have the MAC address ${mac}, on one segment.`,
    remedy: () => "Give one of them another, or leave mac out.",
  }),
} as const;
