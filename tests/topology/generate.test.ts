import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planOf } from "../../src/topology/generate/shapes.ts";
import type { Lab } from "../../src/topology/model.ts";
import { printLab } from "../../src/topology/print.ts";
import { addressesOf, codesOf, errorsOf, linksOf, load, loaded, machine, warningsOf } from "./lab-text.ts";

const generated = (entry: string): Lab => load(`generate: [${entry}]`);
const names = (lab: Lab) => lab.nodes.map(({ name }) => name);
const kinds = (lab: Lab) => [...new Set(lab.nodes.map(({ kind }) => kind))];

describe("shapes", () => {
  test.each([
    ["{ring: {count: 3}}", ["r1", "r2", "r3"], ["r1:eth0 — r2:eth0", "r2:eth1 — r3:eth0", "r3:eth1 — r1:eth1"]],
    ["{line: {count: 3}}", ["r1", "r2", "r3"], ["r1:eth0 — r2:eth0", "r2:eth1 — r3:eth0"]],
    ["{line: {count: 1, hosts-per-node: 2}}", ["r1", "h1", "h2"], ["r1:eth0 — h1:eth0", "r1:eth1 — h2:eth0"]],
    ["{mesh: {count: 3}}", ["r1", "r2", "r3"], ["r1:eth0 — r2:eth0", "r1:eth1 — r3:eth0", "r2:eth1 — r3:eth1"]],
    ["{star: {leaves: 2}}", ["center", "h1", "h2"], ["center:p1 — h1:eth0", "center:p2 — h2:eth0"]],
    [
      "{tree: {depth: 2, fanout: 2}}",
      ["branch1", "branch2", "branch3", "h1", "h2", "h3", "h4"],
      [
        "branch1:p1 — branch2:p1",
        "branch1:p2 — branch3:p1",
        "branch2:p2 — h1:eth0",
        "branch2:p3 — h2:eth0",
        "branch3:p2 — h3:eth0",
        "branch3:p3 — h4:eth0",
      ],
    ],
    [
      "{leaf-spine: {spines: 2, leaves: 2, hosts-per-leaf: 1}}",
      ["spine1", "spine2", "leaf1", "leaf2", "h1", "h2"],
      [
        "spine1:eth0 — leaf1:eth0",
        "spine2:eth0 — leaf1:eth1",
        "spine1:eth1 — leaf2:eth0",
        "spine2:eth1 — leaf2:eth1",
        "leaf1:eth2 — h1:eth0",
        "leaf2:eth2 — h2:eth0",
      ],
    ],
  ])("%s", (entry, nodes, links) => {
    const lab = generated(entry);
    expect(names(lab)).toEqual(nodes);
    expect(linksOf(lab)).toEqual(links);
  });

  const size = fc.integer({ min: 1, max: 6 });
  const definition = fc.oneof(
    fc.record({ count: fc.integer({ min: 3, max: 9 }), "hosts-per-node": fc.nat(3) }).map((ring) => ({ ring })),
    fc.record({ count: size, "hosts-per-node": fc.nat(3) }).map((line) => ({ line })),
    fc.record({ count: fc.integer({ min: 2, max: 9 }), "hosts-per-node": fc.nat(3) }).map((mesh) => ({ mesh })),
    fc.record({ leaves: size }).map((star) => ({ star })),
    fc
      .record({ depth: fc.integer({ min: 1, max: 4 }), fanout: fc.integer({ min: 1, max: 3 }) })
      .map((tree) => ({ tree })),
    fc.record({ spines: size, leaves: size, "hosts-per-leaf": fc.nat(3) }).map((shape) => ({ "leaf-spine": shape })),
  );

  test("are as large as foretold, connected, and have every place once", () => {
    fc.assert(
      fc.property(definition, (one) => {
        const plan = planOf(one);
        const links = [...plan.links()];
        expect(links).toHaveLength(plan.linkCount);
        const places = new Set(
          plan.roles.flatMap(({ role, count }) => Array.from({ length: count }, (_, index) => `${role} ${index}`)),
        );
        const ends = links.flat().map(({ role, index }) => `${role} ${index}`);
        expect([...places]).toEqual(expect.arrayContaining(ends));
        const reached = new Set([[...places][0]]);
        for (let grew = true; grew; ) {
          grew = false;
          for (const [a, b] of links) {
            const [from, to] = [`${a.role} ${a.index}`, `${b.role} ${b.index}`];
            if (reached.has(from) === reached.has(to)) continue;
            reached.add(from).add(to);
            grew = true;
          }
        }
        expect(reached.size).toBe(places.size);
        const lab = load(JSON.stringify({ generate: [{ ...one, template: {} }] }));
        expect(lab.nodes).toHaveLength(places.size);
        expect(lab.links).toHaveLength(links.length);
      }),
    );
  });
});

