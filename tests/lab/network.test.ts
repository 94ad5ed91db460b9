import { describe, expect, it } from "vitest";
import { bridge, host, iface, lab, link, pair, RunningLab, router } from "./running-lab.ts";

const addresses = async (running: RunningLab, node: string) =>
  (
    JSON.parse(await running.sh(node, "ip -j addr")) as {
      ifname: string;
      mtu: number;
      address: string;
      operstate: string;
      flags: string[];
      addr_info: { local: string; prefixlen: number }[];
    }[]
  ).map((one) => ({ ...one, all: one.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`) }));

describe("a lab of two hosts", () => {
  it("has exactly the interfaces, addresses and MACs of the lab file, and frames cross at once", async () => {
    const wanted = pair("two");
    await using running = await RunningLab.up(wanted);
    const [lo, eth0, ...others] = await addresses(running, "h1");
    expect(others).toEqual([]);
    expect(lo?.all).toContain("127.0.0.1/8");
    expect(eth0).toMatchObject({
      ifname: "eth0",
      mtu: 1500,
      address: wanted.nodes[0]?.interfaces[0]?.mac,
      operstate: "UP",
    });
    expect(eth0?.all).toEqual(expect.arrayContaining(["10.0.0.1/24", "2001:db8::1/64"]));
    expect(await running.sh("h1", "ping -c 1 -W 30 10.0.0.2")).toContain("1 received");
    expect(await running.sh("h1", "ping -c 1 -W 30 2001:db8::2")).toContain("1 received");
    expect(await running.sh("h2", "ping -4 -c 1 -W 30 h1")).toContain("(10.0.0.1)");
  });

  it("runs twice at once with the same name and addresses, in folders of its own, without contact", async () => {
    await using one = await RunningLab.up(pair("same"));
    await using two = await RunningLab.up(pair("same"));
    await one.sh("h1", "echo one >/root/who");
    expect((await two.run("h1", ["cat", "/root/who"])).exitCode).toBe(1);
    for (const running of [one, two])
      expect(await running.sh("h1", "ping -c 1 -W 30 10.0.0.2")).toContain("1 received");
  });
});

describe("switches", () => {
  it("joins hosts at one switch and across two, and learns who is where", async () => {
    const wanted = lab("switched", {
      nodes: [
        host("h1", [iface("eth0", "10.0.0.1/24")]),
        host("h2", [iface("eth0", "10.0.0.2/24")]),
        host("h3", [iface("eth0", "10.0.0.3/24")]),
        bridge("s1", 3),
        bridge("s2", 2),
      ],
      links: [
        link("h1:eth0", "s1:swp1"),
        link("h2:eth0", "s1:swp2"),
        link("s1:swp3", "s2:swp1"),
        link("h3:eth0", "s2:swp2"),
      ],
    });
    await using running = await RunningLab.up(wanted);
    expect(await running.sh("h1", "ping -c 1 -W 30 h2 && ping -c 1 -W 30 h3")).toMatch(/1 received[\s\S]*1 received/);
    const inspected = await running.client.node("s1");
    const forwarding = inspected.kernel["forwarding"] as { mac: string; port: string }[];
    expect(forwarding).toContainEqual({ mac: wanted.nodes[0]?.interfaces[0]?.mac, port: "swp1" });
    expect(forwarding).toContainEqual({ mac: wanted.nodes[2]?.interfaces[0]?.mac, port: "swp3" });
  });

  it("breaks a loop of three switches with spanning tree", async () => {
    const wanted = lab("loop", {
      nodes: [
        host("h1", [iface("eth0", "10.0.0.1/24")]),
        host("h2", [iface("eth0", "10.0.0.2/24")]),
        ...["s1", "s2", "s3"].map((name) => bridge(name, 3, { stp: true })),
      ],
      links: [
        link("h1:eth0", "s1:swp1"),
        link("h2:eth0", "s2:swp1"),
        link("s1:swp2", "s2:swp2"),
        link("s2:swp3", "s3:swp2"),
        link("s3:swp3", "s1:swp3"),
      ],
    });
    await using running = await RunningLab.up(wanted);
    expect(await running.sh("h1", "for n in $(seq 60); do ping -c 1 -W 1 h2 && exit 0; done; exit 1")).toContain(
      "1 received",
    );
    const received = async () => Number(await running.sh("h2", "cat /sys/class/net/eth0/statistics/rx_packets"));
    const before = await received();
    await running.sh("h1", "ping -b -c 1 -W 1 10.0.0.255 >/dev/null || true");
    await new Promise((resolve) => setTimeout(resolve, 300));
    // In a loop a broadcast would come back thousands of times by now.
    expect((await received()) - before).toBeLessThan(50);
  });
});

describe("routers", () => {
  it("forwards IPv4 and IPv6 between its interfaces", async () => {
    const wanted = lab("routed", {
      nodes: [
        host("h1", [iface("eth0", "10.0.1.2/24", "2001:db8:1::2/64")], {
          routes: [
            { to: "0.0.0.0/0", via: "10.0.1.1" },
            { to: "::/0", via: "2001:db8:1::1" },
          ],
        }),
        router("r1", [
          iface("eth0", "10.0.1.1/24", "2001:db8:1::1/64"),
          iface("eth1", "10.0.2.1/24", "2001:db8:2::1/64"),
          iface("lo", "192.0.2.1/32"),
        ]),
        host("h2", [iface("eth0", "10.0.2.2/24", "2001:db8:2::2/64")], {
          routes: [
            { to: "0.0.0.0/0", via: "10.0.2.1" },
            { to: "::/0", via: "2001:db8:2::1" },
          ],
        }),
      ],
      links: [link("h1:eth0", "r1:eth0"), link("r1:eth1", "h2:eth0")],
    });
    await using running = await RunningLab.up(wanted);
    expect(await running.sh("h1", "ping -c 1 -W 30 10.0.2.2")).toContain("ttl=63");
    expect(await running.sh("h1", "ping -c 1 -W 30 2001:db8:2::2")).toContain("ttl=63");
    expect(await running.sh("h1", "ping -c 1 -W 30 192.0.2.1")).toContain("1 received");
    expect((await running.sh("h1", "cat /proc/sys/net/ipv4/ip_forward")).trim()).toBe("0");
  });

  it("applies kernel settings, of the namespace and of one interface, and refuses those that are not there", async () => {
    const sysctls = { "net.ipv4.ip_default_ttl": "99", "net.ipv4.conf.eth0.rp_filter": "2" };
    await using running = await RunningLab.up(pair("settings", { sysctls }));
    expect(await running.sh("h1", "cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/net/ipv4/conf/eth0/rp_filter")).toBe(
      "99\n2\n",
    );
    await expect(
      RunningLab.up(pair("refused", { sysctls: { "net.ipv4.no_such_setting": "1" } })),
    ).rejects.toMatchObject({
      code: "SYSCTL_REFUSED",
      message: expect.stringContaining("h1: the kernel setting net.ipv4.no_such_setting = 1 was refused"),
    });
  });
});

describe("an interface without a link", () => {
  it("is up but has no carrier", async () => {
    await using running = await RunningLab.up(
      lab("unplugged", { nodes: [host("h1", [iface("eth0", "10.0.0.1/24")])] }),
    );
    // The kernel gathers changes of carrier for up to a second before it tells (net/core/link_watch.c).
    await expect
      .poll(async () => (await addresses(running, "h1"))[1]?.flags)
      .toEqual(expect.arrayContaining(["NO-CARRIER", "UP"]));
  });
});
