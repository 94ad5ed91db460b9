import { describe, expect, test } from "vitest";
import { addressesOf, codesOf, errorsOf, linksOf, load, loaded, machine, warningsOf } from "./lab-text.ts";

describe("forms of a link", () => {
  test.each([
    ['"h1 -- h2"'],
    ['"h1:eth0 -- h2:eth0"'],
    ["[h1, h2]"],
    ["[h1:eth0, h2]"],
    ["{endpoints: [h1, h2:eth0]}"],
  ])("%s", (link) => {
    const lab = load(`nodes: {h1: , h2: }\nlinks: [${link}]`);
    expect(lab.links).toEqual([
      {
        id: "h1:eth0 — h2:eth0",
        a: { node: "h1", interface: "eth0" },
        b: { node: "h2", interface: "eth0" },
        mtu: 1500,
      },
    ]);
  });
});

describe("nodes that no link has", () => {
  const container = "engine: container, image: debian";
  const unlinked = (text: string) => loaded(text).warnings.map(({ code, at }) => `${code} ${at?.line}:${at?.column}`);

  test("are warned of, whatever their kind, where others are linked", () => {
    for (const left of [
      "",
      "{kind: switch}",
      "{kind: router}",
      "{interfaces: {eth0: 10.0.0.9/24}}",
      "{kind: firewall}",
    ])
      expect(unlinked(`nodes:\n  h1:\n  h2:\n  x: ${left}\nlinks: [[h1, h2]]`)).toEqual(["NODE_UNLINKED 4:3"]);
    expect(unlinked("nodes: {h1: , h2: }\nnetworks: {lan: [h1]}")).toEqual(["NODE_UNLINKED 1:15"]);
    expect(loaded("nodes: {h1: , h2: }\nnetworks: {lan: [h1]}").warnings[0]?.remedy).toContain(
      "- [h2, h1] under links",
    );
  });

  test("are left in peace where they are to be alone, or have others to talk to", () => {
    expect(unlinked("nodes: {h1: }")).toEqual([]);
    expect(unlinked("nodes: {h1: , h2: }")).toEqual([]);
    for (const apart of ["internet: true", "ports: [80]", "allow-host: [5432]", `join: h1, ${container}`])
      expect(unlinked(`nodes: {h1: , h2: , x: {${apart}}}\nlinks: [[h1, h2]]`)).toEqual([]);
    expect(unlinked(`nodes: {h1: , h2: , y: {${container}}, x: {join: y, ${container}}}\nlinks: [[h1, h2]]`)).toEqual(
      [],
    );
    // What is wrong with a link is told alone.
    expect(codesOf("nodes: {h1: , h2: , x: }\nlinks: [[h1, h2], [x, h3]]")).toEqual(["NODE_UNKNOWN"]);
  });
});

describe("interfaces that links choose", () => {
  test("are the first that no link names, counting from eth0; ports of switches from p1", () => {
    const lab = load(
      "nodes: {h1: , h2: , s1: {kind: switch}}\nlinks: [[h1, s1], [h2, s1], [h1, h2], [h1:eth1, s1:uplink], [h1, s1]]",
    );
    expect(linksOf(lab)).toEqual([
      "h1:eth0 — s1:p1",
      "h2:eth0 — s1:p2",
      "h1:eth2 — h2:eth1",
      "h1:eth1 — s1:uplink",
      "h1:eth3 — s1:p3",
    ]);
  });

  test("are those that the node defines, before any other", () => {
    const lab = load(
      "nodes: {h1: {interfaces: {wan: 192.0.2.1/24, lo: 10.9.9.9/32, eth5: 10.0.0.1/24}}, h2: }\nlinks: [[h1, h2], [h1, h2], [h1, h2]]",
    );
    expect(linksOf(lab)).toEqual(["h1:wan — h2:eth0", "h1:eth5 — h2:eth1", "h1:eth0 — h2:eth2"]);
  });

  test("are listed as people count", () => {
    const lab = load("nodes: {h1: {interfaces: {eth10: , eth9: , lo: 10.9.9.9/32, eth0: }}}");
    expect(machine(lab, "h1").interfaces.map(({ name }) => name)).toEqual(["lo", "eth0", "eth9", "eth10"]);
  });
});