describe("templates and names", () => {
  test("by role, with the node's own words", () => {
    const lab = generated(`{
      star: {leaves: 2},
      names: {center: hub, leaf: "pc-\${node.index}"},
      template: {
        center: {kind: router, interfaces: {lo: 10.9.9.9/32}},
        leaf: {kind: host, hostname: "\${node.name}.lab", environment: {N: "\${node.index}", R: "\${node.role}"}, files: {/etc/me: "\${node.name}"}, interfaces: {lan: "10.0.\${node.index}.2/24"}}
      },
      mtu: 9000
    }`);
    expect(addressesOf(lab)).toEqual([
      "hub:lo 10.9.9.9/32",
      "hub:eth0",
      "hub:eth1",
      "pc-1:lan 10.0.1.2/24",
      "pc-2:lan 10.0.2.2/24",
    ]);
    expect(machine(lab, "pc-2")).toMatchObject({
      hostname: "pc-2.lab",
      environment: { N: "2", R: "leaf" },
      files: [{ contentBase64: Buffer.from("pc-2").toString("base64") }],
    });
    expect(lab.links.map(({ mtu }) => mtu)).toEqual([9000, 9000]);
    expect(machine(lab, "pc-1").interfaces[0]?.mtu).toBe(9000);
  });

  test("defaults apply to generated nodes", () => {
    const lab = load(
      "defaults: {host: {root: host}, router: {sysctls: {net.a.b: 1}}, switch: {stp: true}}\ngenerate: [{star: {leaves: 1}}, {line: {count: 1}}]",
    );
    expect(lab.nodes).toMatchObject([{ stp: true }, { root: "host" }, { sysctls: { "net.a.b": "1" } }]);
  });

  test("generated nodes can be linked and used like others, after their own interfaces are numbered", () => {
    const lab = load(
      "nodes: {edge: }\nlinks: [[edge, leaf1]]\ngenerate: [{leaf-spine: {spines: 1, leaves: 2}}]\nprocesses: {p: {node: leaf2, command: [x]}}",
    );
    expect(linksOf(lab)).toEqual(["edge:eth0 — leaf1:eth1", "spine1:eth0 — leaf1:eth0", "spine1:eth1 — leaf2:eth0"]);
  });

  test.each([
    ["{ring: {count: 3}, names: {node: x}}", ["GENERATE_NAMES"]],
    ["{ring: {count: 3}}, {ring: {count: 3}}", ["NAME_TAKEN"]],
    ['{ring: {count: 3}, names: {node: "a_${node.index}"}}', ["NAME_INVALID", "NAME_INVALID", "NAME_INVALID"]],
    ["{ring: {count: 3}, names: {leaf: x}}", ["UNKNOWN_KEY"]],
    ["{ring: {count: 3}, template: {node: {sysctls: {}}}}", ["MISSING_KEY"]],
    [
      '{ring: {count: 3}, template: {node: {kind: router, environment: {A: "${node.asn}"}}}}',
      ["PLACEHOLDER_UNKNOWN", "PLACEHOLDER_UNKNOWN", "PLACEHOLDER_UNKNOWN"],
    ],
    ["{ring: {count: 2}}", ["WRONG_VALUE"]],
    ["{rnig: {count: 3}}", ["UNKNOWN_KEY"]],
    ["{count: 3}", ["MISSING_KEY"]],
    ["{ring: {count: 3}, star: {leaves: 2}}", ["UNKNOWN_KEY"]],
    ["{ring: {count: 3}, template: {node: {kind: switch}}}", ["SWITCH_LOOP"]],
  ])("%s: %j", (entry, codes) => {
    expect(codesOf(`generate: [${entry}]`)).toEqual(codes);
  });

  test("names that a wrong generator would have made are not unknown as well", () => {
    expect(codesOf("nodes: {h1: }\nlinks: [[h1, r1]]\ngenerate: [{ring: {count: two}}]")).toEqual(["WRONG_VALUE"]);
  });
});

