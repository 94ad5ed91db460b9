import { describe, expect, test } from "vitest";
import { codesOf, errorsOf, load, warningsOf } from "./lab-text.ts";

describe("addresses of interfaces", () => {
  test.each([
    ["10.0.0.1", "ADDRESS_INVALID"],
    ["10.0.0.1/33", "ADDRESS_INVALID"],
    ["ten", "ADDRESS_INVALID"],
    ["10.0.0.0/24", "ADDRESS_UNUSABLE"],
    ["10.0.0.255/24", "ADDRESS_UNUSABLE"],
    ["10.0.0.1/0", "ADDRESS_UNUSABLE"],
    ["0.0.0.1/24", "ADDRESS_UNUSABLE"],
    ["127.0.0.2/8", "ADDRESS_UNUSABLE"],
    ["224.0.0.5/24", "ADDRESS_UNUSABLE"],
    ["250.0.0.1/24", "ADDRESS_UNUSABLE"],
    ["ff02::1/64", "ADDRESS_UNUSABLE"],
    ["::/64", "ADDRESS_UNUSABLE"],
    ["::1/128", "ADDRESS_UNUSABLE"],
  ])("%s: %s", (address, code) => {
    expect(codesOf(`nodes: {h1: {interfaces: {eth0: "${address}"}}}`)).toEqual([code]);
  });

  test.each([
    "10.0.0.0/31",
    "10.0.0.1/31",
    "10.0.0.0/32",
    "10.0.0.255/32",
    "10.0.255.0/16",
    "169.254.0.1/16",
    "fe80::1/64",
    "2001:db8::/64",
    "fd00::1/8",
  ])("%s is fine", (address) => {
    expect(load(`nodes: {h1: {interfaces: {eth0: "${address}"}}}`).nodes[0]?.interfaces[0]?.addresses).toEqual([
      address,
    ]);
  });

  test("loopback addresses belong on lo", () => {
    expect(
      load("nodes: {h1: {interfaces: {lo: [127.0.0.2/8, 10.9.9.9/32]}}}").nodes[0]?.interfaces[0]?.addresses,
    ).toHaveLength(2);
  });

  test("any form is made canonical", () => {
    const lab = load('nodes: {h1: {interfaces: {eth0: ["2001:DB8:0:0:0:0:0:1/64", "2001:db8::2/64"]}}}');
    expect(lab.nodes[0]?.interfaces[0]?.addresses).toEqual(["2001:db8::1/64", "2001:db8::2/64"]);
    expect(codesOf('nodes: {h1: {interfaces: {eth0: ["2001:DB8::1/64", "2001:db8:0::1/64"]}}}')).toEqual([
      "GIVEN_TWICE",
    ]);
  });
});

describe("one segment", () => {
  const pair = (a: string, b: string, links = "[[h1, h2]]") =>
    `nodes: {h1: {interfaces: {eth0: ${a}}}, h2: {interfaces: {eth0: ${b}}}, s1: {kind: switch}, s2: {kind: switch}}\nlinks: ${links}`;

  test.each([
    ["a link", "[[h1, h2]]"],
    ["a switch", "[[h1, s1], [h2, s1]]"],
    ["two switches", "[[h1, s1], [s1, s2], [s2, h2]]"],
  ])("has an address once: %s", (_what, links) => {
    const [error, ...others] = errorsOf(pair("10.0.0.1/24", "10.0.0.1/24", links));
    expect(others).toEqual([]);
    expect(error).toMatchObject({
      code: "ADDRESS_TAKEN",
      remedy: "Give one of them another address, for example 10.0.0.2/24.",
    });
    expect(error?.at?.path).toBe("nodes.h2.interfaces.eth0");
  });

  test("and a MAC address", () => {
    expect(codesOf(pair('{mac: "02:00:00:00:00:01"}', '{mac: "02:00:00:00:00:01"}'))).toEqual(["MAC_TAKEN"]);
  });

  test("apart from it, both may be there again", () => {
    const text = pair(
      '{mac: "02:00:00:00:00:01", addresses: 10.0.0.1/24}',
      '{mac: "02:00:00:00:00:01", addresses: 10.0.0.1/24}',
      "[[h1, s1], [h2, s2]]",
    );
    expect(load(text).links).toHaveLength(2);
    expect(warningsOf(text)).toEqual([]);
  });

  test.each(["02:00:00:00:00", "02-00-00-00-00-01", "03:00:00:00:00:01", "00:00:00:00:00:00", "zz:00:00:00:00:01"])(
    "%s is no MAC address",
    (mac) => {
      expect(codesOf(`nodes: {h1: {interfaces: {eth0: {mac: "${mac}"}}}}`)).toEqual(["MAC_INVALID"]);
    },
  );
});

