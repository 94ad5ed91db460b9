import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openCapture } from "../dataplane/open-capture.ts";
import type { CapturedFrame } from "../dataplane/pcapng-reader.ts";
import { Workspace } from "./workspace.ts";

/** Each example does what it is an example of. */

it("hello: two hosts that know each other by name, over IPv4 and IPv6", async () => {
  await using work = await Workspace.open("hello");
  await work.ok("netwright up");
  expect(await work.ok("netwright exec h1 -- ping -4 -c 1 h2")).toContain("(10.0.0.2)");
  expect(await work.ok("netwright exec h2 -- ping -6 -c 1 h1")).toContain("(2001:db8::1)");
  await work.ok("netwright down");
  expect(await work.running()).toEqual([]);
});

it("office: desks reach the web server through the router, each other through the switch", async () => {
  await using work = await Workspace.open("office");
  await work.ok("netwright up");
  expect(await work.ok("netwright exec alice -- curl -s http://web/")).toBe("It works.\n");
  expect(hops(await work.ok("netwright exec bob -- traceroute -n web"))).toEqual(["192.168.10.1", "192.168.20.80"]);
  expect(hops(await work.ok("netwright exec bob -- traceroute -n alice"))).toEqual(["192.168.10.11"]);
  expect(await work.ok("netwright logs httpd")).toContain('"GET / HTTP/1.1" 200');
  const { interfaces } = JSON.parse(await work.ok("netwright inspect floor1 --json"));
  expect(interfaces).toHaveLength(3);
});

it("published: a site opened from this machine, and two servers behind one name", async () => {
  await using work = await Workspace.open("published");
  await work.ok("netwright up");
  const { ports } = JSON.parse(await work.ok("netwright port --json")) as {
    ports: { node: string; hostPort: number }[];
  };
  expect(ports.map(({ node }) => node)).toEqual(["web1", "web2"]);
  for (const { hostPort } of ports)
    expect(await work.ok(`curl -sS --noproxy '*' http://127.0.0.1:${hostPort}/`)).toBe("The shop is open.\n");
  await work.ok("netwright node stop web1");
  expect(await work.ok("netwright exec client -- curl -sS http://www.shop.lab/")).toBe("The shop is open.\n");
});

it("office-services: an address by DHCP, a site by its name, through the firewall and under the office's address", async () => {
  await using work = await Workspace.open("office-services");
  await work.ok("netwright up");
  expect(await work.ok("netwright exec alice -- ip -4 -o address show eth0")).toMatch(/ 10\.0\.0\.1\d\d\/24 /);
  expect(await work.ok("netwright exec printer -- ip -4 -o address show eth0")).toContain(" 10.0.0.50/24 ");
  expect(await work.ok("netwright exec alice -- curl -s http://www.shop.example/")).toBe("Welcome to the shop.\n");
  expect(await work.ok("netwright logs site")).toContain("203.0.113.7");
  expect((await work.shell("netwright exec alice -- curl -sS -m 5 http://203.0.113.80:8080/")).exitCode).toBe(7);
  // Nobody gets in: the gateway knows no way, whoever asks.
  expect((await work.shell("netwright exec site -- ping -c 1 -W 1 10.0.0.53")).exitCode).not.toBe(0);
});

it("ospf-triangle: neighbours, routes, and the long way round while a link is cut", async () => {
  await using work = await Workspace.open("ospf-triangle");
  await work.ok("netwright up");
  await work.eventually("netwright exec h1 -- ping -c 1 -W 1 h3");
  await work.eventually("netwright exec r1 -- sh -c 'test $(vtysh -c \"show ip ospf neighbor\" | grep -c Full) = 2'");
  // vtysh asks PAM about the account, and complains on standard error.
  expect((await work.shell("netwright exec r1 -- vtysh -c 'show version'")).stderr).toBe("");
  const direct = ["10.1.0.1", "10.0.31.1", "10.3.0.10"];
  await expect.poll(async () => hops(await work.ok("netwright exec h1 -- traceroute -n h3")), patience).toEqual(direct);
  await work.ok("netwright link down r1 r3");
  // FRR sees what it would on hardware: the interface is up, and its carrier is gone.
  await work.eventually("netwright exec r1 -- sh -c 'ip -d link show eth2 | grep NO-CARRIER'");
  await work.eventually('netwright exec r1 -- sh -c \'vtysh -c "show interface eth2" | grep "line protocol is down"\'');
  const detour = ["10.1.0.1", "10.0.12.2", "10.0.23.2", "10.3.0.10"];
  await expect.poll(async () => hops(await work.ok("netwright exec h1 -- traceroute -n h3")), patience).toEqual(detour);
  await work.ok("netwright link up r1 r3");
  await expect.poll(async () => hops(await work.ok("netwright exec h1 -- traceroute -n h3")), patience).toEqual(direct);
});

