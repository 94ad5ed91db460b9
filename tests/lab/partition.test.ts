import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bridge, host, iface, lab, link, RunningLab } from "./running-lab.ts";

/** Four machines on two joined switches, h1 and h2 on a link of their own too. */
const names = ["h1", "h2", "h3", "h4"] as const;
type Name = (typeof names)[number];
const address = (name: Name) => `10.0.0.${name.slice(1)}`;
const direct = "h1:eth1 — h2:eth1";
const trunk = "s1:swp3 — s2:swp1";

let running: RunningLab;
beforeAll(async () => {
  running = await RunningLab.up(
    lab("partitioned", {
      nodes: [
        host("h1", [iface("eth0", "10.0.0.1/24"), iface("eth1", "10.0.1.1/24")]),
        host("h2", [iface("eth0", "10.0.0.2/24"), iface("eth1", "10.0.1.2/24")]),
        host("h3", [iface("eth0", "10.0.0.3/24")]),
        host("h4", [iface("eth0", "10.0.0.4/24")]),
        bridge("s1", 3),
        bridge("s2", 3),
      ],
      links: [
        link("h1:eth0", "s1:swp1"),
        link("h2:eth0", "s1:swp2"),
        link("s1:swp3", "s2:swp1"),
        link("h3:eth0", "s2:swp2"),
        link("h4:eth0", "s2:swp3"),
        link("h1:eth1", "h2:eth1"),
      ],
    }),
  );
});
afterAll(() => running[Symbol.asyncDispose]());

const partition = (text: string) => running.client.partition(text.split(" "));

/** Whether ARP is answered: a frame each way, with nothing remembered from before. */
async function talks(from: Name, to: Name): Promise<boolean> {
  const { exitCode } = await running.run(from, [
    "sh",
    "-c",
    `ip neigh flush dev eth0; ping -c 3 -i 0.3 -W 1 -q ${address(to)}`,
  ]);
  return exitCode === 0;
}

/** Those pairs that talk, as `h1 h2`. */
async function talking(): Promise<readonly string[]> {
  const pairs = names.flatMap((one, index) => names.slice(index + 1).map((other) => [one, other] as const));
  const heard = await Promise.all(
    pairs.map(async ([one, other]) => ((await talks(one, other)) ? [`${one} ${other}`] : [])),
  );
  return heard.flat();
}

/** That these pairs talk, and no others: what has just changed may take a moment to let frames through, and none to stop them. */
async function expectTalking(wanted: readonly string[]): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const heard = await talking();
    expect(heard.filter((pair) => !wanted.includes(pair))).toEqual([]);
    if (heard.length === wanted.length) return;
    if (Date.now() > deadline) expect(heard).toEqual(wanted);
  }
}

const everyone = ["h1 h2", "h1 h3", "h1 h4", "h2 h3", "h2 h4", "h3 h4"];
const talksDirectly = async () =>
  (await running.run("h1", ["ping", "-c", "3", "-i", "0.3", "-W", "1", "-q", "10.0.1.2"])).exitCode === 0;

