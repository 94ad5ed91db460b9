/**
 * Runs in the guest: a patch panel with links between machines, at switches and between switches, which
 * the kernel's queues impair. Prints as JSON what tc and ping say.
 */
import { spawnSync } from "node:child_process";
import { createNetns, inNamespaces, Namespace, PacketSocket } from "../../../src/kernel/index.ts";
import type { EventLog } from "../../../src/lab/events.ts";
import { PatchPanel } from "../../../src/lab/panel/panel.ts";
import { WireProcess } from "../../../src/lab/wire/wire-process.ts";
import type { Interface, Link, SwitchNode, SwitchPort } from "../../../src/topology/index.ts";
import { iproute2, silence } from "../../kernel/programs/scenario.ts";

silence(Namespace.current("net"));
const noWires = new WireProcess(
  () => {
    throw new Error("no wire is meant to be needed here");
  },
  undefined as unknown as EventLog,
);
const panel = new PatchPanel(noWires, { seed: 1, repeatable: false });
/** Another, in a namespace of its own, of a lab whose seed was chosen. */
const repeatable = inNamespaces([createNetns()], () => new PatchPanel(noWires, { seed: 1, repeatable: true }));

const machines = new Map<string, Namespace>();
let count = 0;
const iface = (name: string, ...addresses: string[]): Interface => ({
  name,
  mac: `02:00:00:00:01:${(++count).toString(16).padStart(2, "0")}`,
  addresses,
  mtu: 1500,
});
for (const [name, ...interfaces] of [
  ["h1", iface("eth0", "10.0.0.1/24"), iface("eth1", "10.0.1.1/24")],
  ["h2", iface("eth0", "10.0.0.2/24")],
  ["h3", iface("eth0", "10.0.1.3/24")],
] as const) {
  machines.set(
    name,
    panel.createMachine(name, () => undefined),
  );
  for (const one of interfaces) panel.createInterface(name, one);
}
const ports: SwitchPort[] = [];
for (const name of ["s1", "s2"]) {
  const interfaces = [iface("p1"), iface("p2")];
  const node: SwitchNode = { kind: "switch", name, stp: false, ageingSeconds: 300, forward: [], interfaces };
  await panel.createSwitch(node);
  for (const one of interfaces) ports.push({ node: name, interface: one });
}
const link = (id: string): Link => {
  const [a, b] = id.split(" — ").map((end) => {
    const [node = "", name = ""] = end.split(":");
    return { node, interface: name };
  });
  if (a === undefined || b === undefined) throw new Error(id);
  return { id, a, b, mtu: 1500 };
};
const links = { direct: "h1:eth0 — h2:eth0", port: "h1:eth1 — s1:p1", trunk: "s1:p2 — s2:p1", far: "h3:eth0 — s2:p2" };
for (const id of Object.values(links)) await panel.links.connect(link(id), ports);
await panel.settled();

const inMachine = <Value>(name: string, body: () => Value): Value =>
  inNamespaces([machines.get(name) as Namespace], body);
/** Round-trip times in ms. */
const ping = (address: string) =>
  inMachine("h1", () => {
    const { stdout } = spawnSync("ping", ["-c", "6", "-i", "0.2", "-W", "3", address], { encoding: "utf8" });
    return [...stdout.matchAll(/time=([\d.]+)/g)].map((match) => Number(match[1])).slice(1);
  });
const medium = (id: string) => panel.linkStatus(link(id)).medium;
const queues = () =>
  (iproute2("tc", "qdisc", "show") as { kind: string }[])
    .map(({ kind }) => kind)
    .filter((kind) => !["noqueue", "clsact"].includes(kind))
    .sort();
const carrier = () =>
  inMachine("h1", () => spawnSync("cat", ["/sys/class/net/eth0/carrier_changes"]).stdout.toString());

const result: Record<string, unknown> = {};
result["plain"] = { direct: ping("10.0.0.2"), switched: ping("10.0.1.3"), queues: queues() };
const carrierBefore = carrier();
for (const [name, address] of [
  ["direct", "10.0.0.2"],
  ["port", "10.0.1.3"],
  ["trunk", "10.0.1.3"],
] as const) {
  const id = links[name];
  await panel.links.impair(id, { ab: { delayMs: 100 }, ba: { delayMs: 200 } });
  await panel.settled();
  const both = ping(address);
  await panel.links.impair(id, { ba: { delayMs: 50, rateBps: 10e6, queue: { bytes: 100_000 } } });
  const rated = { times: ping(address), queues: queues() };
  await panel.links.impair(id, { ba: { delayMs: 50 } });
  const unrated = queues();
  const statistics = await panel.links.statistics(id);
  const seen = { medium: medium(id), both, rated, unrated, statistics };
  await panel.links.impair(id, { ab: {}, ba: {} });
  await panel.settled();
  result[name] = { ...seen, after: { medium: medium(id), times: ping(address), queues: queues() } };
}
result["carrier"] = [carrierBefore, carrier()];

/** Link-local protocols through the queues, byte for byte. */
const control = {
  lldp: "0180c200000e02000000000a88cc0207040200000000010000",
  stp: "0180c200000002000000000b00264242030000000000",
  lacp: "0180c200000202000000000c88090101",
  "802.1x": "0180c200000302000000000d888e01010000",
};
await panel.links.impair(links.direct, { ab: { delayMs: 10 } });
await panel.settled();
result["control"] = Object.fromEntries(
  Object.entries(control).map(([name, head]) => {
    const frame = Buffer.alloc(100, 0x5a);
    frame.write(head, "hex");
    using to = PacketSocket.openIn(machines.get("h2") as Namespace, { ifindex: 2, ignoreOutgoing: true });
    using from = PacketSocket.openIn(machines.get("h1") as Namespace, { ifindex: 2 });
    from.send(frame);
    for (const deadline = performance.now() + 5000; performance.now() < deadline; ) {
      const got = to.receive(1000);
      if (got?.equals(frame)) return [name, true];
    }
    return [name, false];
  }),
);
await panel.links.impair(links.direct, { ab: {} });

/** What is refused, and what it says. */
async function refusal(of: PatchPanel, change: Parameters<PatchPanel["links"]["impair"]>[1]): Promise<string> {
  try {
    await of.links.impair(links.direct, { ...change, medium: "kernel" });
    return "nothing";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
result["refused"] = {
  jitter: await refusal(panel, { ab: { delayMs: 5000, jitterMs: 3000 } }),
  seed: await refusal(repeatable, { ab: { loss: { uniform: 0.1 } } }),
  left: queues(),
};
process.stdout.write(JSON.stringify(result));
