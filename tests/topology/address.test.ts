import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Cidr,
  cidrKey,
  contains,
  formatAddress,
  formatCidr,
  hostRange,
  networkText,
  overlap,
  parseAddress,
  parseCidr,
} from "../../src/topology/address.ts";

const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed;
};

/** Texts that look like addresses, right and wrong. */
const nearAddress = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.stringMatching(/^[0-9a-f:.]{0,24}$/),
  fc.ipV6().map((text) => text.replace(":", "::")),
);

describe("reading", () => {
  test("takes what the operating system's own parser takes", () => {
    fc.assert(
      fc.property(nearAddress, (text) => {
        expect("problem" in parseAddress(text)).toBe(!(isIPv4(text) || isIPv6(text)));
      }),
      { numRuns: 2000 },
    );
  });

  test("prints the canonical form that browsers print", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const parsed = parseAddress(text);
        if ("problem" in parsed) throw new Error(parsed.problem);
        // URLs (WHATWG) follow RFC 5952 but for IPv4-mapped addresses.
        fc.pre(parsed.value >> 32n !== 0xffffn);
        expect(`[${formatAddress(parsed)}]`).toBe(new URL(`http://[${text}]/`).hostname);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["::ffff:10.0.0.1/128", "::ffff:10.0.0.1/128"],
    ["2001:DB8:0:0:1:0:0:1/64", "2001:db8::1:0:0:1/64"],
    ["2001:db8:0:1:1:1:1:1/64", "2001:db8:0:1:1:1:1:1/64"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["255.255.255.255/32", "255.255.255.255/32"],
  ])("%s is %s", (text, canonical) => {
    expect(formatCidr(cidr(text))).toBe(canonical);
  });

  test.each([
    ["10.0.0.1", "it has no prefix length"],
    ["10.0.0.1/33", "the prefix length of an IPv4 address is 0 to 32"],
    ["10.0.0.1/", "the prefix length of an IPv4 address is 0 to 32"],
    ["10.0.0.1/08", "the prefix length of an IPv4 address is 0 to 32"],
    ["10.0.0/24", "an IPv4 address has four numbers"],
    ["10.0.0.256/24", "256 is more than 255"],
    ["10.0.0.01/24", '"01" has a leading zero'],
    ["fe80::1%eth0/64", "a zone is not part of an interface's address"],
    ["1::2::3/64", '"::" may stand once'],
    ["2001:db8:1/64", "an IPv6 address has eight groups"],
    ["2001:db8::12345/64", '"12345" is not a group of one to four hexadecimal digits'],
  ])("%s: %s", (text, problem) => {
    expect(parseCidr(text)).toEqual({ problem });
  });
});

describe("arithmetic", () => {
  test("an address is in its own network and in no sibling", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), (text, bits) => {
        const length = text.includes(":") ? bits : bits % 33;
        const address = cidr(`${text}/${length}`);
        const network = cidr(networkText(address));
        expect(contains(network, address)).toBe(true);
        if (length === 0) return;
        const width = BigInt((address.family === 4 ? 32 : 128) - length);
        const sibling = { ...network, value: network.value ^ (1n << width) };
        expect(contains(sibling, address)).toBe(false);
        expect(overlap(network, sibling)).toBe(false);
        expect(overlap(network, { ...network, length: length - 1 })).toBe(true);
      }),
    );
  });

  test.each([
    ["10.0.0.0/24", 1n, 254n],
    ["10.0.0.0/30", 1n, 2n],
    ["10.0.0.0/31", 0n, 1n],
    ["10.0.0.0/32", 0n, 0n],
    ["2001:db8::/126", 1n, 3n],
    ["2001:db8::/127", 0n, 1n],
  ])("hosts of %s are %s to %s", (prefix, first, last) => {
    expect(hostRange(cidr(prefix))).toEqual({ first, last });
  });

  test("keys tell families and lengths apart", () => {
    const texts = ["0.0.0.1/32", "::1/32", "0.0.0.1/31", "::1/128"];
    expect(new Set(texts.map((text) => cidrKey(cidr(text)))).size).toBe(texts.length);
  });
});
