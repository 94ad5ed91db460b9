import { describe, expect, test } from "vitest";
import { type Lab, plan, type SwitchNode } from "../../src/topology/index.ts";
import { printLab } from "../../src/topology/print.ts";
import { codesOf, errorsOf, load } from "./lab-text.ts";

const switchOf = (lab: Lab, name = "s1"): SwitchNode => {
  const node = lab.nodes.find((one) => one.name === name);
  if (node?.kind !== "switch") throw new Error(`${name} is no switch`);
  return node;
};
/** Three hosts at a switch, a second switch at p4, two links to a third one. */
const text = (settings: string) => `
nodes:
  h1: {interfaces: {eth0: 10.0.0.1/24}}
  h2: {interfaces: {eth0: 10.0.0.2/24}}
  h3:
  s1: {kind: switch${settings === "" ? "" : `, ${settings}`}}
  s2: {kind: switch}
  s3: {kind: switch, driver: ovs, bonds: {up: {ports: [p1, p2]}}}
links: [[h1, s1:p1], [h2, s1:p2], [h3, s1:p3], [s2, s1:p4], [s3:p1, s1:p5], [s3:p2, s1:p6]]`;
const bond = "bonds: {up: {ports: [p5, p6]}}";
const ovs = (settings = "") => text(`driver: ovs, ${bond}${settings === "" ? "" : `, ${settings}`}`);

describe("VLANs of ports", () => {
  test("are the same for both drivers, and absent where nothing says them", () => {
    const ports =
      "interfaces: {p1: {vlan: 10}, p2: {trunk: [30, 10, 30]}, p3: {trunk: [10, 20], native: 20}, p4: {trunk: all}, p9: {mtu: 1400}}";
    const vlans = {
      p1: { access: 10 },
      p2: { trunk: [10, 30] },
      p3: { trunk: [10, 20], native: { vlan: 20, tagged: false } },
      p4: { trunk: "all", native: { vlan: 1, tagged: false } },
    };
    const links = "links: [[h1, s1:p1], [h1, s1:p2], [h1, s1:p3], [h1, s1:p4]]";
    for (const driver of ["bridge", "ovs"])
      expect(switchOf(load(`nodes: {h1: , s1: {kind: switch, driver: ${driver}, ${ports}}}\n${links}`)).vlans).toEqual(
        vlans,
      );
    expect(switchOf(load(ovs()))).not.toHaveProperty("vlans");
    expect(switchOf(load("networks: {lan: {members: [h1], driver: ovs}}\nnodes: {h1: }"), "lan").ovs).toBeDefined();
  });

  test.each([
    ["{vlan: 0}", "WRONG_VALUE"],
    ["{vlan: 4095}", "WRONG_VALUE"],
    ["{trunk: [10, 5000]}", "WRONG_VALUE"],
    ["{vlan: 10, trunk: [20]}", "PORT_VLANS"],
    ["{native: 10}", "PORT_VLANS"],
    ["{trunk: []}", "PORT_VLANS"],
    ["{trunk: [10], native-tagged: true}", "PORT_VLANS"],
    ["{trunk: [10, 20], native: 30}", "VLAN_NATIVE_NOT_CARRIED"],
  ])("cannot be %s", (port, code) => {
    const [error, ...others] = errorsOf(ovs(`interfaces: {p1: ${port}}`));
    expect([error?.code, others]).toEqual([code, []]);
    expect(error?.at?.line).toBe(6);
    if (code === "WRONG_VALUE") expect(error?.remedy).toContain("between 1 and 4094");
  });

  test("make segments: tenants may have the same addresses, and one tenant may not have one twice", () => {
    const two = (second: number, trunk: string) => `
nodes:
  h1: {interfaces: {eth0: 10.0.0.1/24}}
  h2: {interfaces: {eth0: 10.0.0.1/24}}
  s1: {kind: switch, interfaces: {p1: {vlan: 10}, p2: {trunk: [10, 20]}}}
  s2: {kind: switch, driver: ovs, interfaces: {p1: {vlan: ${second}}, p2: {trunk: ${trunk}}}}
links: [[h1, s1:p1], [h2, s2:p1], [s1:p2, s2:p2]]`;
    expect(load(two(20, "[10, 20]")).nodes).toHaveLength(4);
    expect(codesOf(two(10, "[10, 20]"))).toEqual(["ADDRESS_TAKEN"]);
    expect(codesOf(two(10, "all"))).toEqual(["ADDRESS_TAKEN"]);
    expect(load(two(10, "[20]")).nodes).toHaveLength(4);
  });
});