describe("a partition", () => {
  it.each([
    ["kernel ports and cord", {}],
    ["a wire between the switches", { [trunk]: { medium: "wire" } }],
    ["a wire at a machine", { "h1:eth0 — s1:swp1": { medium: "wire" } }],
    ["queues of the kernel between the switches", { [trunk]: { ab: { rateBps: 1e9 }, ba: { rateBps: 1e9 } } }],
    ["queues of the kernel at a machine", { "h1:eth0 — s1:swp1": { ab: { rateBps: 1e9 } } }],
  ] as const)("separates pairs on switches: %s", async (_, changes) => {
    for (const [id, change] of Object.entries(changes)) await running.client.impairLink(id, change);
    await expectTalking(everyone);
    await partition("split h1 h3 -- h2 h4");
    await expectTalking(["h1 h3", "h2 h4"]);
    await partition("isolate h3");
    await expectTalking(["h1 h2", "h1 h4", "h2 h4"]);
    await partition("majority-ring");
    await expectTalking(["h1 h2", "h1 h4", "h2 h3", "h3 h4"]);
    await partition("heal");
    await expectTalking(everyone);
    for (const id of Object.keys(changes)) await running.client.impairLink(id, { ab: {}, ba: {}, medium: "auto" });
  });

  it.each([
    ["the kernel", {}],
    ["a wire", { medium: "wire" }],
    ["queues of the kernel", { ab: { rateBps: 1e9 } }],
  ] as const)("separates neighbours on a link: %s", async (_, change) => {
    await running.client.impairLink(direct, change);
    await expect.poll(talksDirectly).toBe(true);
    await partition("isolate h2");
    expect(await talksDirectly()).toBe(false);
    // Silent: the carrier stays.
    expect(await running.sh("h1", "cat /sys/class/net/eth1/carrier")).toBe("1\n");
    const status = (await running.client.detail()).linkStatus.find(({ id }) => id === direct);
    expect(status).toMatchObject({ state: "up", blocked: ["ab", "ba"] });
    await partition("heal");
    await expect.poll(talksDirectly).toBe(true);
    await running.client.impairLink(direct, { ab: {}, ba: {}, medium: "auto" });
  });

  it("goes one way", async () => {
    await partition("one-way h1 -> h2");
    const [before, after] = await Promise.all([
      received("h2"),
      running.run("h1", ["ping", "-c", "2", "-W", "1", "10.0.1.2"]),
    ]).then(async ([count, { exitCode }]) => {
      expect(exitCode).not.toBe(0);
      return [count, await received("h2")] as const;
    });
    expect(after).toBeGreaterThan(before);
    await partition("heal");
  });

  it("stays while a link under it changes its medium, and heals to what was there, impairments included", async () => {
    await running.client.impairLink(direct, { ab: { delayMs: 20 } });
    const before = (await running.client.detail()).linkStatus;
    await partition("split h1 -- h2 h3 h4");
    await running.client.impairLink(trunk, { medium: "wire" });
    await running.client.impairLink("h1:eth0 — s1:swp1", { medium: "wire" });
    await running.client.impairLink(direct, { medium: "wire" });
    await expectTalking(["h2 h3", "h2 h4", "h3 h4"]);
    expect(await talksDirectly()).toBe(false);
    for (const id of [trunk, "h1:eth0 — s1:swp1", direct]) await running.client.impairLink(id, { medium: "auto" });
    await expectTalking(["h2 h3", "h2 h4", "h3 h4"]);
    await partition("heal");
    expect((await running.client.detail()).linkStatus).toEqual(before);
    await expectTalking(everyone);
    await running.client.impairLink(direct, { ab: {} });
  });

  it("goes from one state to another without a pair that both separate ever talking", async () => {
    await partition("split h1 h2 -- h3 h4");
    // Floods as fast as it may; every answer would be one too many.
    const flood = running.run("h1", ["ping", "-f", "-w", "3", "-q", address("h4")]);
    for (const text of ["split h1 h3 -- h2 h4", "isolate h4", "split h1 h2 h3 -- h4", "split h1 -- h2 -- h3 -- h4"])
      for (let round = 0; round < 3; round++) await partition(text);
    const { stdout } = await flood;
    expect(stdout).toMatch(/ 0 received/);
    await partition("heal");
  });

  it("is told by status and events", async () => {
    expect((await running.client.detail()).partition).toEqual({ words: ["heal"] });
    await partition("halves");
    expect((await running.client.detail()).partition).toEqual({ words: ["halves"] });
    await partition("heal");
    const types: string[] = [];
    for await (const event of running.client.events({})) types.push(event.type);
    expect(types.filter((type) => type.startsWith("partition.")).slice(-2)).toEqual([
      "partition.set",
      "partition.healed",
    ]);
  });

  it.each([
    ["isolate h9", "NODE_NOT_FOUND"],
    ["isolate s1", "PARTITION_OF_SWITCH"],
    ["disjoint h1 h2 -- h2 h3 h4", "PARTITION_NODE_TWICE"],
    ["disjoint h1 h2 -- h3", "PARTITION_INCOMPLETE"],
    ["part h1", "PARTITION_UNKNOWN"],
  ])("refuses %s and changes nothing", async (text, code) => {
    await expect(partition(text)).rejects.toMatchObject({ code });
    expect((await running.client.detail()).partition).toEqual({ words: ["heal"] });
  });
});

