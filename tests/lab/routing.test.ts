import { expect, it } from "vitest";
import type { Lab } from "../../src/topology/index.ts";
import { loadLab } from "../../src/topology/load.ts";
import { RunningLab } from "./running-lab.ts";

const reader = { readText: () => "", readBytes: () => new Uint8Array(), stat: () => undefined };
const load = (text: string) => loadLab(text, { file: "/lab.yaml", name: "routing", reader }).lab;

const text = `
nodes:
  r1: {kind: router, routing: ospf}
  r2: {kind: router, routing: ospf}
  r3: {kind: router, routing: ospf}
  h1:
links:
  - {endpoints: ["r1:eth0", "r2:eth0"], subnet: [10.0.1.0/30, "2001:db8:1::/64"]}
  - {endpoints: ["r3:eth0", h1], subnet: [10.0.3.0/30, "2001:db8:3::/64"]}
`;
const more = `  - {endpoints: ["r1:eth1", "r3:eth1"], subnet: [10.0.2.0/30, "2001:db8:2::/64"]}\n`;
const patience = { timeout: 60_000, interval: 100 };

it("a router takes a link over while its daemons run, and gives it back: what it has is what a start gives", async () => {
  const [two, three] = [load(text), load(text + more)];
  await using running = await RunningLab.up(two);
  const { client } = running;
  const apply = (wanted: Lab) => client.apply({ lab: wanted, digest: "changed" });
  const vtysh = (command: string) => running.sh("r1", `vtysh -c '${command}'`);
  const written = () => vtysh("show running-config");
  const file = () => running.sh("r1", "cat /etc/frr/frr.conf");
  const daemons = () => running.sh("r1", "cat /run/frr/zebra.pid /run/frr/ospfd.pid /run/frr/ospf6d.pid");
  const toR2 = async (): Promise<{ state: string; upMs: number; at: number }> => {
    const [one] = JSON.parse(await vtysh("show ip ospf neighbor 10.0.1.2 json"))["10.0.1.2"] ?? [];
    return { state: one?.nbrState, upMs: one?.upTimeInMsec, at: performance.now() };
  };
  const isFull = { state: "Full/-" };
  await expect.poll(toR2, patience).toMatchObject(isFull);
  const [own, atFirst, since] = [await daemons(), [await written(), await file()], await toR2()];
  // Had it been lost since, it would not have been up for as long as that.
  const expectKept = async () => {
    const elapsedMs = performance.now() - since.at;
    const now = await toR2();
    expect(now).toMatchObject(isFull);
    expect(now.upMs).toBeGreaterThanOrEqual(elapsedMs);
    expect(await daemons()).toBe(own);
  };

  await apply(three);
  await expect.poll(() => vtysh("show ip ospf neighbor"), patience).toMatch(/10\.0\.3\.1 .* Full/);
  await expect.poll(() => vtysh("show ipv6 ospf neighbor"), patience).toMatch(/10\.0\.3\.1 .* Full/);
  await expectKept();
  const withThree = [await written(), await file()];
  expect(withThree[0]).toContain("interface eth1\n ip ospf area 0\n");
  await apply(two);
  expect([await written(), await file()]).toEqual(atFirst);
  await expectKept();

  // While it stands still it cannot be told: it is when it goes on.
  await client.actOnNode("r1", "pause");
  await apply(three);
  await client.actOnNode("r1", "resume");
  expect([await written(), await file()]).toEqual(withThree);
  expect(await daemons()).toBe(own);
  await client.actOnNode("r1", "restart");
  expect([await written(), await file()]).toEqual(withThree);

  // What was pushed goes whole, as it does when daemons start.
  await client.setNodeConfig("r1", "ip route 10.8.0.0/24 10.0.1.2\nrouter ospf\n network 10.0.0.0/8 area 0\n");
  await apply(two);
  expect([await written(), await file()]).toEqual(atFirst);
}, 120_000);