describe("Open vSwitch", () => {
  const everything = `rstp: true, ageing: 20s, forward: [lldp, lacp, 802.1x, stp], fail-mode: secure,
    openflow: ["1.3", "1.0"], flows: "priority=1,actions=NORMAL", controller: [h1, "h2:6633", "tcp:10.0.0.2:6655", "unix:/run/c.sock"],
    interfaces: {p1: {trunk: [10, 20], native: 10, native-tagged: true}},
    mirrors: [{from: p1, direction: in, to: p3}, {from: [p2, up], vlans: [10], to: p3}, {to: p3}]`;

  test("takes all that it can do, and printed and loaded again it is the same", () => {
    const lab = load(ovs(everything));
    expect(switchOf(lab).ovs).toEqual({
      rstp: true,
      openflow: ["1.0", "1.3"],
      failMode: "secure",
      flows: "priority=1,actions=NORMAL",
      controllers: [
        { node: "h1", address: "127.0.0.1", port: 6653 },
        { node: "h2", address: "127.0.0.1", port: 6633 },
        { node: "h2", address: "10.0.0.2", port: 6655 },
        { socket: "/run/c.sock" },
      ],
      mirrors: [
        { from: ["p1"], direction: "in", vlans: [], to: "p3" },
        { from: ["p2", "up"], direction: "both", vlans: [10], to: "p3" },
        { from: [], direction: "both", vlans: [], to: "p3" },
      ],
      bonds: [{ name: "up", ports: ["p5", "p6"], lacp: "active", mode: "balance-tcp" }],
    });
    expect(load(printLab(lab))).toEqual({ ...lab, name: "demo" });
  });

  test("reads flows from a file beside the lab file", () => {
    const options = { files: { "/labs/demo/f.txt": "priority=7,actions=drop\n" } };
    expect(switchOf(load(ovs("flows: {from: f.txt}"), options)).ovs?.flows).toBe("priority=7,actions=drop\n");
    expect(codesOf(ovs("flows: {from: g.txt}"), options)).toEqual(["FILE_MISSING"]);
    expect(codesOf(ovs("flows: {from: f.txt, content: x}"), options)).toEqual(["FLOWS_FORM"]);
  });

  test.each([
    ["stp: true, rstp: true", "SWITCH_STP_TWICE"],
    ["ageing: 5s", "SWITCH_AGEING"],
    ["ageing: 2h", "SWITCH_AGEING"],
    ["forward: [lldp]", "SWITCH_FORWARDS_ALL"],
    ["mirrors: [{from: p7, to: p3}]", "PORT_UNKNOWN"],
    ["mirrors: [{from: p5, to: p3}]", "PORT_UNKNOWN"],
    ["mirrors: [{from: p1, to: p33}]", "PORT_UNKNOWN"],
    ["mirrors: [{from: [p1, p3], to: p3}]", "MIRROR_OF_ITSELF"],
    ["interfaces: {p5: {vlan: 10}}", "BOND_PORT_TAKEN"],
    ["controller: h9", "CONTROLLER_INVALID"],
    ["controller: s2", "CONTROLLER_INVALID"],
    ["controller: tcp:192.0.2.1:6653", "CONTROLLER_INVALID"],
    ["controller: unix:c.sock", "CONTROLLER_INVALID"],
    ['controller: "h1:0"', "CONTROLLER_INVALID"],
  ])("refuses %s: %s", (settings, code) => {
    expect(codesOf(ovs(settings))).toEqual([code]);
  });

  test.each([
    ["{up: {ports: [p5]}}", ["BOND_TOO_SMALL"]],
    ["{up: {ports: [p5, p5]}}", ["BOND_TOO_SMALL", "BOND_PORT_TAKEN"]],
    ["{up: {ports: [p5, p6]}, down: {ports: [p6, p1]}}", ["BOND_PORT_TAKEN"]],
    ["{p1: {ports: [p5, p6]}}", ["BOND_PORT_TAKEN"]],
    ["{up: {ports: [p5, p7]}}", ["PORT_UNKNOWN"]],
    ["{up: {ports: [p5, p6], lacp: off, mode: balance-tcp}}", ["BOND_BALANCE"]],
  ])("refuses bonds %s", (bonds, codes) => {
    // Where the two links are not one bond at both ends, they are a loop as well.
    expect(codesOf(text(`driver: ovs, bonds: ${bonds}`))).toEqual(expect.arrayContaining(codes));
  });

  test("is what each thing that a bridge cannot do names as the remedy", () => {
    const keys = [
      "rstp: true",
      "flows: x",
      "controller: h1",
      "fail-mode: secure",
      'openflow: "1.3"',
      bond,
      "mirrors: []",
    ];
    for (const key of keys) {
      const [error] = errorsOf(text(`stp: true, ${key}`));
      expect([key, error?.code, error?.remedy]).toEqual([
        key,
        "SWITCH_NEEDS_OVS",
        expect.stringContaining("driver: ovs"),
      ]);
    }
    expect(errorsOf(text("stp: true, interfaces: {p1: {trunk: all, native-tagged: true}}"))[0]?.code).toBe(
      "SWITCH_NEEDS_OVS",
    );
  });

  test("has loops where a bond, RSTP or its flows see to them, and nowhere else", () => {
    expect(load(ovs()).links).toHaveLength(6);
    expect(codesOf(text("driver: ovs"))).toEqual(["SWITCH_LOOP"]);
    expect(load(text("driver: ovs, rstp: true")).links).toHaveLength(6);
    expect(load(text("driver: ovs, fail-mode: secure")).links).toHaveLength(6);
  });
});

describe("the plan", () => {
  test("makes a switch anew for another driver, and for other VLANs only changes it", () => {
    const lab = (settings: string) => load(`nodes: {h1: , s1: {kind: switch, ${settings}}}\nlinks: [[h1, s1]]`);
    const steps = (to: string) =>
      plan(lab(to), lab("driver: ovs, interfaces: {p1: {vlan: 10}}")).map((step) => step.do);
    expect(steps("driver: ovs, interfaces: {p1: {vlan: 20}}")).toEqual(["node.configure"]);
    expect(steps("driver: ovs, interfaces: {p1: {vlan: 10}}, flows: x")).toEqual(["node.configure"]);
    expect(steps("interfaces: {p1: {vlan: 10}}")).toEqual([
      "link.disconnect",
      "node.remove",
      "node.create",
      "link.connect",
    ]);
  });
});