describe("MAC addresses", () => {
  const macs = (text: string) => load(text).nodes.flatMap((node) => node.interfaces.map(({ mac }) => mac));

  test("come from the names alone, so that they stay when the lab grows", () => {
    const small = macs("nodes: {h1: , h2: }\nlinks: [[h1, h2]]");
    const large = macs("nodes: {h1: , h2: , h3: }\nlinks: [[h1, h2], [h3, h1]]");
    expect(large).toEqual(expect.arrayContaining(small));
    expect(new Set(large).size).toBe(4);
    for (const mac of large) expect(mac).toMatch(/^02(:[0-9a-f]{2}){5}$/);
  });

  test("are as given, in lower case, and no derived one is the same", () => {
    const [derived] = macs("nodes: {h1: , h2: }\nlinks: [[h1, h2]]");
    const lab = load(`nodes: {h1: , h2: {interfaces: {eth0: {mac: "${derived?.toUpperCase()}"}}}}\nlinks: [[h1, h2]]`);
    expect(lab.nodes[1]?.interfaces[0]?.mac).toBe(derived);
    expect(lab.nodes[0]?.interfaces[0]?.mac).not.toBe(derived);
  });
});

describe("MTU", () => {
  const mtus = (text: string) => {
    const lab = load(text);
    return [...lab.links.map(({ mtu }) => mtu), ...lab.nodes.flatMap((node) => node.interfaces.map(({ mtu }) => mtu))];
  };

  test.each([
    ["the default", "nodes: {a: , b: }\nlinks: [[a, b]]", [1500, 1500, 1500]],
    ["the lab's", "defaults: {mtu: 9000}\nnodes: {a: , b: }\nlinks: [[a, b]]", [9000, 9000, 9000]],
    [
      "the link's",
      "defaults: {mtu: 9000}\nnodes: {a: , b: }\nlinks: [{endpoints: [a, b], mtu: 1400}]",
      [1400, 1400, 1400],
    ],
    [
      "the largest that an end asks for",
      "nodes: {a: {interfaces: {eth0: {mtu: 9000}}}, b: }\nlinks: [[a, b]]",
      [9000, 9000, 9000],
    ],
    [
      "both",
      "nodes: {a: {interfaces: {eth0: {mtu: 1400}}}, b: }\nlinks: [{endpoints: [a, b], mtu: 9000}]",
      [9000, 1400, 9000],
    ],
    [
      "a network's, on all its links",
      "nodes: {a: {interfaces: {eth0: {mtu: 4000}}}, b: }\nnetworks: {n: [a, b]}",
      [4000, 4000, 4000, 4000, 4000, 4000],
    ],
    ["the lab's for an unplugged interface", "defaults: {mtu: 9000}\nnodes: {a: {interfaces: {eth0: }}}", [9000]],
    ["65536 on loopback", "nodes: {a: {interfaces: {lo: 10.9.9.9/32}}}", [65536]],
  ])("is %s", (_what, text, expected) => {
    expect(mtus(text)).toEqual(expected);
  });

  test("above the link's is allowed, with a warning", () => {
    const text = "nodes: {a: {interfaces: {eth0: {mtu: 9000}}}, b: }\nlinks: [{endpoints: [a, b], mtu: 1500}]";
    expect(warningsOf(text)).toEqual(["MTU_ABOVE_LINK"]);
  });

  test.each([
    [67, "", false],
    [68, "", true],
    [1279, "2001:db8::1/64", false],
    [1280, "2001:db8::1/64", true],
    [65_535, "", true],
    [65_536, "", false],
  ])("%i with addresses [%s]: %s", (mtu, addresses, isRight) => {
    const asInterface = `nodes: {a: {interfaces: {eth0: {mtu: ${mtu}, addresses: [${addresses}]}}}, b: }\nlinks: [[a, b]]`;
    const asLink = `nodes: {a: {interfaces: {eth0: {addresses: [${addresses}]}}}, b: }\nlinks: [{endpoints: [a, b], mtu: ${mtu}}]`;
    for (const text of [asInterface, asLink]) {
      if (isRight) load(text);
      else expect(codesOf(text)).toEqual(["MTU_OUT_OF_RANGE"]);
    }
  });
});