describe("addressing", () => {
  test("of a routed fabric", () => {
    const lab = generated(`{
      leaf-spine: {spines: 1, leaves: 2, hosts-per-leaf: 1},
      addressing: {loopbacks: [10.255.0.0/24, "2001:db8:f::/48"], links: [10.0.0.0/24, "2001:db8:1::/64"], hosts: [10.1.0.0/24, "2001:db8:2::/48"]}
    }`);
    expect(addressesOf(lab)).toEqual([
      "spine1:lo 10.255.0.1/32 2001:db8:f::1/128",
      "spine1:eth0 10.0.0.0/31 2001:db8:1::/127",
      "spine1:eth1 10.0.0.2/31 2001:db8:1::2/127",
      "leaf1:lo 10.255.0.2/32 2001:db8:f::2/128",
      "leaf1:eth0 10.0.0.1/31 2001:db8:1::1/127",
      "leaf1:eth1 10.1.0.0/31 2001:db8:2::1/64",
      "leaf2:lo 10.255.0.3/32 2001:db8:f::3/128",
      "leaf2:eth0 10.0.0.3/31 2001:db8:1::3/127",
      "leaf2:eth1 10.1.0.2/31 2001:db8:2:1::1/64",
      "h1:eth0 10.1.0.1/31 2001:db8:2::2/64",
      "h2:eth0 10.1.0.3/31 2001:db8:2:1::2/64",
    ]);
    expect(machine(lab, "h2").routes).toEqual([
      { to: "0.0.0.0/0", via: "10.1.0.2", interface: "eth0" },
      { to: "::/0", via: "2001:db8:2:1::1", interface: "eth0" },
    ]);
  });

  test("of a segment through switches: one prefix that is large enough", () => {
    const lab = generated('{star: {leaves: 300}, addressing: {hosts: [10.0.0.0/8, "fd00::/48"]}}');
    expect(machine(lab, "h1").interfaces[0]?.addresses).toEqual(["10.0.0.1/23", "fd00::1/64"]);
    expect(machine(lab, "h300").interfaces[0]?.addresses).toEqual(["10.0.1.44/23", "fd00::12c/64"]);
  });

  test.each([
    ["{ring: {count: 3}, addressing: {links: 10.0.0.0/30}}", ["POOL_TOO_SMALL"]],
    ["{ring: {count: 3}, addressing: {loopbacks: 10.0.0.0/31}}", ["POOL_TOO_SMALL"]],
    ["{star: {leaves: 3}, addressing: {hosts: 10.0.0.0/25}}", ["POOL_TOO_SMALL"]],
    ['{star: {leaves: 3}, addressing: {hosts: "fd00::/65"}}', ["POOL_TOO_SMALL"]],
    ["{star: {leaves: 3}, addressing: {hosts: 10.0.0.1/24}}", ["PREFIX_HOST_BITS"]],
  ])("%s: %j", (entry, codes) => {
    expect(codesOf(`generate: [${entry}]`)).toEqual(codes);
  });

  test("never gives an address twice, nor a warning", () => {
    const text =
      "generate: [{leaf-spine: {spines: 4, leaves: 16, hosts-per-leaf: 3}, addressing: {loopbacks: 10.255.0.0/16, links: 10.0.0.0/16, hosts: 10.128.0.0/9}, routing: bgp}]";
    const lab = load(text);
    const all = lab.nodes.flatMap((node) => node.interfaces.flatMap(({ addresses }) => addresses));
    expect(new Set(all).size).toBe(all.length);
    expect(all).toHaveLength(20 + 2 * 64 + 2 * 48);
    expect(warningsOf(text)).toEqual([]);
  });
});

