import { entry } from "../entry.ts";

/** Errors of what a lab file says of the outside, and of names. */
export const reachErrors = {
  PORT_INVALID: entry<{ text: string; problem: string }>({
    exitCode: 2,
    message: ({ text, problem }) => `"${text}" is no port to publish: ${problem}.`,
    remedy: () => "Write it like 80, 8080:80, 127.0.0.1:8080:80, [::1]:8080:80 or 5353:53/udp.",
  }),
  PORT_TWICE: entry<{ port: string; a: string; b: string }>({
    exitCode: 2,
    message: ({ port, a, b }) => `${port} of this machine cannot lead to ${b}: ${a} has it.`,
    remedy: () => "Give one of them another port of this machine, or none, for any that is free.",
  }),
  HOST_PORT_INVALID: entry<{ text: string }>({
    exitCode: 2,
    message: ({ text }) => `"${text}" is no port of this machine.`,
    remedy: () => "Write it like tcp/5432 or udp/514.",
  }),
  RANGE_CLASH: entry<{ range: string; prefix: string; owner: string }>({
    exitCode: 2,
    message: ({ range, prefix, owner }) =>
      `Outside addresses cannot be given from ${range}: ${prefix} (${owner}) is part of the lab.`,
    remedy: () => "Choose a range that the lab does not use, or leave it out, and one is chosen.",
  }),
  RANGE_TOO_SMALL: entry<{ range: string; most: number }>({
    exitCode: 2,
    message: ({ range }) =>
      `${range} is too small for outside addresses: the gateway, the node and this machine have one each.`,
    remedy: ({ most }) => `Give a prefix of /${most} or shorter.`,
  }),
  RANGE_TWICE: entry<{ family: number }>({
    exitCode: 2,
    message: ({ family }) => `There are two IPv${family} ranges for outside addresses.`,
    remedy: () => "Keep one of the two.",
  }),
  INTERNET_INTERFACE_TAKEN: entry<{ node: string; interface: string }>({
    exitCode: 2,
    message: ({ node, interface: name }) =>
      `${node} has an interface ${name}, which is the name of the one to the outside.`,
    remedy: () => "Give the node's own interface another name.",
  }),
  LAB_NAME_TAKEN: entry<{ name: string; by: string }>({
    exitCode: 2,
    message: ({ name, by }) => `The name ${name} is ${by}.`,
    remedy: () => "Choose another name.",
  }),
  NAME_LEADS_NOWHERE: entry<{ target: string }>({
    exitCode: 2,
    message: ({ target }) => `${target} has no address that a name could lead to.`,
    remedy: () => "Give it an address, or name another node.",
  }),
} as const;
