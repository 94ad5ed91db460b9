/**
 * Runs in the guest: measures links that the kernel's queues impair, as `link verify` does. Prints as
 * JSON what came out.
 */
import { inNamespaces, interfaceIndex, Namespace } from "../../../src/kernel/index.ts";
import type { EventLog } from "../../../src/lab/events.ts";
import { PatchPanel } from "../../../src/lab/panel/panel.ts";
import { measure } from "../../../src/lab/verify/measure.ts";
import { Prober } from "../../../src/lab/verify/prober.ts";
import { delayTables } from "../../../src/lab/verify/reference.ts";
import { WireProcess } from "../../../src/lab/wire/wire-process.ts";
import type { Impairment, Interface, Link, SwitchNode, SwitchPort } from "../../../src/topology/index.ts";
import { silence } from "../../kernel/programs/scenario.ts";

silence(Namespace.current("net"));
const noWires = new WireProcess(
  () => {
    throw new Error("no wire is meant to be needed here");
  },
  undefined as unknown as EventLog,
);
const panel = new PatchPanel(noWires, { seed: 1, repeatable: false });
const iface = (name: string, last: number): Interface => ({
  name,
  mac: `02:00:00:00:01:0${last}`,
  addresses: [],
  mtu: 1500,
});
for (const [index, name] of ["h1", "h2"].entries()) {
  panel.createMachine(name, () => undefined);
  for (const port of [0, 1]) panel.createInterface(name, iface(`eth${port}`, 2 * index + port));
}
const port: Interface = iface("p1", 8);
const bridge: SwitchNode = {
  kind: "switch",
  name: "s1",
  stp: false,
  ageingSeconds: 300,
  forward: [],
  interfaces: [port],
};
await panel.createSwitch(bridge);
const ports: readonly SwitchPort[] = [{ node: "s1", interface: port }];
const link = (a: string, b: string): Link => {
  const end = (text: string) => ({ node: text.split(":")[0] ?? "", interface: text.split(":")[1] ?? "" });
  return { id: `${a} — ${b}`, a: end(a), b: end(b), mtu: 1500 };
};
const links = { direct: link("h1:eth0", "h2:eth0"), port: link("h1:eth1", "s1:p1") };
for (const one of Object.values(links)) await panel.links.connect(one, ports);
await panel.settled();

type Both = { readonly ab: Impairment; readonly ba: Impairment };
let run = 0;

async function verify(one: Link, is: Both, against: Both = is) {
  await panel.links.impair(one.id, is);
  await panel.settled();
  const own = Namespace.current("net");
  const [a, b] = [one.a, one.b].map((end) => {
    const { name, netns = own } = panel.senderAt(one, end);
    return { netns, ifindex: inNamespaces([netns], () => interfaceIndex(name)) };
  }) as [{ netns: Namespace; ifindex: number }, { netns: Namespace; ifindex: number }];
  const prober = await Prober.open(++run, a, b);
  const [ab, ba] = measure(
    prober,
    {
      impairments: [against.ab, against.ba],
      mtu: 1500,
      wish: { frames: 600, seconds: 6 },
      // Emulation is slow, and its clock goes by jumps.
      toleranceMs: 2000,
      tables: delayTables(),
      seed: run,
    },
    () => undefined,
  );
  return { medium: panel.linkStatus(one).medium, ab, ba };
}

const result = {
  direct: await verify(links.direct, {
    ab: { delayMs: 60, jitterMs: 15, loss: { uniform: 0.2 } },
    ba: { delayMs: 100, duplicate: 0.2, corrupt: 0.2 },
  }),
  port: await verify(links.port, {
    ab: { delayMs: 300, reorder: { probability: 0.25, gap: 2 } },
    ba: { loss: { gilbertElliott: { p: 0.1, r: 0.3, goodLoss: 0, badLoss: 0.9 } } },
  }),
  other: await verify(
    links.direct,
    { ab: { loss: { uniform: 0.4 } }, ba: { delayMs: 20 } },
    { ab: { loss: { uniform: 0.1 } }, ba: { delayMs: 200 } },
  ),
};
process.stdout.write(JSON.stringify(result), () => process.exit(0));