describe("routing", () => {
  const config = (lab: Lab, name: string) => {
    const node = lab.nodes.find((one) => one.name === name);
    return node?.kind === "router" ? (node.frr?.config ?? "") : "";
  };

  test("BGP: one system for the spines, one for each leaf", () => {
    const lab = generated(
      "{leaf-spine: {spines: 2, leaves: 2}, addressing: {loopbacks: 10.255.0.0/16, links: 10.0.0.0/16}, routing: bgp, template: {leaf: {kind: router, frr: {config: '! own, AS ${node.asn}, id ${node.loopback}'}}}}",
    );
    const systems = lab.nodes.map(({ name }) => /^router bgp (\d+)$/m.exec(config(lab, name))?.[1]);
    expect(systems).toEqual(["65000", "65000", "65001", "65002"]);
    expect(config(lab, "leaf1")).toMatchInlineSnapshot(`
      "route-map from-loopback permit 10
       set src 10.255.0.3
      !
      ip protocol bgp route-map from-loopback
      !
      router bgp 65001
       bgp router-id 10.255.0.3
       no bgp ebgp-requires-policy
       no bgp default ipv4-unicast
       no bgp network import-check
       bgp bestpath as-path multipath-relax
       neighbor fabric peer-group
       neighbor fabric remote-as external
       neighbor fabric advertisement-interval 0
       neighbor fabric timers 10 30
       neighbor fabric timers connect 1
       neighbor 10.0.0.0 peer-group fabric
       neighbor 10.0.0.2 peer-group fabric
       !
       address-family ipv4 unicast
        network 10.255.0.3/32
        neighbor 10.0.0.0 activate
        neighbor 10.0.0.2 activate
        maximum-paths 64
       exit-address-family
      !
      ! own, AS 65001, id 10.255.0.3"
    `);
  });

  test("BGP without addresses on links speaks over link-local ones", () => {
    const lab = generated(
      "{ring: {count: 3}, addressing: {loopbacks: 10.255.0.0/16}, routing: {bgp: {asn: 4200000000}}}",
    );
    expect(config(lab, "r2")).toContain("router bgp 4200000001\n bgp router-id 10.255.0.2\n");
    expect(config(lab, "r2")).toContain(
      " neighbor eth0 interface v6only peer-group fabric\n neighbor eth1 interface v6only peer-group fabric\n",
    );
  });

  test("BGP on more routers than there are short private numbers", () => {
    const lab = generated("{line: {count: 600}, addressing: {loopbacks: 10.255.0.0/16}, routing: bgp}");
    expect(config(lab, "r600")).toContain("router bgp 4200000599\n");
  });

  test("OSPF, both versions", () => {
    const lab = generated(
      '{line: {count: 2, hosts-per-node: 1}, addressing: {loopbacks: [10.255.0.0/16, "fd00:f::/48"], links: 10.0.0.0/16, hosts: 10.1.0.0/16}, routing: ospf}',
    );
    expect(config(lab, "r1")).toMatchInlineSnapshot(`
      "interface eth0
       ip ospf area 0
       ip ospf network point-to-point
       ip ospf hello-interval 1
       ip ospf dead-interval 10
       ipv6 ospf6 area 0
       ipv6 ospf6 network point-to-point
       ipv6 ospf6 hello-interval 1
       ipv6 ospf6 dead-interval 10
      !
      interface eth1
       ip ospf area 0
       ip ospf passive
       ipv6 ospf6 area 0
       ipv6 ospf6 passive
      !
      interface lo
       ip ospf area 0
       ipv6 ospf6 area 0
      !
      router ospf
       ospf router-id 10.255.0.1
      !
      router ospf6
       ospf6 router-id 10.255.0.1
      !
      "
    `);
  });

  test("OSPF of routers that are written one by one", () => {
    const text = `
nodes:
  r1: {kind: router, routing: ospf, interfaces: {lo: 10.255.0.1/32}}
  r2: {kind: router, routing: ospf, frr: {config: "ip route 10.9.0.0/16 blackhole\\n"}}
  r3: {kind: router}
  h1:
links:
  - {endpoints: [r1, r2], subnet: 10.0.0.0/30}
  - {endpoints: [r2, h1], subnet: 10.1.0.0/24}
`;
    const { lab, warnings } = loaded(text);
    expect(warnings.map(({ code, at }) => `${code} ${at?.line}`)).toEqual(["NODE_UNLINKED 5"]);
    expect(config(lab, "r1")).toMatchInlineSnapshot(`
      "interface eth0
       ip ospf area 0
       ip ospf network point-to-point
       ip ospf hello-interval 1
       ip ospf dead-interval 10
      !
      interface lo
       ip ospf area 0
      !
      router ospf
       ospf router-id 10.255.0.1
      !
      "
    `);
    expect(config(lab, "r2")).toMatchInlineSnapshot(`
      "interface eth0
       ip ospf area 0
       ip ospf network point-to-point
       ip ospf hello-interval 1
       ip ospf dead-interval 10
      !
      interface eth1
       ip ospf area 0
       ip ospf passive
      !
      router ospf
       ospf router-id 10.0.0.2
      !
      !
      ip route 10.9.0.0/16 blackhole
      "
    `);
    expect(machine(lab, "r3")).not.toHaveProperty("frr");
    // An interface that is added, and spoken of before the others, takes no id away.
    const pair = (more: string) => `nodes: {r1: {kind: router, routing: ospf${more}}, r2: {kind: router, routing: ospf}}
links: [{endpoints: ["r1:eth0", r2], subnet: 10.0.1.0/30}]`;
    for (const more of ["", ", interfaces: {eth10: 10.0.6.1/24}"])
      expect(config(load(pair(more)), "r1")).toContain("ospf router-id 10.0.1.1\n");
    // The form that everything is decided in says the same again.
    expect(config(load(printLab(lab)), "r1")).toBe(config(lab, "r1"));
    expect(loaded("nodes: {r1: {kind: router, routing: ospf}}").warnings).toMatchObject([
      { code: "OSPF_WITHOUT_ADDRESSES", message: expect.stringMatching(/^r1 has no address/) },
    ]);
    expect(codesOf("nodes: {r1: {kind: router, routing: rip}}")).toEqual(["BAD_CHOICE"]);
    expect(codesOf("nodes: {h1: {routing: ospf}}")).toEqual(["UNKNOWN_KEY"]);
    // What a generator makes has one protocol.
    const both = load(
      "generate: [{ring: {count: 3}, addressing: {links: 10.0.0.0/16}, routing: ospf, template: {node: {kind: router, routing: ospf}}}]",
    );
    expect(config(both, "r1").match(/^router ospf$/gm)).toHaveLength(1);
  });

  test.each([
    ["{star: {leaves: 3}, routing: bgp}", ["ROUTING_NEEDS_ROUTERS"]],
    ["{ring: {count: 3}, routing: bgp}", ["ROUTING_NEEDS_ADDRESSES"]],
    ["{ring: {count: 3}, addressing: {loopbacks: 10.255.0.0/16}, routing: ospf}", ["ROUTING_NEEDS_ADDRESSES"]],
    [
      "{ring: {count: 3}, addressing: {loopbacks: 10.255.0.0/16}, routing: {bgp: {asn: 4294967293}}}",
      ["ROUTING_ASN_RANGE"],
    ],
    ["{ring: {count: 3}, addressing: {loopbacks: 10.255.0.0/16}, routing: rip}", ["BAD_CHOICE"]],
  ])("%s: %j", (entry, codes) => {
    expect(codesOf(`generate: [${entry}]`)).toEqual(codes);
  });
});

