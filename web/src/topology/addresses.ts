/*
 * IPv4 addresses as lab files write them, as numbers, to find ones that are free. Of what a text has
 * is only told what is written: a lab file may say addresses in other ways, and reading it says when
 * two have the same.
 */

export type Prefix = { readonly network: number; readonly length: number };

const pattern = /(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?(?![\d.])/g;

const maskOf = (length: number): number => (length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0);

export const addressText = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
export const prefixText = ({ network, length }: Prefix): string => `${addressText(network)}/${length}`;

export type Written = { readonly address: number; readonly length: number | undefined };

const written = ([, a, b, c, d, length]: readonly (string | undefined)[]): Written | undefined => {
  const parts = [a, b, c, d].map(Number);
  if (parts.some((part) => part > 255) || Number(length ?? 0) > 32) return undefined;
  return {
    address: parts.reduce((sum, part) => sum * 256 + part, 0),
    length: length === undefined ? undefined : Number(length),
  };
};

/** All that a text has. */
export const addressesIn = (text: string): readonly Written[] =>
  [...text.matchAll(pattern)].flatMap((match) => written(match) ?? []);

/** What is wider stands for many networks, in a route or in a router's configuration. */
const widest = 16;

/** The network that an address is in; a plain one is a network of its own. */
export const prefixOf = ({ address, length = 32 }: Written): Prefix => ({
  network: (address & maskOf(length)) >>> 0,
  length,
});

/** The networks that a text speaks of; a plain address is one of its own. */
export const prefixesIn = (text: string): readonly Prefix[] =>
  addressesIn(text)
    .map(prefixOf)
    .filter(({ length }) => length >= widest);

export const overlap = (one: Prefix, other: Prefix): boolean => {
  const mask = maskOf(Math.min(one.length, other.length));
  return (one.network & mask) >>> 0 === (other.network & mask) >>> 0;
};

export const holds = ({ network, length }: Prefix, address: number): boolean =>
  (address & maskOf(length)) >>> 0 === network;

const ten = 10 * 2 ** 24;
const most = 4096;

/**
 * A prefix of a length within 10.0.0.0/8 that overlaps with none of those that are taken: 10.0.1.0/24 is
 * the first of its kind.
 */
export function freePrefix(length: number, taken: readonly Prefix[]): Prefix {
  // The short ones begin each in a /24 of its own, where people find them again.
  const step = 2 ** (32 - Math.min(length, 24));
  for (let number = 1; number < most; number += 1) {
    const prefix = { network: ten + number * step, length };
    if (prefix.network < ten + 2 ** 24 && !taken.some((one) => overlap(one, prefix))) return prefix;
  }
  return { network: ten, length };
}

/** A text whose addresses within some prefixes are in others of the same length, with the same host part. */
export function moved(text: string, prefixes: ReadonlyMap<Prefix, Prefix>): string {
  return text.replace(pattern, (...match: string[]) => {
    const found = written(match);
    if (found === undefined) return match[0] ?? "";
    for (const [from, to] of prefixes) {
      if (!holds(from, found.address)) continue;
      const host = (found.address & ~maskOf(from.length)) >>> 0;
      return `${addressText(to.network + host)}${found.length === undefined ? "" : `/${found.length}`}`;
    }
    return match[0] ?? "";
  });
}
