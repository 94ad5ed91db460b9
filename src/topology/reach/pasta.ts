import { internetAddresses, internetInterface } from "./reach.ts";

/** The largest packet between a node and pasta: what tcp(7) of pasta's own default takes. */
export const internetMtu = 65_520;

/**
 * The arguments of pasta(1) for one node: NAT of TCP, UDP and ICMP echo for IPv4 and IPv6, and nothing
 * else. No port of either side is passed on, and the gateway's address does not stand for the host's
 * loopback, both of which pasta would do by itself. Addresses are set by the supervisor, names are
 * resolved by the gate.
 *
 * @param netns a path of the node's network namespace
 * @param families those in which this machine has a way to the outside
 */
export function pastaArguments(
  netns: string,
  prefixes: readonly string[],
  families: readonly (4 | 6)[] = [4, 6],
): readonly string[] {
  const only = families.length === 1 ? [families[0] === 4 ? "--ipv4-only" : "--ipv6-only"] : [];
  const addresses = internetAddresses(prefixes).filter(({ family }) => families.includes(family));
  return [
    "--foreground",
    ...["--netns", netns],
    ...["--ns-ifname", internetInterface],
    ...only,
    ...addresses.flatMap(({ family, node, gateway, length }) => [
      ...["--address", node],
      ...(family === 4 ? ["--netmask", String(length)] : []),
      ...["--gateway", gateway],
    ]),
    ...["--mtu", String(internetMtu)],
    "--no-map-gw",
    ...["--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none"],
    ...["--no-dhcp", "--no-dhcpv6", "--no-ra"],
  ];
}

/**
 * The arguments of slirp4netns(1), for machines without pasta: IPv4 only, as its IPv6 network is always the same.
 *
 * @param readyFd a descriptor that it writes to when the interface is there
 */
export function slirpArguments(netns: string, prefixes: readonly string[], readyFd: number): readonly string[] {
  const v4 = prefixes.find((prefix) => !prefix.includes(":"));
  return [
    ...["--netns-type", "path"],
    "--disable-host-loopback",
    "--disable-dns",
    ...(v4 === undefined ? [] : ["--cidr", v4]),
    ...["--mtu", String(internetMtu)],
    ...["--ready-fd", String(readyFd)],
    netns,
    internetInterface,
  ];
}
