import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  broadcastOf,
  parseAddress,
  parseMac,
  parsePrefix,
  printAddress,
  printMac,
} from "../../src/kernel/netlink/address-bytes.ts";

describe("addresses as bytes", () => {
  it.each([
    ["10.0.0.1", "0a000001"],
    ["255.255.255.255", "ffffffff"],
    ["2001:db8::1", "20010db8000000000000000000000001"],
    ["::", "00".repeat(16)],
    ["::ffff:1.2.3.4", "00000000000000000000ffff01020304"],
  ])("%s is %s", (text, hex) => {
    expect(parseAddress(text).bytes.toString("hex")).toBe(hex);
    expect(printAddress(Buffer.from(hex, "hex"))).toBe(text);
  });

  it("prints what it parses, of any address", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const { bytes } = parseAddress(text);
        expect(parseAddress(printAddress(bytes)).bytes).toEqual(bytes);
      }),
    );
  });

  it("takes no other text for an address", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (isIP(text) === 0) expect(() => parseAddress(text)).toThrow(/not an IP address/);
      }),
    );
    for (const text of ["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/1e1", "10.0.0.0/ 8"]) {
      expect(() => parsePrefix(text)).toThrow(/prefix length/);
    }
  });

  it.each([
    ["10.1.2.3/16", "10.1.255.255"],
    ["192.168.0.1/30", "192.168.0.3"],
    ["1.2.3.4/0", "255.255.255.255"],
  ])("the broadcast address of %s is %s", (text, broadcast) => {
    expect(printAddress(broadcastOf(parsePrefix(text)) ?? Buffer.alloc(4))).toBe(broadcast);
  });

  it.each(["10.0.0.1/31", "10.0.0.1/32", "10.0.0.1", "2001:db8::1/64"])("%s has no broadcast address", (text) => {
    expect(broadcastOf(parsePrefix(text))).toBeUndefined();
  });

  it("reads and prints MAC addresses", () => {
    expect(printMac(parseMac("02:00:AB:cd:ef:01"))).toBe("02:00:ab:cd:ef:01");
    for (const text of ["02:00:00:00:00", "02-00-00-00-00-01", "02:00:00:00:00:0g", ""])
      expect(() => parseMac(text)).toThrow();
  });
});
