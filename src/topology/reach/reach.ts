import { formatAddress, parseCidr } from "../address.ts";

/** How a node meets the world outside of its lab: what it reaches, and what reaches it. Absent where nothing does. */
export type NodeReach = {
  /** One IPv4 and one IPv6 prefix at most, of `internet` and `hostPorts`; none where there is neither. */
  readonly prefixes: readonly string[];
  /** It has an interface to the outside, `internetInterface`. */
  readonly internet: boolean;
  /** What it forwards to the outside leaves with its own address: it is a router for others. */
  readonly translate: boolean;
  /** Ports of this machine's loopback that the node reaches, at the host's address (`internetAddresses`). */
  readonly hostPorts: readonly HostPort[];
  /** Ports of the node that this machine has. */
  readonly ports: readonly PublishedPort[];
};

export type Transport = "tcp" | "udp";
export type HostPort = { readonly protocol: Transport; readonly port: number };

/** A port of this machine that leads into a node. */
export type PublishedPort = {
  readonly protocol: Transport;
  /** An address of this machine, canonical. */
  readonly address: string;
  /** 0: any that is free. */
  readonly hostPort: number;
  readonly port: number;
  /** Where the node connects to; the node itself when absent. */
  readonly to?: string;
};

/** A name with the addresses that it leads to, besides the names of nodes. */
export type LabName = { readonly name: string; readonly addresses: readonly string[] };

/** The interface that leads outside, as the node sees it. */
export const internetInterface = "internet";

/** The name of this machine, where a node reaches ports of its loopback. */
export const hostName = "host.internal";

export const noReach: NodeReach = { prefixes: [], internet: false, translate: false, hostPorts: [], ports: [] };

/** What of a prefix is whose: the gateway's (pasta), the node's own, and this machine's, where name server and host ports are. */
export type InternetAddresses = {
  readonly family: 4 | 6;
  readonly length: number;
  readonly gateway: string;
  readonly node: string;
  readonly host: string;
};

/** The addresses of each prefix, IPv4 first. */
export function internetAddresses(prefixes: readonly string[]): readonly InternetAddresses[] {
  return prefixes
    .flatMap((text) => {
      const prefix = parseCidr(text);
      if ("problem" in prefix) return [];
      const { family, length, value } = prefix;
      const at = (offset: bigint) => formatAddress({ family, value: value + offset });
      // The gateway's is the one that slirp4netns(1) has, which cannot be told another.
      return [{ family, length, gateway: at(2n), node: at(4n), host: at(3n) }];
    })
    .sort((a, b) => a.family - b.family);
}

const inBrackets = (address: string): string => (address.includes(":") ? `[${address}]` : address);

/** `127.0.0.1:8080/tcp`: the host's side, as error messages and `netwright port` have it. */
export const hostSide = ({ address, hostPort, protocol }: Pick<PublishedPort, "address" | "hostPort" | "protocol">) =>
  `${inBrackets(address)}:${hostPort}/${protocol}`;

/** `127.0.0.1:8080:80/tcp`, as a lab file has it. */
export function portText({ address, hostPort, port, protocol }: PublishedPort): string {
  return `${inBrackets(address)}:${hostPort}:${port}/${protocol}`;
}

export const hostPortText = ({ protocol, port }: HostPort): string => `${protocol}/${port}`;
