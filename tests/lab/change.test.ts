import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../../src/topology/index.ts";
import { bridge, host, iface, lab, link, pair, process_, RunningLab, router } from "./running-lab.ts";

const apply = (running: RunningLab, wanted: Lab) => running.client.apply({ lab: wanted, digest: "changed" });
const carrier = (running: RunningLab, node: string, name = "eth0") =>
  running.sh(node, `cat /sys/class/net/${name}/carrier`).then((text) => text.trim());

describe("a cut link", () => {
  let running: RunningLab;
  const wanted = lab("cut", {
    nodes: [
      host("h1", [iface("eth0", "10.0.0.1/24")]),
      host("h2", [iface("eth0", "10.0.0.2/24"), iface("eth1", "10.0.1.2/24")]),
      host("h3", [iface("eth0", "10.0.1.3/24")]),
      bridge("s1", 2),
    ],
    links: [link("h1:eth0", "h2:eth0"), link("h2:eth1", "s1:swp1"), link("h3:eth0", "s1:swp2")],
  });
  beforeAll(async () => {
    running = await RunningLab.up(wanted);
  });
  afterAll(() => running[Symbol.asyncDispose]());

  it.each([
    ["between two machines", "h1:eth0 — h2:eth0", "h1", "10.0.0.2"],
    ["at a switch", "h3:eth0 — s1:swp2", "h3", "10.0.1.2"],
  ])("%s takes the carrier and nothing else, and gives it back", async (_, id, node, peer) => {
    expect((await running.client.setLink(id, "down")).state).toBe("down");
    await expect.poll(() => carrier(running, node)).toBe("0");
    const addresses = () => running.sh(node, "ip -br addr show eth0");
    // The operational state follows the carrier when the kernel's link watch has come round.
    await expect.poll(addresses).toMatch(/DOWN|LOWERLAYERDOWN/);
    expect(await addresses()).toContain("10.0.");
    expect((await running.run(node, ["ping", "-c", "1", "-W", "1", peer])).exitCode).not.toBe(0);
    expect((await running.client.setLink(id, "up")).state).toBe("up");
    await expect.poll(() => carrier(running, node)).toBe("1");
    expect(await running.sh(node, `for n in $(seq 60); do ping -c 1 -W 1 ${peer} && exit; done; exit 1`)).toContain(
      "1 received",
    );
  });

  it("is in the events, once for each change", async () => {
    await running.client.setLink("h1:eth0 — h2:eth0", "down");
    await running.client.setLink("h1:eth0 — h2:eth0", "down");
    await running.client.setLink("h1:eth0 — h2:eth0", "up");
    const events = await Array.fromAsync(running.client.events());
    const last = events.filter((event) => event.subject === "h1:eth0 — h2:eth0").slice(-2);
    expect(last.map((event) => event.type)).toEqual(["link.down", "link.up"]);
    expect(events.filter((event) => event.type === "link.down" && event.subject === "h1:eth0 — h2:eth0")).toHaveLength(
      2,
    );
  });

  it("must exist", async () => {
    await expect(running.client.setLink("h1:eth0 — h2:eth9", "down")).rejects.toMatchObject({
      code: "LINK_NOT_FOUND",
      remedy: expect.stringContaining("h2:eth0"),
    });
  });
});

