import { isMachine, type Lab } from "../model.ts";
import type { HostEntry } from "../steps.ts";

/** fe80::/10 by its text, which is canonical: parsing every address of a large lab takes longer than its plan. */
const LINK_LOCAL = /^fe[89ab][0-9a-f]:/;

/**
 * The names every node of a lab resolves: each machine's name, and its hostname where that is another
 * one, for each of its addresses, in the order of the lab. Link-local addresses are left out: without
 * a scope they lead nowhere.
 */
export function hostEntries(lab: Lab | undefined): readonly HostEntry[] {
  const entries: HostEntry[] = [];
  for (const node of lab?.nodes ?? []) {
    if (!isMachine(node)) continue;
    const names = node.hostname === node.name ? [node.name] : [node.name, node.hostname];
    for (const { addresses } of node.interfaces) {
      for (const address of addresses) {
        if (!LINK_LOCAL.test(address)) entries.push({ address: address.slice(0, address.indexOf("/")), names });
      }
    }
  }
  return entries;
}
