import type { Family } from "../address.ts";
import type { Interface } from "../model.ts";

export type AddressChange = {
  /** Stay where they are, untouched. */
  readonly kept: readonly string[];
  /** To be removed, in this order: last first, because the kernel takes the secondary addresses of a prefix with its primary one. */
  readonly remove: readonly string[];
  /** To be added after that, in this order. */
  readonly add: readonly string[];
};

/**
 * How an interface's addresses change live. The order of addresses matters to the kernel (the first
 * of a prefix is its primary address, the source of new connections), so in each family the longest
 * common beginning stays and the rest is taken away and put back in the new order.
 */
export function addressChange(from: Interface, to: Interface): AddressChange {
  const kept: string[] = [];
  const remove: string[] = [];
  const add: string[] = [];
  for (const family of [4, 6] as const) {
    const before = from.addresses.filter((address) => familyOf(address) === family);
    const after = to.addresses.filter((address) => familyOf(address) === family);
    let common = 0;
    while (common < before.length && before[common] === after[common]) common++;
    kept.push(...before.slice(0, common));
    remove.push(...before.slice(common).reverse());
    add.push(...after.slice(common));
  }
  return { kept, remove, add };
}

/** Of an address or prefix of the resolved lab, by its text. */
export const familyOf = (text: string): Family => (text.includes(":") ? 6 : 4);
