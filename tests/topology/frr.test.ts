import { describe, expect, it } from "vitest";
import { type FrrChange, frrChange } from "../../src/topology/frr/change.ts";
import { loadLab } from "../../src/topology/load.ts";
import { plan, planLines } from "../../src/topology/plan/index.ts";

const link = (name: string) => `interface ${name}\n ip ospf area 0\n ip ospf hello-interval 1\n!\n`;
const routing = "router ospf\n ospf router-id 10.0.0.1\n!\n";

const bgp = "router bgp 65001\n bgp router-id 10.0.0.1\n neighbor fabric peer-group\n";
const neighbour = (address: string, more = "") =>
  ` neighbor ${address} peer-group fabric\n${more} address-family ipv4 unicast\n  neighbor ${address} activate\n exit\n`;
const ofFamily = (...lines: string[]) =>
  [" address-family ipv4 unicast", ...lines.map((line) => `  ${line}`), " exit-address-family", "!", ""].join("\n");

describe("what FRR takes over while it runs", () => {
  it.each([
    ["a link comes", "", link("eth1"), "interface eth1\n ip ospf area 0\n ip ospf hello-interval 1\n!\n", ["+eth1"]],
    [
      "a link goes",
      link("eth1"),
      "",
      "interface eth1\n no ip ospf area 0\n no ip ospf hello-interval 1\n!\n",
      ["-eth1"],
    ],
    [
      "a router comes where hosts were, and what the user says of it still wins",
      "interface eth1\n ip ospf area 0\n ip ospf passive\n!\ninterface eth1\n ip ospf hello-interval 5\n",
      `${link("eth1")}interface eth1\n ip ospf hello-interval 5\n`,
      "interface eth1\n no ip ospf passive\n ip ospf area 0\n ip ospf hello-interval 1\n ip ospf hello-interval 5\n!\n",
      ["~eth1"],
    ],
    ["comments and spaces", "! one\n", "\n# two\n", "", []],
  ])("of OSPF: %s", (_, from, to, commands, names) => {
    expectLoad(frrChange(link("eth0") + from + routing, link("eth0") + to + routing), commands, names);
  });

  it.each([
    [
      "a neighbour comes, and its prefix",
      "",
      ` address-family ipv4\n  network 10.1.0.0/24\n exit-address-family\n${neighbour("10.0.0.2")}`,
      ` neighbor 10.0.0.2 peer-group fabric\n${ofFamily("network 10.1.0.0/24", "neighbor 10.0.0.2 activate")}`,
      ["+neighbor 10.0.0.2", "+network 10.1.0.0/24"],
    ],
    [
      "the last of a family go, a group after its members",
      ` neighbor g peer-group\n neighbor 10.0.0.2 peer-group g\n${neighbour("eth1")}`,
      "",
      " no neighbor eth1\n no neighbor 10.0.0.2\n no neighbor g peer-group\n!\n",
      ["-neighbor g", "-neighbor 10.0.0.2", "-neighbor eth1"],
    ],
    [
      "what begins with a session",
      neighbour("10.0.0.2", " neighbor 10.0.0.2 description one\n") + neighbour("10.0.0.6"),
      neighbour("10.0.0.2", " neighbor 10.0.0.2 timers 1 3\n") + neighbour("10.0.0.6"),
      ` no neighbor 10.0.0.2\n neighbor 10.0.0.2 peer-group fabric\n neighbor 10.0.0.2 timers 1 3\n${ofFamily("neighbor 10.0.0.2 activate")}`,
      ["~neighbor 10.0.0.2"],
    ],
    [
      "what does not",
      neighbour("10.0.0.2", " neighbor 10.0.0.2 description one\n neighbor 10.0.0.2 route-map a in\n"),
      neighbour("10.0.0.2", " neighbor 10.0.0.2 route-map b in\n neighbor 10.0.0.2 route-map b out\n"),
      " no neighbor 10.0.0.2 description one\n neighbor 10.0.0.2 route-map b in\n neighbor 10.0.0.2 route-map b out\n!\n",
      ["~neighbor 10.0.0.2"],
    ],
    [
      "what is said twice, of which the last counts",
      neighbour("10.0.0.2", " neighbor 10.0.0.2 weight 1\n"),
      neighbour("10.0.0.2", " neighbor 10.0.0.2 weight 1\n neighbor 10.0.0.2 weight 2\n"),
      ` no neighbor 10.0.0.2\n neighbor 10.0.0.2 peer-group fabric\n neighbor 10.0.0.2 weight 1\n neighbor 10.0.0.2 weight 2\n${ofFamily("neighbor 10.0.0.2 activate")}`,
      ["~neighbor 10.0.0.2"],
    ],
    [
      "announcements, with and without a family around them",
      " network 10.1.0.0/24\n network 10.1.0.0/24 route-map m\n redistribute ospf 1\n redistribute ospf 2\n maximum-paths 4\n",
      ` network 10.1.0.0/24\n redistribute ospf 1\n${ofFamily("aggregate-address 10.0.0.0/8 summary-only", "maximum-paths 8")}`,
      ofFamily(
        "no network 10.1.0.0/24 route-map m",
        "network 10.1.0.0/24",
        "no redistribute ospf 2",
        "no maximum-paths 4",
        "maximum-paths 8",
        "aggregate-address 10.0.0.0/8 summary-only",
      ),
      ["+aggregate-address 10.0.0.0/8", "~network 10.1.0.0/24", "~maximum-paths", "-redistribute ospf 2"],
    ],
    [
      "families in another order",
      `${ofFamily("neighbor eth1 activate")} address-family ipv6\n  neighbor eth1 activate\n`,
      ` address-family ipv6\n  neighbor eth1 activate\n exit\n${ofFamily("neighbor eth1 activate")}`,
      "",
      [],
    ],
    [
      "two values in another order",
      " neighbor eth1 timers 1 3\n neighbor eth1 timers 2 6\n",
      " neighbor eth1 timers 2 6\n neighbor eth1 timers 1 3\n",
      " no neighbor eth1\n neighbor eth1 timers 2 6\n neighbor eth1 timers 1 3\n!\n",
      ["~neighbor eth1"],
    ],
    ["a header that is there twice", "", "exit\n!\nrouter bgp 65001\n", "", []],
  ])("of BGP: %s", (_, from, to, commands, names) => {
    expectLoad(frrChange(bgp + from, bgp + to), commands && `router bgp 65001\n${commands}`, names);
  });

  it("of static routes: what is not the same", () => {
    const [one, two] = [
      "ip route 10.1.0.0/24 10.0.0.2\nipv6 route ::/0 eth0\n",
      "ip route 10.1.0.0/24 10.0.0.2 50\nipv6 route ::/0 eth0\n",
    ];
    const names = ["+ip route 10.1.0.0/24 10.0.0.2 50", "-ip route 10.1.0.0/24 10.0.0.2"];
    const commands = "no ip route 10.1.0.0/24 10.0.0.2\nip route 10.1.0.0/24 10.0.0.2 50\n";
    expectLoad(frrChange(one + routing, routing + two), commands, names);
  });

  it.each([
    ["a router id", routing, routing.replace("10.0.0.1", "10.0.0.2"), "-ospf router-id 10.0.0.1"],
    ["a protocol that comes", routing, `${routing}router bgp 65001\n`, "+router bgp 65001"],
    [
      "a daemon that would run for an interface alone",
      routing,
      `interface eth0\n ipv6 ospf6 area 0\n${routing}`,
      "+ospf6 of interfaces, without router ospf6",
    ],
    [
      "a daemon that would run for nothing",
      `interface eth0\n ipv6 ospf6 area 0\n${routing}`,
      routing,
      "-ospf6 of interfaces, without router ospf6",
    ],
    [
      "a setting whose negation is not known",
      routing,
      `interface eth0\n ip pim\n${routing}`,
      "+ip pim (interface eth0)",
    ],
    [
      "a static route that may be of a VRF",
      `vrf red\n${routing}`,
      `vrf red\nip route 10.0.0.0/8 eth0\n${routing}`,
      "+ip route 10.0.0.0/8 eth0",
    ],
    ["a static route that is indented", routing, `${routing} ip route 10.0.0.0/8 eth0\n`, "+ip route 10.0.0.0/8 eth0"],
    ["a line below another one", `ip forwarding\n${routing}`, routing, "-ip forwarding"],
    ["another order", `ip forwarding\n${routing}`, `${routing}ip forwarding\n`, "statements in another order"],
    ["an own number", bgp, bgp.replace("65001", "65002"), "-router bgp 65001"],
    ["an id of BGP", bgp, bgp.replace("10.0.0.1", "10.0.0.2"), "-bgp router-id 10.0.0.1 (router bgp 65001)"],
    ["a peer group that changes", bgp, `${bgp} neighbor fabric timers 1 3\n`, "peer-group fabric (router bgp 65001)"],
    [
      "another daemon of a neighbour",
      bgp,
      `${bgp}${neighbour("10.0.0.2", " neighbor 10.0.0.2 bfd\n")}`,
      "+neighbor 10.0.0.2 bfd (router bgp 65001)",
    ],
    [
      "what new neighbours alone begin with, below some that are there",
      `${bgp} no bgp default ipv4-unicast\n`,
      `${bgp}${neighbour("10.0.0.2")} no bgp default ipv4-unicast\n`,
      "+neighbor 10.0.0.2 peer-group fabric (router bgp 65001)",
    ],
    [
      "neighbours below a line that may be of their router or not",
      `${bgp} import vrf red\n${neighbour("10.0.0.2")}`,
      `${bgp}${neighbour("10.0.0.6")} import vrf red\n${neighbour("10.0.0.2")}`,
      "+neighbor 10.0.0.6 peer-group fabric (router bgp 65001)",
    ],
    [
      "neighbours that are not indented",
      bgp,
      `${bgp}neighbor 10.0.0.2 peer-group fabric\n`,
      "+neighbor 10.0.0.2 peer-group fabric",
    ],
  ])("not %s", (_, from, to, because) => {
    const change = frrChange(from, to);
    expect(change).toMatchObject({ by: "restart", because: expect.arrayContaining([because]) });
  });
});

