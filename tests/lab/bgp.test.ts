import { expect, it } from "vitest";
import type { Lab } from "../../src/topology/index.ts";
import { loadLab } from "../../src/topology/load.ts";
import { RunningLab } from "./running-lab.ts";

const reader = { readText: () => "", readBytes: () => new Uint8Array(), stat: () => undefined };
const patience = { timeout: 60_000, interval: 100 };

/** A fabric, and what its user says to its spine and its leaves besides. */
function fabric({ leaves = 2, links = "[]", spine = "", leaf = "" }): Lab {
  const said = (config: string) => `{kind: router, frr: {config: ${JSON.stringify(config)}}}`;
  const text = `
generate:
  - leaf-spine: {spines: 1, leaves: ${leaves}, hosts-per-leaf: 1}
    addressing: {loopbacks: 10.255.0.0/16, links: 10.128.0.0/16, hosts: 10.0.0.0/16}
    routing: bgp
    template: {spine: ${said(`router bgp 65000\n${spine}`)}, leaf: ${said(`router bgp \${node.asn}\n${leaf}`)}}
links: ${links}
`;
  return loadLab(text, { file: "/lab.yaml", name: "bgp", reader }).lab;
}

const [toLeaf1, toLeaf3] = ["10.128.0.1", "10.128.0.5"];
/** A leaf comes, with a link to another one besides, whose ends have link-local addresses alone. */
const more = {
  leaves: 3,
  links: "[[leaf2:eth7, leaf3:eth7]]",
  leaf: " neighbor eth7 interface v6only peer-group fabric\n address-family ipv4 unicast\n  neighbor eth7 activate\n",
};
/** A neighbour changes as it can without its session, another as it cannot, and what all are told. */
const changed = {
  ...more,
  spine: ` neighbor ${toLeaf3} timers 5 15
 neighbor ${toLeaf1} description one
 address-family ipv4 unicast
  network 10.77.0.0/16
  neighbor ${toLeaf1} weight 7
  neighbor ${toLeaf1} soft-reconfiguration inbound
  aggregate-address 10.128.0.0/16 summary-only
  redistribute connected
exit
!
ip route 10.78.0.0/16 blackhole
`,
};

it("a router takes neighbours over while its daemons run: other sessions stay, and what it has is what a start gives", async () => {
  const first = fabric({});
  await using running = await RunningLab.up(first);
  const { client } = running;
  const apply = (wanted: Lab) => client.apply({ lab: wanted, digest: "changed" });
  const vtysh = (node: string, command: string) => running.sh(node, `vtysh -c '${command}'`);
  const session = async (node: string, neighbour: string) => {
    const one = JSON.parse(await vtysh(node, `show bgp neighbors ${neighbour} json`))[neighbour] ?? {};
    // A session is a connection of TCP: another one has another port.
    return { state: one.bgpState, count: one.connectionsEstablished, ports: [one.portLocal, one.portForeign] };
  };
  const expectUp = (node: string, neighbour: string) =>
    expect.poll(() => session(node, neighbour), patience).toMatchObject({ state: "Established" });
  const expectRoute = (to: string) =>
    expect.poll(() => running.sh("leaf1", `ip route show ${to}`), patience).toContain("via 10.128.0.0");
  const written = async () => {
    const texts: string[] = [];
    for (const node of ["spine1", "leaf1", "leaf2"])
      texts.push(await vtysh(node, "show running-config"), await running.sh(node, "cat /etc/frr/frr.conf"));
    return texts;
  };
  const kept = async () => ({
    session: await session("spine1", toLeaf1),
    daemons: await running.sh("spine1", "cat /run/frr/zebra.pid /run/frr/bgpd.pid"),
  });
  await expectUp("spine1", toLeaf1);
  await expectRoute("10.0.0.2/31");
  const [since, atFirst] = [await kept(), await written()];
  await running.sh("h1", "ping -n -i 0.05 10.0.0.3 >/tmp/ping & echo $! >/tmp/ping.pid");

  await apply(fabric(more));
  await expectUp("spine1", toLeaf3);
  await expectUp("leaf2", "eth7");
  await expectRoute("10.0.0.4/31");
  const former = await session("spine1", toLeaf3);

  await apply(fabric(changed));
  await expectRoute("10.77.0.0/16");
  await expectUp("spine1", toLeaf3);
  await expect.poll(async () => (await session("spine1", toLeaf3)).ports, patience).not.toEqual(former.ports);
  await expectUp("spine1", toLeaf3);
  const asChanged = await written();
  expect(asChanged[0]).toContain(`neighbor ${toLeaf1} weight 7`);

  await apply(first);
  expect(await written()).toEqual(atFirst);
  expect(await kept()).toEqual(since);
  // What it says is in the file when it has ended.
  await running.sh(
    "h1",
    "kill -INT $(cat /tmp/ping.pid); while kill -0 $(cat /tmp/ping.pid) 2>/dev/null; do sleep 0.05; done",
  );
  const pings = await running.sh("h1", "cat /tmp/ping");
  const answered = [...pings.matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => Number(number));
  expect(answered.length).toBeGreaterThan(0);
  expect(answered).toEqual(answered.map((_, index) => index + 1));

  await apply(fabric(changed));
  for (const node of ["spine1", "leaf1", "leaf2"]) await client.actOnNode(node, "restart");
  expect(await written()).toEqual(asChanged);
}, 120_000);