it("bgp-leaf-spine: every host reaches every other", async () => {
  await using work = await Workspace.open("bgp-leaf-spine");
  await work.ok("netwright up --set leaves=3");
  for (const from of ["h1", "h2", "h3"]) {
    for (const to of ["h1", "h2", "h3"]) await work.eventually(`netwright exec ${from} -- ping -c 1 -W 1 ${to}`);
  }
  const summary = JSON.parse(await work.ok("netwright exec spine1 -- vtysh -c 'show bgp ipv4 unicast summary json'"));
  expect(Object.values<{ state: string }>(summary.peers).map(({ state }) => state)).toEqual(
    Array(3).fill("Established"),
  );
});

it("supervise: the lab ends when all have ended well, with their output kept", async () => {
  await using work = await Workspace.open("supervise");
  const output = await work.ok("netwright run lab.yaml");
  for (const host of [2, 3, 4]) expect(output).toContain(`hello 10.0.0.${host}`);
  expect(await work.running()).toEqual([]);
  expect(await work.ok("netwright logs -n supervise")).toContain("hello 10.0.0.2");
});

it("supervise: a client that fails makes the outcome", async () => {
  await using work = await Workspace.open("supervise");
  await work.ok("sed -i 's|http://server:8080|http://nobody:8080|' lab.yaml");
  // curl(1), exit codes: 6 is that the host's name could not be resolved.
  const { exitCode, stderr } = await work.shell("netwright run lab.yaml");
  expect(exitCode).toBe(6);
  expect(stderr).toMatch(/client@client\d on client\d .*6/);
  expect(await work.running()).toEqual([]);
});

it("faults: a run with a seed is the same twice, harms the client, and leaves all as it was", async () => {
  await using work = await Workspace.open("faults");
  await work.ok("netwright up");
  await work.ok("netwright faults run faults.yaml --seed 7 --log one.yaml");
  await work.ok("netwright faults run faults.yaml --seed 8 --log other.yaml");
  await work.ok("netwright faults run one.yaml --log two.yaml");
  await work.ok("cmp one.yaml two.yaml");
  await work.ok("! cmp one.yaml other.yaml");
  const outcomes = (await work.ok("netwright logs probe")).trim().split("\n");
  const lost = outcomes.filter((line) => line.endsWith("nothing")).length;
  expect(lost).toBeGreaterThan(10);
  expect(outcomes.length - lost).toBeGreaterThan(30);
  const { inForce } = JSON.parse(await work.ok("netwright faults status --json"));
  expect(inForce).toEqual([]);
  expect(await work.ok("netwright exec client -- curl -s -o /dev/null -w '%{http_code}' http://server/")).toBe("200");
});

it("two-projects: the same addresses, at once, and each finds its own", async () => {
  await using work = await Workspace.open("two-projects");
  await Promise.all(["red", "blue"].map((name) => work.ok(`netwright up --name ${name} --set project=${name}`)));
  for (const name of ["red", "blue"]) {
    expect(await work.ok(`netwright exec --name ${name} client -- curl -s http://10.0.0.1/`)).toBe(
      `This is project ${name}.\n`,
    );
  }
  await work.ok("netwright down --all");
  expect(await work.running()).toEqual([]);
});

it("capture: a handshake at both ends of a slow link, in files that stay", async () => {
  await using work = await Workspace.open("capture");
  await work.ok("netwright up");
  expect(await work.ok("netwright exec client -- curl -s -o /dev/null -w '%{http_code}' http://server/")).toBe("200");
  await work.ok("netwright down");
  const read = async (name: string) =>
    openCapture(await readFile(join(work.state, "capture/logs/captures", `${name}.pcapng`)));
  const [both, http] = [await read("both-ends"), await read("http")];
  // SYN without ACK (RFC 9293, 3.1), and SYN with it.
  const with_ = (flags: number) => (frame: CapturedFrame) =>
    frame.frame.readUInt16BE(12) === 0x0800 && frame.frame[23] === 6 && ((frame.frame[47] ?? 0) & 0x12) === flags;
  const [sent, came] = both.frames.filter(with_(0x02));
  expect([sent?.interface, came?.interface]).toEqual(["client:eth0", "server:eth0"]);
  expect(Number((came?.timeNs ?? 0n) - (sent?.timeNs ?? 0n)) / 1e6).toBeGreaterThanOrEqual(20);
  expect(http.frames.filter(with_(0x12))).toHaveLength(1);
  expect(http.frames.every(({ interface: name, frame }) => name === "server:eth0" && frame.length <= 128)).toBe(true);
});

const patience = { timeout: 60_000, interval: 200 };

/** The addresses in the output of traceroute -n, in order. */
const hops = (output: string): readonly string[] =>
  [...output.matchAll(/^ ?\d+ {2}(?:\* )*(\d+\.\d+\.\d+\.\d+)/gm)].map(([, address = ""]) => address);