async function received(node: Name): Promise<number> {
  return Number(await running.sh(node, "cat /sys/class/net/eth1/statistics/rx_packets"));
}

/** The mean length of the frames, in bytes, that h2 gets when h1 sends a megabyte by TCP. */
async function meanFrame(): Promise<number> {
  const counters = async () => {
    const text = await running.sh(
      "h2",
      "cat /sys/class/net/eth1/statistics/rx_bytes /sys/class/net/eth1/statistics/rx_packets",
    );
    return text.trim().split("\n").map(Number) as [number, number];
  };
  const receive = running.run("h2", [
    "perl",
    "-MIO::Socket::INET",
    "-e",
    "$l = IO::Socket::INET->new(LocalPort => 5001, Listen => 1, ReuseAddr => 1) or die; $s = $l->accept; 1 while sysread $s, $b, 65536",
  ]);
  const [bytes, frames] = await counters();
  await running.run("h1", [
    "perl",
    "-MIO::Socket::INET",
    "-e",
    "for (1..2000) { last if $s = IO::Socket::INET->new('10.0.1.2:5001'); select undef, undef, undef, 0.05 } syswrite $s, 'x' x 1_000_000",
  ]);
  expect((await receive).exitCode).toBe(0);
  const [bytesAfter, framesAfter] = await counters();
  return (bytesAfter - bytes) / (framesAfter - frames);
}

describe("the medium of a link", () => {
  it("is a wire when asked, without losing anything in the node, and the kernel again", async () => {
    const look = () => running.sh("h1", "ip -j addr show dev eth1; ip route; cat /sys/class/net/eth1/carrier_changes");
    const before = await look();
    expect(await running.client.impairLink(direct, { medium: "wire" })).toMatchObject({
      medium: "wire",
      forced: "wire",
    });
    await expect.poll(talksDirectly).toBe(true);
    expect(await running.client.impairLink(direct, { medium: "kernel" })).toMatchObject({ medium: "kernel" });
    await expect.poll(talksDirectly).toBe(true);
    expect(await look()).toBe(before);
    expect(await running.client.impairLink(direct, { medium: "auto" })).not.toHaveProperty("forced");
  });

  it("is the kernel for a rate, and frames are frames as on the wire", async () => {
    expect(await meanFrame()).toBeGreaterThan(1514);
    const set = await running.client.impairLink(direct, { ab: { rateBps: 80e6, queue: { packets: 500 } } });
    expect(set).toMatchObject({ medium: "kernel" });
    expect(await meanFrame()).toBeLessThanOrEqual(1514);
    const { queues } = await running.client.linkStatistics(direct);
    expect(queues?.ab?.sentFrames).toBeGreaterThanOrEqual(1e6 / 1514);
    expect(queues).not.toHaveProperty("ba");
    await running.client.impairLink(direct, { ab: {} });
    expect(await meanFrame()).toBeGreaterThan(1514);
  });

  const hasNetem = spawnSync("modinfo", ["sch_netem"]).status === 0;
  it("cannot be the kernel where it lacks what is asked; the link stays as it was", async (context) => {
    if (hasNetem) context.skip("this kernel has netem");
    const before = (await running.client.detail()).linkStatus;
    await expect(running.client.impairLink(direct, { ab: { delayMs: 10 }, medium: "kernel" })).rejects.toMatchObject({
      code: "MEDIUM_IMPOSSIBLE",
      message: expect.stringContaining("netem") as string,
    });
    expect((await running.client.detail()).linkStatus).toEqual(before);
    await expect.poll(talksDirectly).toBe(true);
  });
});