function expectLoad(change: FrrChange, commands: string, names: readonly string[]): void {
  if (change.by === "restart") expect.fail(change.because.join());
  const { come, changed, gone } = change;
  expect(change.commands).toBe(commands);
  expect([come.map((one) => `+${one}`), changed.map((one) => `~${one}`), gone.map((one) => `-${one}`)].flat()).toEqual(
    names,
  );
}

describe("the plan of a router that gets a link", () => {
  const reader = { readText: () => "", readBytes: () => new Uint8Array(), stat: () => undefined };
  const lab = (more: string, routers = "routing: ospf") =>
    loadLab(
      `
nodes:
  r1: {kind: router, ${routers}, interfaces: {lo: 10.9.9.1/32}}
  r2: {kind: router, routing: ospf}
  h1:
links:
  - {endpoints: ["r1:eth0", "r2:eth0"], subnet: 10.0.1.0/30}
${more}`,
      { file: "/lab.yaml", name: "lab", reader },
    ).lab;
  const before = lab("");

  it("is loaded while it runs, coming and going", () => {
    const after = lab(`  - {endpoints: ["r1:eth1", "h1:eth0"], subnet: 10.0.2.0/30}`);
    const coming = planLines(plan(after, before));
    expect(coming).toContain("Load routing of 1 router without a restart");
    expect(coming).toContain("  ~ routing.load r1 (+eth1, while its daemons run on)");
    const going = planLines(plan(before, after));
    expect(going).toContain("  ~ routing.load r1 (-eth1, while its daemons run on)");
    // Interfaces and links are there before, and what is taken back has gone from the kernel.
    expect(coming.findIndex((line) => line.includes("link.connect"))).toBeLessThan(
      coming.findIndex((line) => line.includes("routing.load")),
    );
    for (const lines of [coming, going]) expect(lines.join("\n")).not.toMatch(/node\.(stop|start)/);
  });

  it("is a restart where a daemon comes, and says what that means", () => {
    const lines = planLines(plan(lab(`  - {endpoints: ["r1:eth1", h1], subnet: "2001:db8::/64"}`), before));
    expect(lines.slice(0, 2)).toEqual([
      "Stop 1 node to start it again, which ends programs and connections",
      "  - node.stop r1",
    ]);
    expect(lines).toContain("  + node.start r1");
    expect(lines.join("\n")).not.toContain("routing.load");
  });

  it("says so of nodes that are made anew, and not of those that go", () => {
    const other = lab("").nodes.map((node) =>
      node.name === "r1" && node.kind === "router"
        ? { ...node, kind: "host" as const, startup: [{ shell: "true" }] }
        : node,
    );
    const to = { ...before, nodes: other };
    expect(planLines(plan(to, before))[0]).toMatch(/^Stop 1 node to start it again, which ends/);
    expect(planLines(plan(undefined, before))[0]).toBe("Stop 2 nodes");
  });

  it("is loaded by the spines of a fabric that gets a leaf, and says why a router starts anew", () => {
    const fabric = (leaves: number, asn = 65000) =>
      loadLab(
        `generate: [{leaf-spine: {spines: 2, leaves: ${leaves}, hosts-per-leaf: 1}, addressing: {loopbacks: 10.255.0.0/16, links: 10.128.0.0/16, hosts: 10.0.0.0/16}, routing: {bgp: {asn: ${asn}}}}]`,
        { file: "/lab.yaml", name: "lab", reader },
      ).lab;
    const lines = planLines(plan(fabric(3), fabric(2)));
    expect(lines).toContain("  ~ routing.load spine1 (+neighbor 10.128.0.9, while its daemons run on)");
    expect(lines).toContain("  ~ routing.load spine2 (+neighbor 10.128.0.11, while its daemons run on)");
    expect(lines.join("\n")).not.toMatch(/node\.stop|(configure|load) leaf/);
    const renumbered = planLines(plan(fabric(2, 64900), fabric(2)));
    expect(renumbered).toContain("  - node.stop spine1");
    expect(renumbered).toContain(
      "  ~ node.configure spine1 (frr, read at a start: -router bgp 65000, +router bgp 64900)",
    );
  });
});