describe("apply", () => {
  it("changes only what differs: a flow over an untouched link loses nothing", async () => {
    const before = pair("grow");
    const [h1, h2] = before.nodes;
    if (h1?.kind !== "host" || h2?.kind !== "host") throw new TypeError("two hosts");
    await using running = await RunningLab.up(before);
    const flow = running.sh("h1", "ping -i 0.01 -c 300 -q 10.0.0.2");
    const received = async () => Number(await running.sh("h2", "cat /sys/class/net/eth0/statistics/rx_packets"));
    const beforeFlow = await received();
    await expect.poll(received).toBeGreaterThan(beforeFlow + 10);
    const after: Lab = {
      ...before,
      nodes: [
        h1,
        {
          ...h2,
          interfaces: [...h2.interfaces, iface("eth1", "10.0.9.2/24")],
          sysctls: { "net.ipv4.conf.eth1.rp_filter": "2" },
        },
        host("h3", [iface("eth0", "10.0.9.3/24")]),
      ],
      links: [...before.links, link("h2:eth1", "h3:eth0")],
      processes: [process_("late", "h3", "ping -c 1 -W 2 10.0.9.2")],
    };
    const summary = await apply(running, after);
    expect(summary).toMatchObject({ nodes: 3, links: 2, digest: "changed" });
    expect(await running.sh("h3", "ping -c 1 -W 30 10.0.9.2; getent hosts h2")).toContain("1 received");
    expect(await running.sh("h2", "cat /proc/sys/net/ipv4/conf/eth1/rp_filter")).toBe("2\n");
    expect(await flow).toMatch(/300 packets transmitted, 300 received, 0% packet loss/);
    // And back again: what was added goes, what was there stays.
    await apply(running, before);
    expect((await running.client.detail()).nodeStatus.map((node) => node.name)).toEqual(["h1", "h2"]);
    expect((await running.run("h2", ["ip", "link", "show", "eth1"])).exitCode).not.toBe(0);
    expect(await running.sh("h1", "ping -c 1 -W 30 10.0.0.2")).toContain("1 received");
  });

  it("changes addresses, routes, MTU and kernel settings of a running node under its programs", async () => {
    const routed = (gateway: string, ttl: string, mtu: number) =>
      lab("live", {
        nodes: [
          host("h1", [{ ...fixed("eth0", "02:00:00:00:00:01"), addresses: ["10.0.1.2/24"], mtu }], {
            routes: [{ to: "0.0.0.0/0", via: gateway }],
            sysctls: { "net.ipv4.ip_default_ttl": ttl },
          }),
          router("r1", [{ ...fixed("eth0", "02:00:00:00:00:02"), addresses: [`${gateway}/24`], mtu }]),
        ],
        links: [{ ...link("h1:eth0", "r1:eth0"), mtu }],
      });
    await using running = await RunningLab.up(routed("10.0.1.1", "64", 1500));
    await running.sh("h1", "sleep 100 >/dev/null 2>&1 & echo $! >/tmp/pid");
    await apply(running, routed("10.0.1.254", "32", 9000));
    expect(
      await running.sh(
        "h1",
        "ip route show default; cat /proc/sys/net/ipv4/ip_default_ttl /sys/class/net/eth0/mtu; kill -0 $(cat /tmp/pid) && echo alive",
      ),
    ).toMatch(/default via 10\.0\.1\.254[\s\S]*32\n9000\nalive/);
    expect(await running.sh("h1", "ping -c 1 -W 30 -s 8000 -M do 10.0.1.254")).toContain("1 received");
  });

  it("leaves the lab as it was when a step fails, and says why", async () => {
    const before = pair("undo");
    await using running = await RunningLab.up(before);
    const [h1, h2] = before.nodes;
    if (h1 === undefined || h2 === undefined) throw new TypeError("two hosts");
    const broken: Lab = {
      ...before,
      nodes: [h1, h2, host("h3", [iface("eth0", "10.0.9.3/24")], { startup: [{ shell: "echo no >&2; exit 4" }] })],
    };
    await expect(apply(running, broken)).rejects.toMatchObject({
      code: "COMMAND_FAILED",
      message: expect.stringContaining("exit code 4"),
    });
    const detail = await running.client.detail();
    expect(detail.nodeStatus.map((node) => node.name)).toEqual(["h1", "h2"]);
    await expect(running.run("h3", ["true"])).rejects.toMatchObject({ code: "NODE_NOT_FOUND" });
    expect(await running.sh("h1", "ping -c 1 -W 30 10.0.0.2")).toContain("1 received");
    // The name and its addresses can be used by the next change.
    await apply(running, { ...before, nodes: [h1, h2, host("h3", [iface("eth0", "10.0.9.3/24")])] });
    expect(await running.sh("h3", "hostname")).toBe("h3\n");
  });
});

const fixed = (name: string, mac: string) => ({ name, mac });

describe("the power of a node", () => {
  it("goes and comes: its programs and its carrier with it, its addresses stay", async () => {
    const wanted: Lab = {
      ...pair("power"),
      processes: [process_("web", "h1", "echo started >>/tmp/starts; sleep 1000", { restart: "always" })],
    };
    await using running = await RunningLab.up(wanted);
    await running.sh("h1", "echo lost >/tmp/mark");
    expect(await running.client.actOnNode("h1", "stop")).toMatchObject({ state: "off", processes: 0 });
    await expect.poll(() => carrier(running, "h2")).toBe("0");
    await expect(running.run("h1", ["true"])).rejects.toMatchObject({ code: "NODE_OFF" });
    expect(await running.client.actOnNode("h1", "start")).toMatchObject({ state: "running", processes: 1 });
    await expect.poll(() => carrier(running, "h2")).toBe("1");
    // A file system of its own, new as after a reboot of a live system; the address is where it was.
    expect(await running.sh("h1", "ls /tmp; ip -br addr show eth0")).toMatch(/^starts\n[\s\S]*10\.0\.0\.1\/24/);
    expect((await running.client.actOnNode("h1", "kill")).state).toBe("off");
    expect((await running.client.actOnNode("h1", "restart")).state).toBe("running");
    expect(await running.sh("h2", "for n in $(seq 60); do ping -c 1 -W 1 10.0.0.1 && exit; done; exit 1")).toContain(
      "1 received",
    );
  });

  it("pauses and resumes every program", async () => {
    await using running = await RunningLab.up(pair("pause"));
    await running.sh(
      "h1",
      "(while :; do date +%s%N >/tmp/new; mv /tmp/new /tmp/now; sleep 0.01; done) >/dev/null 2>&1 &",
    );
    await running.client.actOnNode("h1", "pause");
    const stood = await running.sh("h1", "cat /tmp/now; sleep 0.3; cat /tmp/now");
    expect(new Set(stood.trim().split("\n")).size).toBe(1);
    await running.client.actOnNode("h1", "resume");
    const [then] = stood.split("\n");
    await expect.poll(() => running.sh("h1", "cat /tmp/now")).not.toBe(`${then}\n`);
  });
});
