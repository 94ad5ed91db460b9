import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bridge, host, iface, lab, link, RunningLab } from "./running-lab.ts";

let running: RunningLab;
const direct = "h1:eth0 — h2:eth0";
const atSwitch = "h2:eth1 — s1:swp1";
beforeAll(async () => {
  running = await RunningLab.up(
    lab("impaired", {
      nodes: [
        host("h1", [iface("eth0", "10.0.0.1/24", "2001:db8::1/64")]),
        host("h2", [iface("eth0", "10.0.0.2/24", "2001:db8::2/64"), iface("eth1", "10.0.1.2/24")]),
        host("h3", [iface("eth0", "10.0.1.3/24")]),
        bridge("s1", 2),
        bridge("s2", 2),
      ],
      links: [
        link("h1:eth0", "h2:eth0"),
        link("h2:eth1", "s1:swp1"),
        link("s1:swp2", "s2:swp1"),
        link("h3:eth0", "s2:swp2"),
      ],
    }),
  );
});
afterAll(() => running[Symbol.asyncDispose]());

/** Round-trip times in milliseconds; the first, which waits for ARP, left out. */
async function roundTrips(node: string, peer: string, count = 6): Promise<readonly number[]> {
  // A link that has just come up drops frames until the kernel's link watch has come round.
  await expect.poll(() => running.run(node, ["ping", "-c", "1", "-W", "1", peer])).toMatchObject({ exitCode: 0 });
  const said = await running.sh(node, `ping -c ${count} -i 0.05 -W 30 ${peer}`);
  return [...said.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1])).slice(1);
}
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const carrierChanges = (node: string, name: string) => running.sh(node, `cat /sys/class/net/${name}/carrier_changes`);

describe("a live impairment", () => {
  it("delays each direction by its own amount, changes, and goes, without a change of carrier", async () => {
    const before = [await carrierChanges("h1", "eth0"), await carrierChanges("h2", "eth0")];
    expect(median(await roundTrips("h1", "10.0.0.2"))).toBeLessThan(40);
    expect(await running.client.impairLink(direct, { ab: { delayMs: 40 }, medium: "wire" })).toMatchObject({
      medium: "wire",
      ab: { delayMs: 40 },
    });
    const oneWay = median(await roundTrips("h1", "10.0.0.2"));
    expect(oneWay).toBeGreaterThanOrEqual(40);
    await running.client.impairLink(direct, { ba: { delayMs: 60 } });
    expect(median(await roundTrips("h1", "10.0.0.2"))).toBeGreaterThanOrEqual(100);
    const cleared = await running.client.impairLink(direct, { ab: {}, ba: {}, medium: "auto" });
    expect(cleared).toMatchObject({ medium: "kernel", state: "up" });
    expect(median(await roundTrips("h1", "10.0.0.2"))).toBeLessThan(40);
    expect([await carrierChanges("h1", "eth0"), await carrierChanges("h2", "eth0")]).toEqual(before);
  });

  it("loses what it should in one direction only, counts it, and repeats with the same seed", async () => {
    await running.client.impairLink(direct, { ab: { loss: { uniform: 1 } }, medium: "wire" });
    await running.run("h1", ["ping", "-c", "3", "-i", "0.1", "-W", "1", "2001:db8::2"]);
    await expect.poll(async () => (await running.client.linkStatistics(direct)).ab?.droppedByLoss).toBeGreaterThan(0);
    const { ab, ba } = await running.client.linkStatistics(direct);
    expect(ab?.sentFrames).toBe(0);
    expect(ba?.droppedByLoss).toBe(0);
    await running.client.impairLink(direct, { ab: {}, ba: {}, medium: "auto" });
    expect(await running.client.linkStatistics(direct)).toEqual({ id: direct });
    expect(await running.sh("h1", "ping -c 1 -W 30 10.0.0.2")).toContain("1 received");
  });

  it.each([
    ["at a switch", atSwitch],
    ["between switches", "s1:swp2 — s2:swp1"],
  ])("works on a link %s, and gives the bridge its port back", async (_, id) => {
    expect(median(await roundTrips("h2", "10.0.1.3"))).toBeLessThan(60);
    await running.client.impairLink(id, { ab: { delayMs: 30 }, ba: { delayMs: 30 } });
    expect(median(await roundTrips("h2", "10.0.1.3"))).toBeGreaterThanOrEqual(60);
    expect((await running.client.impairLink(id, { ab: {}, ba: {} })).medium).toBe("bridge");
    expect(median(await roundTrips("h2", "10.0.1.3"))).toBeLessThan(60);
  });

  it("can be cut and mended like any link", async () => {
    await running.client.impairLink(direct, { ab: { delayMs: 30 } });
    await running.client.setLink(direct, "down");
    await expect.poll(() => running.sh("h2", "cat /sys/class/net/eth0/carrier")).toBe("0\n");
    await running.client.setLink(direct, "up");
    await expect.poll(() => running.sh("h2", "cat /sys/class/net/eth0/carrier")).toBe("1\n");
    expect(median(await roundTrips("h1", "10.0.0.2"))).toBeGreaterThanOrEqual(30);
    await running.client.impairLink(direct, { ab: {} });
  });

  it("outlives the wire process: it is back within a second, with its impairments, and the events say so", async () => {
    await running.client.impairLink(direct, { ab: { delayMs: 50 }, medium: "wire" });
    process.kill(await wirePid(), "SIGKILL");
    await expect
      .poll(async () =>
        (await Array.fromAsync(running.client.events())).some((event) => event.type === "wire.restarted"),
      )
      .toBe(true);
    expect(median(await roundTrips("h1", "10.0.0.2"))).toBeGreaterThanOrEqual(50);
    await running.client.impairLink(direct, { ab: {}, medium: "auto" });
  });

  it("is that of the last when two set it at once, and both are in the events", async () => {
    const wanted = [11, 12, 13, 14].map((delayMs) => ({ ab: { delayMs }, ba: { delayMs } }));
    await Promise.all(wanted.map((change) => running.client.impairLink(direct, change)));
    const events = await Array.fromAsync(running.client.events());
    const set = events.filter((event) => event.type === "link.impaired").slice(-wanted.length);
    expect(set.map(({ data }) => data)).toEqual(expect.arrayContaining(wanted));
    const status = (await running.client.detail()).linkStatus.find((one) => one.id === direct);
    expect(status).toMatchObject(set.at(-1)?.data ?? {});
    await running.client.impairLink(direct, { ab: {}, ba: {} });
  });

  it("refuses what is impossible, and changes nothing", async () => {
    await expect(running.client.impairLink(direct, { ab: { queue: { packets: 10 } } })).rejects.toMatchObject({
      code: "IMPAIRMENT_IMPOSSIBLE",
      message: expect.stringContaining("queue without a rate"),
    });
    await expect(running.client.impairLink(direct, { ab: { delayMs: -1 } })).rejects.toThrow();
    expect((await running.client.detail()).linkStatus.find((one) => one.id === direct)).toMatchObject({
      medium: "kernel",
    });
  });
});

/** Of this lab's wire process, as seen from here: the one of its name in the supervisor's PID namespace. */
async function wirePid(): Promise<number> {
  const { supervisorPid } = await running.client.summary();
  const namespace = readlinkSync(`/proc/${supervisorPid}/ns/pid`);
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (
        readlinkSync(`/proc/${pid}/ns/pid`) === namespace &&
        readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("netwright-wire")
      )
        return Number(pid);
    } catch {
      // Another user's, or gone.
    }
  }
  throw new Error("no wire process");
}