describe("subnets", () => {
  test("give the lowest free address to each end in order, per family, and none to switches", () => {
    const lab = load(`
nodes:
  h1: {interfaces: {eth0: 10.0.0.2/24}}
  h2: {interfaces: {eth0: 2001:db8::9/64}}
  h3:
  r1: {kind: router}
networks:
  lan: {subnet: [10.0.0.0/24, "2001:db8::/64"], members: [h1, h2, r1:wan, h3], gateway: r1}
`);
    expect(addressesOf(lab)).toEqual([
      "h1:eth0 10.0.0.2/24 2001:db8::1/64",
      "h2:eth0 2001:db8::9/64 10.0.0.1/24",
      "h3:eth0 10.0.0.4/24 2001:db8::3/64",
      "r1:wan 10.0.0.3/24 2001:db8::2/64",
      "lan:p1",
      "lan:p2",
      "lan:p3",
      "lan:p4",
    ]);
    expect(machine(lab, "h1").routes).toEqual([
      { to: "0.0.0.0/0", via: "10.0.0.3", interface: "eth0" },
      { to: "::/0", via: "2001:db8::2", interface: "eth0" },
    ]);
    expect(machine(lab, "r1").routes).toEqual([]);
  });

  test("go on where the same segment left off", () => {
    const lab = load(
      "nodes: {a: , b: , s: {kind: switch}, t: {kind: switch}}\nlinks: [{endpoints: [a, s], subnet: 10.0.0.0/24}, [s, t], {endpoints: [b, t], subnet: 10.0.0.0/24}]",
    );
    expect(addressesOf(lab).slice(0, 2)).toEqual(["a:eth0 10.0.0.1/24", "b:eth0 10.0.0.2/24"]);
  });

  test.each([
    ["10.0.0.0/31", ["10.0.0.0/31", "10.0.0.1/31"]],
    ["10.0.0.0/30", ["10.0.0.1/30", "10.0.0.2/30"]],
    ["2001:db8::/127", ["2001:db8::/127", "2001:db8::1/127"]],
    ["2001:db8::/64", ["2001:db8::1/64", "2001:db8::2/64"]],
  ])("%s", (subnet, addresses) => {
    const lab = load(`nodes: {a: , b: }\nlinks: [{endpoints: [a, b], subnet: "${subnet}"}]`);
    expect(lab.nodes.map((node) => node.interfaces[0]?.addresses[0])).toEqual(addresses);
  });

  test.each(["10.0.0.0/32", "2001:db8::/128"])("%s is too small", (subnet) => {
    expect(codesOf(`nodes: {a: , b: }\nlinks: [{endpoints: [a, b], subnet: "${subnet}"}]`)).toEqual([
      "SUBNET_TOO_SMALL",
    ]);
  });

  test.each(["0.0.0.0/24", "127.1.0.0/16", "64.0.0.0/2", "224.0.0.0/24", "0.0.0.0/0", "::/0", "ff02::/64", "::/127"])(
    "%s is reserved",
    (subnet) => {
      expect(codesOf(`nodes: {a: , b: }\nlinks: [{endpoints: [a, b], subnet: "${subnet}"}]`)).toEqual([
        "PREFIX_RESERVED",
      ]);
      expect(codesOf(`generate: [{ring: {count: 3}, addressing: {links: "${subnet}"}}]`)).toEqual(["PREFIX_RESERVED"]);
    },
  );

  test("a gateway of one's own is kept", () => {
    const lab = load(
      `
nodes: {h1: {interfaces: {eth0: {gateway: 10.0.0.3}}}, h2: , r1: {kind: router}}
networks: {lan: {subnet: 10.0.0.0/24, members: [r1, h2, h1], gateway: r1}}
`.replace("10.0.0.3", "10.0.0.2"),
    );
    expect(machine(lab, "h1").routes[0]?.via).toBe("10.0.0.2");
    expect(machine(lab, "h2").routes[0]?.via).toBe("10.0.0.1");
  });

  test("a gateway that is no member", () => {
    const [error] = errorsOf(
      "nodes: {h1: , r1: {kind: router}}\nnetworks: {lan: {subnet: 10.0.0.0/24, members: [h1, r1], gateway: r2}}",
    );
    expect(error).toMatchObject({ code: "GATEWAY_NOT_A_MEMBER", remedy: expect.stringContaining('"r1"') });
  });
});

