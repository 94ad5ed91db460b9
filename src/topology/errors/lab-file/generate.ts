import { entry } from "../entry.ts";
import { counted, listed } from "./wording.ts";

/** Errors of generators. */
export const generateErrors = {
  GENERATE_NEEDS_CONSENT: entry<{ nodes: number; links: number; limit: number }>({
    exitCode: 2,
    message: ({ nodes, links, limit }) =>
      `The generators would make ${counted(nodes, "node")} and ${counted(links, "link")}; more than ${limit.toLocaleString("en-US")} are not made unasked.`,
    remedy: () => "Give smaller counts, or confirm with --yes that this is meant.",
  }),
  GENERATE_TOO_LARGE: entry<{ nodes: number; links: number; maximumNodes: number; maximumLinks: number }>({
    exitCode: 2,
    message: ({ nodes, links }) =>
      `The generators would make ${counted(nodes, "node")} and ${counted(links, "link")}, more than one machine can hold.`,
    remedy: ({ maximumNodes, maximumLinks }) =>
      `The limit is ${counted(maximumNodes, "node")} and ${counted(maximumLinks, "link")}.`,
  }),
  GENERATE_NAMES: entry<{ pattern: string; count: number }>({
    exitCode: 2,
    message: ({ pattern, count }) => `"${pattern}" names ${counted(count, "node")} alike.`,
    remedy: ({ pattern }) => `Put the number in: "${pattern}$\{node.index}".`,
  }),
  POOL_TOO_SMALL: entry<{ pool: string; wanted: string; made: number }>({
    exitCode: 2,
    message: ({ pool, wanted, made }) => `${pool} has no room for another ${wanted} after ${made}.`,
    remedy: () => "Give a shorter prefix length.",
  }),
  ROUTING_NEEDS_ROUTERS: entry<{ roles: readonly string[] }>({
    exitCode: 2,
    message: () => "There is no router here that could run a routing protocol.",
    remedy: ({ roles }) => `Give kind: router to one of ${listed(roles)} in template:, or leave routing out.`,
  }),
  OSPF_WITHOUT_ADDRESSES: entry<{ node: string }>({
    exitCode: 2,
    message: ({ node }) => `${node} has no address on any interface, so there is nothing that OSPF could tell of.`,
    remedy: () => "Give its links a subnet, for example subnet: 10.0.1.0/24, or its interfaces addresses.",
  }),
  ROUTING_NEEDS_ADDRESSES: entry<{ protocol: string; wanted: string }>({
    exitCode: 2,
    message: ({ protocol, wanted }) => `${protocol} has nothing to route without ${wanted}.`,
    remedy: () => "Add, for example, addressing: {loopbacks: 10.255.0.0/16, links: 10.0.0.0/16}.",
  }),
  ROUTING_ASN_RANGE: entry<{ first: number; count: number }>({
    exitCode: 2,
    message: ({ first, count }) => `${counted(count, "autonomous system")} from ${first} on end above 4294967294.`,
    remedy: () => "Give a smaller asn, or leave it out.",
  }),
} as const;
