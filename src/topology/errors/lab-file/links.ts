import { entry } from "../entry.ts";
import { counted, listed } from "./wording.ts";

/** Errors of links, networks and switches. */
export const linkErrors = {
  ENDPOINT_INVALID: entry<{ text: string }>({
    exitCode: 2,
    message: ({ text }) => `"${text}" is no end of a link.`,
    remedy: () => "Write node or node:interface, for example r1 or r1:eth0.",
  }),
  LINK_INVALID: entry<{ text: string }>({
    exitCode: 2,
    message: ({ text }) => `"${text}" is no link.`,
    remedy: () => 'Write "h1 -- h2", [h1:eth0, r1:eth1] or {endpoints: [h1, h2], mtu: 9000}.',
  }),
  LINK_ENDS: entry<{ count: number }>({
    exitCode: 2,
    message: ({ count }) => `A link has two ends; this one has ${count}.`,
    remedy: ({ count }) =>
      count > 2
        ? "Join more than two under networks:, or with a node of kind switch."
        : "Name both, as in [h1, r1:eth1].",
  }),
  LINK_ENDPOINT_TAKEN: entry<{ endpoint: string; by: string; suggestion: string }>({
    exitCode: 2,
    message: ({ endpoint, by }) => `${endpoint} is already used by link "${by}".`,
    remedy: ({ suggestion }) => `Give one of the two links another interface, for example ${suggestion}.`,
  }),
  LINK_TO_ITSELF: entry<{ node: string }>({
    exitCode: 2,
    message: ({ node }) => `This links ${node} to itself.`,
    remedy: () => "Name another node at one end.",
  }),
  NODE_UNLINKED: entry<{ node: string; linked: string }>({
    exitCode: 2,
    message: ({ node }) => `No link and no network has ${node}, so it reaches no other node.`,
    remedy: ({ node, linked }) => `Link it, for example with - [${node}, ${linked}] under links, or take it out.`,
  }),
  LINK_TO_LOOPBACK: entry<{ node: string }>({
    exitCode: 2,
    message: ({ node }) => `${node}:lo is the loopback interface, which no cable fits.`,
    remedy: ({ node }) => `Name another interface, for example ${node}:eth0.`,
  }),
  LOOPBACK_SETTING: entry<{ node: string; key: string }>({
    exitCode: 2,
    message: ({ node, key }) => `${node}:lo is the loopback interface: its ${key} cannot be set.`,
    remedy: () => "Give lo nothing but addresses.",
  }),
  SWITCH_TOO_MANY_PORTS: entry<{ switch: string; ports: number; limit: number }>({
    exitCode: 2,
    message: ({ switch: name, ports, limit }) =>
      `Switch ${name} would have ${counted(ports, "port")}; a Linux bridge takes ${counted(limit, "port")}.`,
    remedy: ({ ports, limit }) =>
      `Spread the nodes over ${Math.max(2, Math.ceil((ports - 2) / (limit - 2)))} switches linked to each other.`,
  }),
  SWITCH_LOOP: entry<{ switches: readonly string[] }>({
    exitCode: 2,
    message: ({ switches }) =>
      `Switches ${listed(switches)} form a loop, in which one broadcast would circle for ever.`,
    remedy: ({ switches }) => `Set stp: true on ${switches.length === 2 ? "both" : "them"}, or take one link away.`,
  }),
  SWITCH_FORWARDS_STP: entry<{ switch: string }>({
    exitCode: 2,
    message: ({ switch: name }) => `Switch ${name} cannot forward STP frames and take part in STP.`,
    remedy: () => "Leave out stp: true, or stp in forward.",
  }),
  MTU_OUT_OF_RANGE: entry<{ mtu: number; minimum: number; maximum: number; ipv6: boolean }>({
    exitCode: 2,
    message: ({ mtu, minimum, maximum, ipv6 }) =>
      ipv6 && mtu >= 68 && mtu <= maximum
        ? `An MTU of ${mtu} is too small for IPv6, which needs ${minimum}.`
        : `The MTU cannot be ${mtu}.`,
    remedy: ({ minimum, maximum, ipv6 }) =>
      `It is between ${minimum} and ${maximum}${ipv6 ? " where there are IPv6 addresses" : ""}.`,
  }),
  MTU_ABOVE_LINK: entry<{ endpoint: string; mtu: number; linkMtu: number }>({
    exitCode: 2,
    message: ({ endpoint, mtu, linkMtu }) =>
      `${endpoint} has an MTU of ${mtu} on a link that carries ${linkMtu}: larger packets will be lost.`,
    remedy: () => "Raise the link's mtu, unless that is what you want to try.",
  }),
} as const;
