import { entry } from "../entry.ts";
import { didYouMean, listed } from "./wording.ts";

/** Errors of what switches do beyond forwarding: VLANs, and what only Open vSwitch can. */
export const switchErrors = {
  SWITCH_NEEDS_OVS: entry<{ switch: string; key: string }>({
    exitCode: 2,
    message: ({ switch: name, key }) => `${key} needs Open vSwitch, and ${name} is on a Linux bridge.`,
    remedy: ({ key }) => `Add driver: ovs to the switch, or leave ${key} out.`,
  }),
  SWITCH_STP_TWICE: entry<{ switch: string }>({
    exitCode: 2,
    message: ({ switch: name }) => `Switch ${name} cannot take part in STP and RSTP at once.`,
    remedy: () => "Keep one of the two. A switch with RSTP understands neighbours with STP.",
  }),
  SWITCH_AGEING: entry<{ switch: string; minimumSeconds: number; maximumSeconds: number }>({
    exitCode: 2,
    message: ({ switch: name, minimumSeconds, maximumSeconds }) =>
      `Open vSwitch remembers MAC addresses for ${minimumSeconds} to ${maximumSeconds} seconds, ${name} too.`,
    remedy: ({ minimumSeconds, maximumSeconds }) =>
      `Write an ageing between ${minimumSeconds}s and ${maximumSeconds}s, or use driver: bridge.`,
  }),
  SWITCH_FORWARDS_ALL: entry<{ switch: string }>({
    exitCode: 2,
    message: ({ switch: name }) => `Open vSwitch forwards all link-local protocols or none, ${name} too.`,
    remedy: () => "Write forward: [lldp, lacp, 802.1x, stp], leave it out, or use driver: bridge.",
  }),
  PORT_VLANS: entry<{ port: string; problem: "both" | "no-trunk" | "no-native" | "empty" }>({
    exitCode: 2,
    message: ({ port, problem }) => {
      switch (problem) {
        case "both":
          return `${port} cannot be an access port (vlan) and a trunk.`;
        case "no-trunk":
          return `${port} is no trunk, so there is no native VLAN.`;
        case "no-native":
          return `${port} has no native VLAN that could be tagged.`;
        case "empty":
          return `${port} would be a trunk that carries no VLAN.`;
        default:
          return problem satisfies never;
      }
    },
    remedy: ({ problem }) =>
      problem === "no-native"
        ? "Add native: with one of the trunk's VLANs."
        : "Write vlan: 10 for an access port, or trunk: [10, 20] and perhaps native: 10 for a trunk.",
  }),
  VLAN_NATIVE_NOT_CARRIED: entry<{ port: string; vlan: number; trunk: readonly number[] }>({
    exitCode: 2,
    message: ({ port, vlan, trunk }) =>
      `VLAN ${vlan} cannot be the native one of ${port}: the trunk carries ${listed(trunk.map(String))}.`,
    remedy: ({ vlan }) => `Add ${vlan} to trunk:, or choose a native VLAN among them.`,
  }),
  FLOWS_FORM: entry<{ switch: string }>({
    exitCode: 2,
    message: ({ switch: name }) => `The flows of ${name} come from exactly one of content and from.`,
    remedy: () => "Keep one of them.",
  }),
  CONTROLLER_INVALID: entry<{ text: string; problem: string }>({
    exitCode: 2,
    message: ({ text, problem }) => `"${text}" is no OpenFlow controller that a switch could reach: ${problem}.`,
    remedy: () =>
      "Write a host or router of the lab (c1 or c1:6653), an address of one (tcp:10.0.0.5:6653), or a socket of this machine (unix:/run/controller.sock).",
  }),
  PORT_UNKNOWN: entry<{ switch: string; port: string; what: string; nearest?: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ switch: name, port, what }) => `${what} names port ${port}, and ${name} has no link at such a port.`,
    remedy: ({ nearest, known }) => didYouMean(nearest, known, "ports"),
  }),
  MIRROR_OF_ITSELF: entry<{ port: string }>({
    exitCode: 2,
    message: ({ port }) => `${port} cannot get copies of its own frames.`,
    remedy: () => "Send them to a port of its own, such as that of a host that watches.",
  }),
  BOND_TOO_SMALL: entry<{ bond: string; ports: number }>({
    exitCode: 2,
    message: ({ bond, ports }) => `Bond ${bond} has ${ports === 0 ? "no port" : "one port"}; it takes two or more.`,
    remedy: () => "Name the ports of all its links, as in {ports: [p1, p2]}.",
  }),
  BOND_PORT_TAKEN: entry<{ port: string; bond: string; by: string }>({
    exitCode: 2,
    message: ({ port, bond, by }) => `${port} cannot be in bond ${bond}: ${by}.`,
    remedy: () => "Settings of VLANs belong to the bond, and a port to at most one of them.",
  }),
  BOND_BALANCE: entry<{ bond: string }>({
    exitCode: 2,
    message: ({ bond }) => `Bond ${bond} cannot balance by connection without LACP.`,
    remedy: () => "Write lacp: active, or mode: balance-slb.",
  }),
} as const;
