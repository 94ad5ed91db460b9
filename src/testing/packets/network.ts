import { contains, parseAddress, parseCidr } from "../../topology/address.ts";

/**
 * For patterns: an address of a network, e.g. `{ ip: { source: inNetwork("10.0.0.0/8") } }`.
 *
 * @throws RangeError when `cidr` is none
 */
export function inNetwork(cidr: string): (address: string) => boolean {
  const network = parseCidr(cidr);
  if ("problem" in network) throw new RangeError(`"${cidr}" is no network: ${network.problem}.`);
  const isInside = (text: string): boolean => {
    const address = parseAddress(text);
    return !("problem" in address) && contains(network, address);
  };
  // What messages show of a function.
  return Object.assign(isInside, { toString: () => `it is in ${cidr}` });
}
