import { describe, expect, it } from "vitest";
import { runScenario } from "./sandbox.ts";

/** Something that was read, to be compared. */
type Seen = Record<string, unknown>;
type Ends = { jack: Seen; eth0: Seen };
type BridgeAndPort = { bridge: Seen; port: Seen };
type Refused = { code: string; message: string };

describe("rtnetlink", () => {
  const run = <T = Seen>(scenario: string) => runScenario<T>("rtnetlink", scenario);

  it("makes, changes and deletes veth pairs across namespaces", async () => {
    const { created, changed, read, afterDelete } = await run<{
      created: Ends;
      changed: Ends;
      read: Ends & { list: string[]; states: unknown[] };
      afterDelete: string[];
    }>("veth pair");
    expect(created.jack).toMatchObject({
      ifindex: 11,
      ifname: "jack0",
      address: "02:00:00:00:01:00",
      mtu: 9000,
      link_index: 7,
      linkinfo: { info_kind: "veth" },
    });
    expect(created.eth0).toMatchObject({
      ifindex: 7,
      ifname: "eth0",
      address: "02:00:00:00:00:01",
      mtu: 9000,
      link_index: 11,
    });
    expect(created.jack["flags"]).not.toContain("UP");
    expect(created.eth0["flags"]).not.toContain("UP");
    expect(changed.jack).toMatchObject({ ifname: "jack0", address: "02:00:00:00:01:99", mtu: 1400, operstate: "UP" });
    expect(read.jack).toMatchObject({
      ifindex: 11,
      name: "jack0",
      up: true,
      carrier: true,
      operState: "up",
      mtu: 1400,
      mac: "02:00:00:00:01:99",
      kind: "veth",
      peer: 7,
    });
    expect(read.jack["peerNetnsId"]).toBeTypeOf("number");
    expect(read.eth0).toMatchObject({ ifindex: 7, mac: "02:00:00:00:00:01", mtu: 9000, carrier: true });
    expect(read.list).toEqual(expect.arrayContaining(["lo", "eth0"]));
    expect(read.states).toContainEqual({ ifindex: 11, operState: "up" });
    expect(afterDelete).not.toContain("eth0");
  });

  it("moves links to namespaces", async () => {
    const [panel, one, two] = await run<string[][]>("move a link");
    expect(panel).not.toContain("a");
    expect(panel).not.toContain("b");
    expect(one).toContain("a");
    expect(two).toContain("b");
  });

  it("makes and changes bridges and their ports", async () => {
    const { created, changed, master, mac, released, refused } = await run<
      Seen & { created: BridgeAndPort; changed: BridgeAndPort }
    >("bridge");
    expect(created.bridge).toMatchObject({
      stp_state: 1,
      ageing_time: 6000,
      forward_delay: 400,
      hello_time: 100,
      max_age: 600,
      priority: 4096,
      group_fwd_mask: "0x4008",
      mcast_snooping: 0,
    });
    expect(created.port).toMatchObject({
      master: "sw1",
      linkinfo: {
        info_slave_data: { group_fwd_mask: "0x5", isolated: true, hairpin: true, learning: false, flood: false },
      },
    });
    expect(changed.bridge).toMatchObject({ stp_state: 0, ageing_time: 0, group_fwd_mask: "0", forward_delay: 400 });
    expect(changed.port).toMatchObject({
      linkinfo: { info_slave_data: { group_fwd_mask: "0", isolated: false, hairpin: true } },
    });
    expect(master).toBe(10);
    expect(mac).toBe("02:00:00:00:00:aa");
    expect(released).toBeNull();
    // LACP for the whole bridge, and settings of a port that is none.
    expect(refused).toMatchObject([{ code: "EINVAL" }, { code: "EOPNOTSUPP" }]);
  });

  it("sets addresses that can be used at once", async () => {
    const { created, bound, read, left, all, refused } = await run<Seen & { created: Seen[]; left: string[] }>(
      "addresses",
    );
    const expected = [
      { local: "10.1.2.3", prefixlen: 16, broadcast: "10.1.255.255" },
      { local: "192.0.2.1", prefixlen: 32 },
      { local: "198.51.100.0", prefixlen: 31 },
      { local: "2001:db8::1", prefixlen: 64 },
      { local: "fd00::5", prefixlen: 128 },
    ];
    expect(created).toHaveLength(expected.length);
    for (const address of expected) expect(created).toContainEqual(expect.objectContaining(address));
    for (const address of created) expect(address).not.toHaveProperty("tentative");
    for (const address of created.slice(1, 3)) expect(address).not.toHaveProperty("broadcast");
    expect(bound).toMatchObject([{ dev: "eth0" }]);
    expect(read).toContainEqual({
      ifindex: 7,
      address: "10.1.2.3/16",
      family: "ipv4",
      tentative: false,
      duplicate: false,
      broadcast: "10.1.255.255",
    });
    expect(read).toContainEqual({
      ifindex: 7,
      address: "2001:db8::1/64",
      family: "ipv6",
      tentative: false,
      duplicate: false,
    });
    expect(left.toSorted()).toEqual(["192.0.2.1", "198.51.100.0", "fd00::5"]);
    expect(all).toContain(1);
    expect(refused).toMatchObject([{ code: "EADDRNOTAVAIL" }, { code: "ENODEV" }]);
  });

  it("sets and deletes routes", async () => {
    const { created, read, left, refused } = await run<
      Seen & { created: { four: Seen[]; six: Seen[] }; left: string[] }
    >("routes");
    const four = [
      { dst: "default", gateway: "10.0.0.254", dev: "eth0" },
      { dst: "default", gateway: "10.0.0.252", metric: 50 },
      { dst: "172.16.0.0/12", dev: "eth0", scope: "link" },
      { type: "blackhole", dst: "192.0.2.0/24" },
      { dst: "198.51.100.0/24", via: { family: "inet6", host: "2001:db8::9" } },
      { dst: "203.0.113.0/24", gateway: "10.0.0.9", table: "1000" },
    ];
    for (const route of four) expect(created.four).toContainEqual(expect.objectContaining(route));
    expect(created.four.filter(({ dst }) => dst === "default")).toHaveLength(3); // One of them is IPv6.
    const six = [
      { dst: "default", gateway: "2001:db8::fe", metric: 1024 },
      { dst: "2001:db8:1::/48", dev: "eth0", metric: 7 },
      { type: "unreachable", dst: "2001:db8:dead::/48" },
    ];
    for (const route of six) expect(created.six).toContainEqual(expect.objectContaining(route));
    for (const route of [
      { to: "0.0.0.0/0", via: "10.0.0.254", ifindex: 7, table: 254, type: "unicast", protocol: 4 },
      { to: "198.51.100.0/24", via: "2001:db8::9", ifindex: 7, table: 254, type: "unicast", protocol: 4 },
      { to: "192.0.2.0/24", table: 254, type: "blackhole", protocol: 4 },
      { to: "203.0.113.0/24", via: "10.0.0.9", ifindex: 7, table: 1000, type: "unicast", protocol: 4 },
      { to: "2001:db8:1::/48", ifindex: 7, metric: 7, table: 254, type: "unicast", protocol: 4 },
    ]) {
      expect(read).toContainEqual(route);
    }
    expect(left.toSorted()).toEqual(["0.0.0.0/0", "198.51.100.0/24", "2001:db8:1::/48", "2001:db8:dead::/48"]);
    expect(refused).toMatchObject([
      { code: "ENETUNREACH", message: expect.stringContaining("Nexthop") },
      { code: "EINVAL" },
      { code: "ESRCH" },
    ]);
  });

  it("reads routes of several hops", async () => {
    expect(await run<unknown>("routes of several hops")).toMatchObject([
      {
        to: "10.5.0.0/16",
        nextHops: [
          { via: "10.0.0.2", ifindex: 7, weight: 1 },
          { via: "10.0.0.3", ifindex: 7, weight: 3 },
        ],
      },
    ]);
  });

  it("redirects a link, once however often it is told", async () => {
    const { first, second, third, fourth, qdiscs, refused } = await run<Seen & { refused: Refused }>("traffic control");
    expect(first).toEqual([["redirect", "jack1"]]);
    expect(second).toEqual([["redirect", "sw"]]);
    expect(third).toEqual([]);
    expect(fourth).toEqual([["redirect", "jack1"]]);
    expect(qdiscs).not.toContain("clsact");
    expect(refused.code).toBe("EINVAL");
  });

  it("carries out a batch to its end and tells every failure", async () => {
    const { made, counts, message, failures } = await run("a batch with failures");
    expect(made).toBe(40);
    expect(counts).toEqual([0, 200, 399]);
    const refused = Array.from({ length: 400 }, (_, index) => index).filter((index) => index % 10 !== 9);
    expect(failures).toEqual(refused.map((index) => [index, `link delete ${50_000 + index}`, "ENODEV"]));
    expect(message).toBe("link delete 50000: no such device (ENODEV) (and 359 more)");
  });

  it("goes on after a batch whose body throws", async () => {
    expect(await run("a batch whose body throws")).toMatchObject({
      error: { message: expect.stringContaining("nonsense") },
      three: 102,
    });
  });

  it("says what was refused and why", async () => {
    expect(await run("errors")).toEqual({
      exists: { code: "EEXIST", message: "link add jack0: file already exists (EEXIST)" },
      noDevice: { code: "ENODEV", message: "link get nobody: no such device (ENODEV)" },
      detail: { code: "EINVAL", message: "link set 11: invalid argument (EINVAL): mtu greater than device maximum" },
      mac: { code: "EINVAL", message: expect.stringContaining('"1"') },
      closedNamespace: { code: "EBADF", message: expect.stringContaining("it was closed") },
      closedHandle: { code: "EBADF", message: expect.stringContaining("EBADF") },
      longName: { code: "ERANGE", message: expect.stringContaining("bridge add sixteen-letters-") },
    });
  });

  it("reads lists longer than one datagram", async () => {
    const indexes = await run<number[]>("lists longer than one datagram");
    expect(indexes).toEqual(expect.arrayContaining(Array.from({ length: 60 }, (_, index) => 100 + index)));
  });

  it("reads who is behind which port, and counters", async () => {
    const { neighbours, forwarding, bridgeMac, statistics } = await run<Seen & { statistics: Record<string, number> }>(
      "neighbours",
    );
    expect(neighbours).toEqual([
      { ifindex: 7, address: "10.0.0.254", mac: bridgeMac, state: expect.stringMatching(/reachable|delay|stale/) },
    ]);
    expect(forwarding).toContainEqual({ ifindex: 11, mac: "02:00:00:00:00:01", bridge: 10, state: expect.any(String) });
    expect(statistics["txPackets"]).toBeGreaterThanOrEqual(2);
    expect(statistics["rxBytes"]).toBeGreaterThan(98);
  });
});
