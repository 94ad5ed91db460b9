import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { loadLab } from "../../src/topology/load.ts";
import { RunningLab } from "../lab/running-lab.ts";

/** Kinds of nodes whose programs are in containers: of an engine that DOCKER_HOST names, with the images box:1 and kinds:1. */

const load = (name: string, text: string) =>
  loadLab(text, {
    file: "/lab.yaml",
    name,
    reader: { readText: () => "", readBytes: (path) => readFileSync(path), stat: () => undefined },
  }).lab;

const office = `
defaults: {host: {engine: container, image: "docker-daemon:kinds:1"}, router: {engine: container, image: "docker-daemon:kinds:1"}}
nodes:
  pc: {image: "docker-daemon:box:1", command: none, interfaces: {eth0: dhcp}}
  dhcp:
    kind: dhcp-server
    interfaces: {eth0: 10.0.0.2/24}
    pools: [{first: 10.0.0.100, last: 10.0.0.100, gateway: fw, nameservers: dns, domain: office.example}]
  dns: {kind: dns-server, interfaces: {eth0: 10.0.0.53/24}, zones: {office.example: {}}}
  fw:
    kind: firewall
    interfaces: {eth0: 10.0.0.1/24, eth1: 10.1.0.1/24, eth2: 10.2.0.80/24}
    policy: reject
    allow: [{from: eth0, to: web, protocol: tcp, ports: 80}]
  web:
    kind: web
    interfaces: {eth0: {addresses: 10.1.0.80/24, gateway: 10.1.0.1}}
    content: {index.html: "The office\\n"}
  load: {kind: traffic, interfaces: {eth0: 10.0.0.4/24}, echo: 7}
  r1: {kind: router, interfaces: {eth0: 10.2.0.1/24}, frr: {config: "ip route 10.8.0.0/24 10.2.0.80\\n"}}
  six: {kind: nat, preset: nat64, outside: eth1, interfaces: {eth0: "2001:db8::1/64", eth1: 10.3.0.1/24}}
networks: {lan: [pc, dhcp, dns, "fw:eth0", load]}
links: [["fw:eth1", "web:eth0"], ["fw:eth2", r1]]
`;

/** DHCP, DNS, firewall, web, traffic, FRR and NAT64 in containers, with configurations that change while they run. */
export async function doWhatKindsDo(): Promise<void> {
  await using running = await RunningLab.up(load("office", office));
  const { client } = running;
  // The client has an address, a gateway and a name server by DHCP, although its image has no client for it that is used.
  expect(await running.sh("pc", "ip -4 -o addr show eth0; ip route; cat /etc/resolv.conf")).toMatch(
    /10\.0\.0\.100\/24.*default via 10\.0\.0\.1 .*search office\.example\nnameserver 10\.0\.0\.53\n$/s,
  );
  expect(await running.sh("pc", "wget -q -O - http://web.office.example/")).toBe("The office\n");
  expect(await running.sh("pc", "echo hello | nc -w 5 10.0.0.4 7")).toBe("hello\n");
  expect((await client.detail()).processStatus.filter(({ node }) => node === "pc")).toMatchObject([
    { name: "pc.dhcp-eth0", state: "ready" },
  ]);
  const reaches = async () => (await running.run("pc", ["nc", "-w", "5", "10.1.0.80", "80"])).exitCode === 0;
  // Configurations: pushed, refused, saved, reset.
  const rules = "table inet mine {\n chain forward {\n  type filter hook forward priority 0; policy drop;\n }\n}\n";
  await client.setNodeConfig("fw", rules);
  expect((await client.nodeConfig("fw")).text).toMatch(/^table inet mine \{/);
  await expect(client.setNodeConfig("fw", "table inet mine {\n nonsense\n}\n")).rejects.toThrow("nonsense");
  expect(await reaches()).toBe(false);
  await client.setNodeConfig("fw");
  await expect.poll(reaches).toBe(true);
  const routes = () => running.sh("r1", "vtysh -c 'show ip route static'");
  await expect.poll(routes).toContain("10.8.0.0/24");
  await client.setNodeConfig("r1", "ip route 10.9.0.0/24 10.2.0.80\nrouter ospf\n network 10.2.0.0/24 area 0\n");
  await expect.poll(routes).toContain("10.9.0.0/24");
  await expect.poll(() => running.sh("r1", "vtysh -c 'show ip ospf interface'")).toContain("eth0 is up");
  expect(await running.sh("r1", "stat -c %U /etc/frr/frr.conf")).toBe("frr\n");
  await expect(client.setNodeConfig("r1", "router babel\n")).rejects.toMatchObject({ code: "PROGRAM_MISSING" });
  // A start is a new beginning: with what the lab file says, and with what was there left behind.
  await client.actOnNode("r1", "restart");
  await expect.poll(routes).toContain("10.8.0.0/24");
  await client.actOnNode("six", "restart");
  await client.actOnNode("pc", "pause");
  await client.actOnNode("pc", "resume");
  await client.actOnNode("pc", "restart");
  expect(await running.sh("pc", "wget -q -O - http://web.office.example/")).toBe("The office\n");
}

export async function sayWhatImagesLack(): Promise<void> {
  const lacking = load(
    "lacking",
    `nodes: {fw: {kind: firewall, engine: container, image: "docker-daemon:box:1", interfaces: {eth0: 10.0.0.1/24}}}`,
  );
  await expect(RunningLab.up(lacking)).rejects.toMatchObject({
    code: "PROGRAM_MISSING",
    message: expect.stringContaining("nft"),
    remedy: expect.stringMatching(/box:1.*nftables/),
  });
}
