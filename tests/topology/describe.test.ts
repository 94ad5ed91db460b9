import { expect, test } from "vitest";
import type { HostNode, Interface, Lab, Process, SwitchNode } from "../../src/topology/model.ts";
import { describeStep, phases, plan, planLines, planReport } from "../../src/topology/plan/index.ts";

const eth = (name: string, address: string): Interface => ({
  name,
  mac: "02:00:00:00:00:01",
  addresses: [address],
  mtu: 1500,
});
const host = (name: string, address: string): HostNode => ({
  kind: "host",
  name,
  engine: "namespace",
  root: "isolated",
  hostname: name,
  interfaces: [eth("eth0", address)],
  routes: [{ to: "0.0.0.0/0", via: "10.0.0.254" }],
  sysctls: {},
  environment: {},
  startup: [],
  files: [],
  mounts: [],
});
const ticker: Process = {
  name: "ticker",
  node: "a",
  command: { argv: ["sleep", "inf"] },
  environment: {},
  after: [],
  restart: "no",
  tags: [],
  stopSignal: "SIGTERM",
  graceMs: 1000,
};
const hub: SwitchNode = { kind: "switch", name: "s", interfaces: [], stp: false, ageingSeconds: 300, forward: [] };
const lab: Lab = {
  name: "lab",
  mode: "keep",
  nodes: [host("a", "10.0.0.1/24"), { ...host("b", "10.0.0.2/24"), startup: [{ shell: "true" }] }, hub],
  links: [
    { id: "a:eth0 — s:p1", a: { node: "a", interface: "eth0" }, b: { node: "s", interface: "p1" }, mtu: 1500 },
    { id: "b:eth0 — s:p2", a: { node: "b", interface: "eth0" }, b: { node: "s", interface: "p2" }, mtu: 1500 },
  ],
  processes: [ticker],
};

test("a new lab, line by line", () => {
  expect(planLines(plan(lab, undefined))).toEqual([
    "Create 3 nodes",
    "  + node.create a (host)",
    "  + interface.create a:eth0 10.0.0.1/24",
    "  + routes.add a 0.0.0.0/0 via 10.0.0.254",
    "  + node.create b (host)",
    "  + interface.create b:eth0 10.0.0.2/24",
    "  + routes.add b 0.0.0.0/0 via 10.0.0.254",
    "  + node.create s (switch)",
    "Connect 2 links",
    "  + link.connect a:eth0 — s:p1",
    "  + link.connect b:eth0 — s:p2",
    "Set host names",
    "  ~ names.set (2 entries added)",
    "Start 1 node",
    "  + node.start b",
    "Start 1 process",
    "  + process.start ticker on a",
  ]);
});

test("a changed lab, line by line", () => {
  const changed: Lab = {
    ...lab,
    mode: "stop-on-failure",
    nodes: [
      {
        ...host("a", "10.0.0.1/24"),
        interfaces: [{ ...eth("eth0", "10.0.0.3/24"), mtu: 9000 }],
        hostname: "alpha",
        environment: { A: "1" },
      },
      { ...hub, stp: true, ageingSeconds: 15 },
      { ...host("c", "10.0.0.4/24"), routes: [], sysctls: { "net.ipv4.ip_forward": "1" } },
    ],
    links: lab.links.slice(0, 1),
  };
  expect(planLines(plan(changed, lab))).toEqual([
    "Stop 1 process",
    "  - process.stop ticker on a",
    "Stop 1 node",
    "  - node.stop b",
    "Disconnect 1 link",
    "  - link.disconnect b:eth0 — s:p2",
    "Clear old settings of 1 node",
    "  - routes.remove a 0.0.0.0/0 via 10.0.0.254",
    "Remove 1 node",
    "  - routes.remove b 0.0.0.0/0 via 10.0.0.254",
    "  - interface.remove b:eth0 10.0.0.2/24",
    "  - node.remove b (host)",
    "Change 2 nodes",
    "  ~ node.configure a (hostname a → alpha, environment)",
    "  ~ interface.configure a:eth0 (mtu 1500 → 9000, -10.0.0.1/24, +10.0.0.3/24)",
    "  + routes.add a 0.0.0.0/0 via 10.0.0.254",
    "  ~ node.configure s (stp false → true, ageingSeconds 300 → 15)",
    "Create 1 node",
    "  + node.create c (host)",
    "  + interface.create c:eth0 10.0.0.4/24",
    "Set host names",
    "  ~ names.set (2 entries added, 2 entries removed)",
    "Set mode",
    "  ~ mode.set (keep → stop-on-failure)",
    "Start 1 process",
    "  + process.start ticker on a",
  ]);
});

test("kernel settings are named with their values", () => {
  const before = { ...host("a", "10.0.0.1/24"), sysctls: { "net.ipv4.ip_forward": "0", "net.ipv4.tcp_ecn": "1" } };
  const after = { ...before, sysctls: { "net.ipv4.ip_forward": "1" } };
  expect(describeStep({ do: "node.configure", from: before, to: after })).toBe(
    "node.configure a (net.ipv4.ip_forward 0 → 1, net.ipv4.tcp_ecn 1 → unset)",
  );
});

test("limits of the lab are named with their values", () => {
  const [step] = plan({ ...lab, resources: { cpus: 2, memoryBytes: 2 ** 30 } }, { ...lab, resources: { cpus: 1 } });
  expect(step && describeStep(step)).toBe("limits.set (cpus 1 → 2, memory none → 1GiB)");
});

test("progress counts nodes, not steps", () => {
  const [create] = phases(plan(lab, undefined));
  expect(create?.items.map(({ subject, steps }) => [subject, steps.length])).toEqual([
    ["a", 3],
    ["b", 3],
    ["s", 1],
  ]);
});

test("the report counts what is created, changed and removed, and survives JSON", () => {
  const report = planReport(plan(undefined, lab));
  expect([report.create, report.change, report.remove]).toEqual([0, 1, 11]);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  expect(planLines(plan(lab, lab))).toEqual([]);
});
