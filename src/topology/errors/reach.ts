import { entry } from "./entry.ts";

/** Errors of ways between a lab and the outside, while it runs. */
export const reachRunErrors = {
  PORT_TAKEN: entry<{ port: string; owner?: string }>({
    exitCode: 1,
    message: ({ port, owner }) => `${port} of this machine is in use${owner === undefined ? "" : ` by ${owner}`}.`,
    remedy: () => "Publish another port of this machine, or none, for any that is free.",
  }),
  PORT_FORBIDDEN: entry<{ port: string; number: number }>({
    exitCode: 3,
    message: ({ port }) => `You may not use ${port} of this machine: low ports are for root.`,
    remedy: ({ number }) =>
      `Publish a port from 1024 on, or allow it: sudo sysctl net.ipv4.ip_unprivileged_port_start=${number}`,
  }),
  PORT_ADDRESS_MISSING: entry<{ port: string; address: string }>({
    exitCode: 1,
    message: ({ port, address }) => `${port} cannot be published: ${address} is no address of this machine.`,
    remedy: () => "Publish it at 127.0.0.1, or at 0.0.0.0 for all addresses. See those there are with: ip -br address",
  }),
  INTERNET_PROGRAM_MISSING: entry<{ node: string }>({
    exitCode: 3,
    message: ({ node }) => `pasta is not installed; ${node} would reach the outside through it.`,
    remedy: () => "Install it: sudo apt-get install passt (or slirp4netns, for IPv4 alone)",
  }),
  INTERNET_NONE: entry<{ node: string }>({
    exitCode: 3,
    message: ({ node }) => `${node} cannot reach the outside: this machine has no default route itself.`,
    remedy: () => "Connect this machine, or take internet: true out of the lab file.",
  }),
  INTERNET_FAILED: entry<{ node: string; reason: string }>({
    exitCode: 1,
    message: ({ node, reason }) => `${node} has no way to the outside: ${reason}.`,
    remedy: () => "See what this machine can do with: netwright doctor",
  }),
  HOST_PORT_TAKEN: entry<{ node: string; port: string; address: string }>({
    exitCode: 1,
    message: ({ node, port, address }) => `${node} already uses ${port} at ${address}, where this machine's would be.`,
    remedy: () => "Let the node's own program listen on another address than 0.0.0.0 or ::, or on another port.",
  }),
  GATE_NOT_STARTED: entry<{ reason: string }>({
    exitCode: 1,
    message: ({ reason }) => `The lab's gate, its process outside, does not run: ${reason}.`,
    remedy: () => "See supervisor.log in the lab's log folder (netwright ps --json).",
  }),
  GATE_REFUSED: entry<{ what: string; reason: string }>({
    exitCode: 1,
    message: ({ what, reason }) => `The lab's gate could not do "${what}": ${reason}.`,
  }),
} as const;
