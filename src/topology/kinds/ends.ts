import { formatCidr, networkOf, parseAddress, parseCidr } from "../address.ts";
import { nearest } from "../nearest.ts";
import type { KindFacts } from "./kind.ts";

/** One end of a connection, as rules name it. */
export type RuleEnd =
  | { readonly type: "interface"; readonly name: string }
  | { readonly type: "addresses"; readonly v4: readonly string[]; readonly v6: readonly string[] };

export const endPhrase = "an interface of the node, an address, a prefix, or a node of the lab";

/** Reads what a rule names; undefined after reporting why it is none. */
export function readRuleEnd(word: string, facts: KindFacts, at: readonly (string | number)[]): RuleEnd | undefined {
  const { node, machines } = facts;
  if (node.interfaces.some(({ name }) => name === word)) return { type: "interface", name: word };
  const machine = machines.find(({ name }) => name === word);
  if (machine !== undefined) {
    const addresses = machine.interfaces.flatMap((one) => one.addresses.map(plainAddress));
    if (addresses.length > 0) return byFamily(addresses);
    facts.report(`${word} has no address that is known before it runs`, "Name an interface or a prefix instead.", at);
    return undefined;
  }
  const address = parseAddress(word);
  if (!("problem" in address)) return byFamily([word]);
  const cidr = parseCidr(word);
  if (!("problem" in cidr)) return byFamily([formatCidr(networkOf(cidr))]);
  const known = [...node.interfaces.map(({ name }) => name), ...machines.map(({ name }) => name)];
  const suggestion = nearest(word, known);
  facts.report(
    `"${word}" is no interface of ${node.name}, no node, no address and no prefix`,
    suggestion === undefined ? `It takes ${endPhrase}.` : `Did you mean "${suggestion}"?`,
    at,
  );
  return undefined;
}

/** An address without its prefix length. */
export const plainAddress = (address: string): string => address.replace(/\/\d+$/, "");

const byFamily = (words: readonly string[]): RuleEnd => ({
  type: "addresses",
  v4: words.filter((word) => !word.includes(":")),
  v6: words.filter((word) => word.includes(":")),
});