describe("networks", () => {
  test("are switches of their name with the settings of a switch", () => {
    const lab = load(
      "defaults: {switch: {stp: true, ageing: 15s}}\nnodes: {h1: }\nnetworks: {lan: {members: [h1], ageing: 1m, forward: [lldp]}, dmz: [h1]}",
    );
    expect(lab.nodes.slice(1)).toMatchObject([
      { name: "lan", kind: "switch", stp: true, ageingSeconds: 60, forward: ["lldp"] },
      { name: "dmz", kind: "switch", stp: true, ageingSeconds: 15, forward: [] },
    ]);
    expect(linksOf(lab)).toEqual(["h1:eth0 — lan:p1", "h1:eth1 — dmz:p1"]);
  });

  test("may be linked like any node", () => {
    expect(linksOf(load("nodes: {h1: }\nnetworks: {lan: [h1], dmz: []}\nlinks: [[lan, dmz], [dmz:x, h1]]"))).toEqual([
      "lan:p1 — dmz:p1",
      "dmz:x — h1:eth0",
      "h1:eth1 — lan:p2",
    ]);
  });
});

describe("switches", () => {
  test("1,023 ports are the most", () => {
    const lab = (hosts: number) => `generate: [{star: {leaves: ${hosts}}}]`;
    expect(load(lab(1023)).links).toHaveLength(1023);
    expect(errorsOf(lab(1024))).toMatchObject([
      { code: "SWITCH_TOO_MANY_PORTS", message: expect.stringContaining("center") },
    ]);
  });

  test.each([
    ["three switches", "[a, b], [b, c], [c, a]", "Switches a, b, c form a loop"],
    ["two cables between two", "[a, b], [a, b]", "Switches a, b form a loop"],
    ["a loop with a tail", "[a, b], [b, c], [c, d], [d, b]", "Switches b, c, d form a loop"],
  ])("%s without STP form a loop", (_what, links, message) => {
    const text = (stp: string) =>
      `nodes: {a: {kind: switch}, b: {kind: switch${stp}}, c: {kind: switch}, d: {kind: switch}}\nlinks: [${links}]`;
    expect(errorsOf(text(""))).toMatchObject([{ code: "SWITCH_LOOP", message: expect.stringContaining(message) }]);
    // One bridge that takes part breaks it.
    expect(load(text(", stp: true")).links.length).toBeGreaterThan(1);
  });

  test("a path through a host or router is no loop", () => {
    expect(
      load("nodes: {a: {kind: switch}, b: {kind: switch}, r: {kind: router}}\nlinks: [[a, b], [a, r], [b, r]]").links,
    ).toHaveLength(3);
  });

  test("STP frames are forwarded or taken part in", () => {
    expect(codesOf("nodes: {a: {kind: switch, stp: true, forward: [stp]}}")).toEqual(["SWITCH_FORWARDS_STP"]);
  });
});
