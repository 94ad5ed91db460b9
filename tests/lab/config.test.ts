import { expect, it } from "vitest";
import { loadLab } from "../../src/topology/load.ts";
import { RunningLab } from "./running-lab.ts";

it("a pushed configuration is in force, one that is refused changes nothing, a reset brings back the lab file's", async () => {
  const text = `
nodes:
  r1: {kind: router, interfaces: {eth0: 10.0.0.1/24, eth1: 10.1.0.1/24}, frr: {config: "ip route 10.8.0.0/24 10.0.0.2\\n"}}
  fw: {kind: firewall, interfaces: {eth0: 10.0.0.2/24}}
  dns: {kind: dns-server, interfaces: {eth0: 10.1.0.53/24}, zones: {a.example: {records: {www: 10.9.0.1}}}}
  load: {kind: traffic, iperf3: 5201}
links: [["r1:eth0", fw], ["r1:eth1", dns]]
`;
  const reader = { readText: () => "", readBytes: () => new Uint8Array(), stat: () => undefined };
  const { lab } = loadLab(text, { file: "/lab.yaml", name: "config", reader });
  await using running = await RunningLab.up(lab);
  const { client } = running;

  const answers = async () => (await running.run("r1", ["ping", "-c1", "-W5", "10.0.0.2"])).exitCode === 0;
  const strict =
    "table inet mine {\n chain input {\n  type filter hook input priority 0;\n  ip protocol icmp reject\n }\n}\n";
  await expect.poll(answers).toBe(true);
  await client.setNodeConfig("fw", strict);
  expect(await answers()).toBe(false);
  expect((await client.nodeConfig("fw")).text).toMatch(/^table inet mine \{/);
  await expect(client.setNodeConfig("fw", "table inet mine {\n nonsense\n}\n")).rejects.toThrow("nonsense");
  expect(await answers()).toBe(false);
  expect((await client.setNodeConfig("fw")).text).toContain("table inet firewall");
  await expect.poll(answers).toBe(true);

  const routes = () => running.sh("r1", "vtysh -c 'show ip route static'");
  await expect.poll(routes).toContain("10.8.0.0/24");
  await client.setNodeConfig("r1", "ip route 10.9.0.0/24 10.0.0.2\nrouter ospf\n network 10.0.0.0/24 area 0\n");
  await expect.poll(routes).toContain("10.9.0.0/24");
  await expect.poll(routes).not.toContain("10.8.0.0/24");
  // A daemon that was not there before.
  await expect.poll(() => running.sh("r1", "vtysh -c 'show ip ospf interface'")).toContain("eth0 is up");
  await expect(client.setNodeConfig("r1", "router nonsense\n")).rejects.toThrow("nonsense");
  await running.sh("r1", "vtysh -c 'configure terminal' -c 'ip route 10.7.0.0/24 10.0.0.2'");
  const saved = (await client.nodeConfig("r1")).text;
  expect(saved).toContain("ip route 10.7.0.0/24 10.0.0.2");
  await client.setNodeConfig("r1");
  await expect.poll(routes).toContain("10.8.0.0/24");
  await client.setNodeConfig("r1", saved);
  await expect.poll(routes).toContain("10.7.0.0/24");

  const lookedUp = async () => (await running.run("dns", ["busybox", "nslookup", "www.a.example", "127.0.0.1"])).stdout;
  await expect.poll(lookedUp).toContain("10.9.0.1");
  await client.setNodeConfig("dns", "no-resolv\nno-hosts\nhost-record=www.a.example,10.9.0.2\n");
  await expect.poll(lookedUp).toContain("10.9.0.2");
  // Well formed, but it cannot be had: the address is nobody's here.
  const late = client.setNodeConfig("dns", "no-resolv\nlisten-address=192.0.2.99\nbind-interfaces\n");
  await expect(late).rejects.toThrow("192.0.2.99");
  await expect.poll(lookedUp).toContain("10.9.0.2");

  await expect(client.setNodeConfig("load", "x")).rejects.toMatchObject({ code: "CONFIG_NONE" });
});
