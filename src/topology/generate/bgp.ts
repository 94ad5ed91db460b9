import type { Family } from "../address.ts";
import { addressOf, prefixesOf, type RoutedNode } from "./routed-node.ts";

/**
 * External BGP in the manner of a data centre (RFC 7938): a session per link and family over its
 * addresses, or over link-local ones where it has none (RFC 8950); loopbacks and the prefixes of hosts
 * are announced; equal paths through different systems are all used. Spines, which share a number, take
 * a path in which it is once: it is how one hears of the loopback of another. Packets of the router's own
 * come from its loopback, since the addresses of links are not announced.
 *
 * @see https://docs.frrouting.org/en/latest/bgp.html
 */
export function bgpConfig(
  node: RoutedNode,
  asn: { readonly number: number; readonly isShared: boolean },
  families: readonly Family[],
): string {
  const sessions = new Map<Family, string[]>(families.map((family) => [family, []]));
  const neighbours: string[] = [];
  const declare = (name: string, line: string) => {
    if (!neighbours.includes(line)) neighbours.push(line);
    return name;
  };
  for (const { interface: one, neighbours: peers, isSwitched } of node.attachments) {
    for (const peer of peers) {
      for (const family of families) {
        const address = addressOf(one, family) === undefined ? undefined : addressOf(peer, family);
        if (address !== undefined)
          sessions.get(family)?.push(declare(address, ` neighbor ${address} peer-group fabric`));
        // Who is at the other end of a switch, link-local addresses do not tell.
        else if (!isSwitched)
          sessions.get(family)?.push(declare(one.name, ` neighbor ${one.name} interface v6only peer-group fabric`));
      }
    }
  }
  const announced = (family: Family) => {
    const own = [
      ...prefixesOf(node.loopback, family),
      ...node.attachments.filter(({ hasHosts }) => hasHosts).flatMap((one) => prefixesOf(one.interface, family)),
    ];
    return own.length > 0 ? own : node.attachments.flatMap((one) => prefixesOf(one.interface, family));
  };
  const sources = families.flatMap((family) => {
    const source = node.loopback === undefined ? undefined : addressOf(node.loopback, family);
    const [ip, name] = family === 4 ? ["ip", "from-loopback"] : ["ipv6", "from-loopback6"];
    return source === undefined
      ? []
      : [`route-map ${name} permit 10`, ` set src ${source}`, "!", `${ip} protocol bgp route-map ${name}`, "!"];
  });
  return [
    ...sources,
    `router bgp ${asn.number}`,
    ` bgp router-id ${node.routerId}`,
    " no bgp ebgp-requires-policy",
    " no bgp default ipv4-unicast",
    " no bgp network import-check",
    " bgp bestpath as-path multipath-relax",
    " neighbor fabric peer-group",
    " neighbor fabric remote-as external",
    " neighbor fabric advertisement-interval 0",
    " neighbor fabric timers 10 30",
    " neighbor fabric timers connect 1",
    ...neighbours,
    ...families.flatMap((family) => [
      " !",
      ` address-family ipv${family} unicast`,
      ...[...new Set(announced(family))].map((prefix) => `  network ${prefix}`),
      ...(sessions.get(family) ?? []).map((name) => `  neighbor ${name} activate`),
      ...(asn.isShared ? ["  neighbor fabric allowas-in 1"] : []),
      "  maximum-paths 64",
      " exit-address-family",
    ]),
    "",
  ].join("\n");
}