describe("prefixes", () => {
  const router = (a: string, b: string, links = "[r1:eth0, h1], [r1:eth1, h2], [h1, s]") =>
    `nodes: {r1: {kind: router, interfaces: {eth0: ${a}, eth1: ${b}}}, h1: , h2: , s: {kind: switch}}\nlinks: [${links}]`;

  test("the same on two segments of one node", () => {
    expect(errorsOf(router("10.0.0.1/24", "10.0.0.2/24"))).toMatchObject([
      {
        code: "PREFIX_CLASH",
        message: "r1 has 10.0.0.0/24 on two segments, at r1:eth0 and r1:eth1: it would reach only one of them.",
      },
    ]);
  });

  test("one within another is a warning", () => {
    expect(warningsOf(router("10.0.0.1/8", "10.1.0.1/16"))).toEqual(["PREFIX_OVERLAP"]);
  });

  test("twice on the same segment is fine", () => {
    expect(warningsOf(router("10.0.0.1/24", "10.0.0.2/24", "[r1:eth0, s], [r1:eth1, s], [h1, s], [h2, s]"))).toEqual(
      [],
    );
  });

  test.each([
    ["10.0.0.1/32", "10.0.0.1/32"],
    ["fe80::1/64", "fe80::1/64"],
  ])("%s may be anywhere", (a, b) => {
    expect(warningsOf(router(`"${a}"`, `"${b}"`))).toEqual([]);
  });

  test("the same on two segments that routers join is a warning, on islands nothing", () => {
    const text = (link: string) => `
nodes:
  h1: {interfaces: {eth0: 10.0.0.1/24}}
  h2: {interfaces: {eth0: 10.0.0.1/24}}
  r1: {kind: router}
  r2: {kind: router}
links: [[h1, r1], [h2, r2]${link}]
`;
    expect(warningsOf(text(""))).toEqual([]);
    expect(warningsOf(text(", [r1, r2]"))).toEqual(["PREFIX_ON_TWO_SEGMENTS"]);
  });
});

describe("gateways", () => {
  const host = (gateway: string, addresses = '[10.0.0.2/24, "2001:db8::2/64"]') =>
    `nodes: {h1: {interfaces: {eth0: {addresses: ${addresses}, gateway: ${gateway}}}}, r1: {kind: router, interfaces: {eth0: [10.0.0.1/24, "2001:db8::1/64"]}}}\nlinks: [[h1, r1]]`;

  test("are neighbours", () => {
    const lab = load(host('[10.0.0.1, "2001:db8::1"]'));
    expect(lab.nodes[0]).toMatchObject({
      routes: [
        { to: "0.0.0.0/0", via: "10.0.0.1", interface: "eth0" },
        { to: "::/0", via: "2001:db8::1", interface: "eth0" },
      ],
    });
    expect(warningsOf(host('"fe80::1"'))).toEqual([]);
  });

  test.each([
    ["10.1.0.1", "GATEWAY_NOT_ON_LINK"],
    ["10.0.0.2", "GATEWAY_IS_SELF"],
    ["10.0.0.1/24", "ADDRESS_INVALID"],
    ["r1", "ADDRESS_INVALID"],
  ])("%s: %s", (gateway, code) => {
    expect(codesOf(host(gateway))).toEqual([code]);
  });

  test("of a family that the interface has no address of", () => {
    expect(codesOf(host('"2001:db8::1"', "10.0.0.2/24"))).toEqual(["GATEWAY_NOT_ON_LINK"]);
  });

  test("that nobody is, are a warning", () => {
    expect(warningsOf(host("10.0.0.77"))).toEqual(["GATEWAY_HAS_NO_OWNER"]);
  });

  test("after a wrong address are not wrong as well", () => {
    expect(codesOf(host("10.0.0.1", "10.0.0.2"))).toEqual(["ADDRESS_INVALID"]);
  });
});
