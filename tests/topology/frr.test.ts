import { describe, expect, it } from "vitest";
import { frrChange } from "../../src/topology/frr/change.ts";
import { loadLab } from "../../src/topology/load.ts";
import { plan, planLines } from "../../src/topology/plan/index.ts";

const link = (name: string) => `interface ${name}\n ip ospf area 0\n ip ospf hello-interval 1\n!\n`;
const routing = "router ospf\n ospf router-id 10.0.0.1\n!\n";

describe("what FRR takes over while it runs", () => {
  it.each([
    ["a link comes", "", link("eth1"), "interface eth1\n ip ospf area 0\n ip ospf hello-interval 1\n!\n", []],
    [
      "a link goes",
      link("eth1"),
      "",
      "interface eth1\n no ip ospf area 0\n no ip ospf hello-interval 1\n!\n",
      ["eth1"],
    ],
    [
      "a router comes where hosts were, and what the user says of it still wins",
      "interface eth1\n ip ospf area 0\n ip ospf passive\n!\ninterface eth1\n ip ospf hello-interval 5\n",
      `${link("eth1")}interface eth1\n ip ospf hello-interval 5\n`,
      "interface eth1\n no ip ospf passive\n ip ospf area 0\n ip ospf hello-interval 1\n ip ospf hello-interval 5\n!\n",
      [],
    ],
    ["comments and spaces", "! one\n", "\n# two\n", "", []],
  ])("%s", (_, from, to, commands, gone) => {
    expect(frrChange(link("eth0") + from + routing, link("eth0") + to + routing)).toMatchObject({ commands, gone });
  });

  it.each([
    ["a router id", routing, routing.replace("10.0.0.1", "10.0.0.2")],
    ["a protocol that comes", routing, `${routing}router bgp 65001\n`],
    ["a daemon that would run for an interface alone", routing, `interface eth0\n ipv6 ospf6 area 0\n${routing}`],
    ["a daemon that would run for nothing", `interface eth0\n ipv6 ospf6 area 0\n${routing}`, routing],
    ["a setting whose negation is not known", routing, `interface eth0\n ip pim\n${routing}`],
    ["a line below another one", `ip route 10.0.0.0/8 eth0\n${routing}`, routing],
  ])("not %s", (_, from, to) => {
    expect(frrChange(from, to)).toBeUndefined();
  });
});

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
});