describe("size", () => {
  test("a 100,000-node generator asks before it starts, and says how many it would make", () => {
    const text = "generate: [{star: {leaves: 99999}, template: {center: {kind: router}}}]";
    expect(errorsOf(text)).toMatchObject([
      {
        code: "GENERATE_NEEDS_CONSENT",
        message: "The generators would make 100,000 nodes and 99,999 links; more than 20,000 are not made unasked.",
      },
    ]);
    expect(load(text, { allowLarge: true }).nodes).toHaveLength(100_000);
  });

  test.each([
    "{mesh: {count: 10000000}}",
    "{tree: {depth: 64, fanout: 10000000}}",
    "{leaf-spine: {spines: 10000000, leaves: 10000000, hosts-per-leaf: 10000000}}",
  ])("%s is refused before it is made, agreed or not", (entry) => {
    expect(errorsOf(`generate: [${entry}]`, { allowLarge: true })).toMatchObject([{ code: "GENERATE_TOO_LARGE" }]);
  });

  test("4,000 nodes with OSPF are one lab", () => {
    const text =
      "generate: [{leaf-spine: {spines: 4, leaves: 40, hosts-per-leaf: 99}, addressing: {loopbacks: 10.64.0.0/16, links: 10.0.0.0/16, hosts: 10.128.0.0/9}, routing: ospf}]";
    const lab = load(text);
    expect(kinds(lab)).toEqual(["router", "host"]);
    expect(lab.nodes).toHaveLength(4004);
  });
});
