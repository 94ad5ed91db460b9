import { isMachine, type Lab, runsPrograms } from "../model.ts";
import { hostName, internetAddresses } from "../reach/reach.ts";
import type { HostEntry } from "../steps.ts";

/** fe80::/10 by its text, which is canonical: parsing every address of a large lab takes longer than its plan. */
const LINK_LOCAL = /^fe[89ab][0-9a-f]:/;

/**
 * The names every node of a lab resolves: each machine's name, and its hostname where that is another
 * one, for each of its addresses, in the order of the lab. Link-local addresses are left out: without
 * a scope they lead nowhere. Then the names of `names:`, and this machine's where nodes reach ports of it.
 *
 * This is all that the lab knows by name: a DNS server of the lab that answers these answers what
 * /etc/hosts does.
 */
export function hostEntries(lab: Lab | undefined): readonly HostEntry[] {
  const entries: HostEntry[] = [];
  for (const node of lab?.nodes ?? []) {
    if (!isMachine(node)) continue;
    const names = node.hostname === node.name ? [node.name] : [node.name, node.hostname];
    if (runsPrograms(node)) names.push(...(node.aliases ?? []).filter((alias) => !names.includes(alias)));
    for (const { addresses } of node.interfaces) {
      for (const address of addresses) {
        if (!LINK_LOCAL.test(address)) entries.push({ address: address.slice(0, address.indexOf("/")), names });
      }
    }
  }
  for (const { name, addresses } of lab?.names ?? []) {
    for (const address of addresses) entries.push({ address, names: [name] });
  }
  const reachesHost = lab?.nodes.some((node) => runsPrograms(node) && (node.reach?.hostPorts.length ?? 0) > 0);
  if (reachesHost) {
    for (const { host } of internetAddresses(lab?.internetPrefixes ?? []))
      entries.push({ address: host, names: [hostName] });
  }
  return entries;
}

/** Of an address with its prefix length, in canonical text. */
export const isLinkLocalText = (address: string): boolean => LINK_LOCAL.test(address);
