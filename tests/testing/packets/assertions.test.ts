import { describe, expect, it } from "vitest";
import {
  assertContainsNoPacket,
  assertContainsPacket,
  assertContainsPackets,
  assertInterArrival,
  assertPacketsInOrder,
  describePacket,
  inNetwork,
  interArrivalTimes,
  matchPackets,
  type PacketPattern,
  parseCapture,
} from "../../../src/testing/packets/index.ts";
import { packetMatchers } from "../../../src/testing/packets/vitest.ts";
import { captureFile, type Frame } from "./capture-files.ts";
import { samples, tcpFrame, udpFrame } from "./samples.ts";

expect.extend(packetMatchers);

const nothing = Buffer.alloc(0);
const frames: readonly Frame[] = [
  { bytes: samples["arp request"], atMs: 0 },
  { bytes: samples["tcp syn"], atMs: 1, isInbound: false },
  { bytes: tcpFrame(4, [40_000, 8080], 0x12, nothing, nothing), atMs: 2, interface: 1 },
  { bytes: samples["vlan stack with icmp"], atMs: 3, interface: 1 },
  { bytes: samples["dns answers"], atMs: 4, comments: ["link down"] },
  { bytes: samples["dhcp offer"], atMs: 5 },
  { bytes: samples["icmp fragmentation needed"], atMs: 6 },
];
const capture = parseCapture(captureFile(frames, ["h1:eth0", "r1:eth1"]));
const numbersOf = (pattern: PacketPattern): readonly number[] =>
  matchPackets(capture.packets, pattern).map(({ number }) => number);

describe("a pattern", () => {
  it.each<[string, PacketPattern, readonly number[]]>([
    ["nothing", {}, [1, 2, 3, 4, 5, 6, 7]],
    ["a layer", { tcp: true }, [2, 3]],
    ["no such layer", { ip: true, tcp: false, udp: false }, [4, 7]],
    ["a field", { tcp: { destinationPort: 80 } }, [2]],
    ["flags", { tcp: { flags: { syn: true, ack: false } } }, [2]],
    ["several layers", { ip: { source: "10.0.0.1" }, tcp: { destinationPort: 8080 } }, [3]],
    ["either IP", { ip: { protocol: 17 } }, [5, 6]],
    ["an interface and a direction", { interface: "h1:eth0", direction: "outbound" }, [2]],
    ["a regular expression", { interface: /^r1:/ }, [3, 4]],
    ["one with a place to begin", { interface: /r1/g }, [3, 4]],
    ["a function", { tcp: { destinationPort: (port) => port > 1024 } }, [3]],
    ["a function of a layer", { tcp: ({ options }) => options.windowScale === 7 }, [2]],
    ["a length", { length: (length) => length < 50 }, [1]],
    ["one of several layers", { vlan: { id: 7 } }, [4]],
    ["all of several layers", { vlan: [{ id: 100 }, { id: 7 }] }, [4]],
    ["fewer layers than there are", { vlan: [{ id: 100 }] }, []],
    ["one element of a list", { dns: { answers: { type: "A", data: /^192\.0\.2\./ } } }, [5]],
    ["the only element of a list of one", { dhcp: { options: { dnsServers: "8.8.8.8" } } }, [6]],
    ["all elements of a list", { dhcp: { options: { routers: ["10.0.0.1", "10.0.0.2"] } } }, [6]],
    ["not all elements of a list", { dhcp: { options: { routers: ["10.0.0.1"] } } }, []],
    ["a list as a whole", { dhcp: { options: { routers: (routers) => routers.length === 2 } } }, [6]],
    ["a field that is not there", { tcp: { options: { windowScale: undefined } } }, [3]],
    ["a MAC address in capitals", { arp: { senderMac: "02-00-00-00-00-0A" } }, [1]],
    ["an IPv6 address in full", { dns: { answers: { data: "2001:DB8:0:0::0001" } } }, [5]],
    ["a network", { ip: { destination: inNetwork("10.0.0.0/30") }, icmp: true }, [4, 7]],
    ["a comment", { comments: /link/ }, [5]],
    ["a packet that is quoted", { icmp: { quoted: { udp: { destinationPort: 53 } } } }, [7]],
    ["a payload", { payload: { text: "abcdefgh" } }, [4]],
    ["bytes", { payload: { bytes: Buffer.from("abcdefgh") } }, [4]],
    ["other bytes", { payload: { bytes: Buffer.from("abcdefg") } }, []],
    ["no problems", { problems: (problems) => problems.length > 0 }, []],
  ])("of %s", (_, pattern, numbers) => {
    expect(numbersOf(pattern)).toEqual(numbers);
  });

  it("that no packet can match is refused", () => {
    const misspelt = { tpc: { destinationPort: 80 } } as PacketPattern;
    expect(() => matchPackets(capture.packets, misspelt)).toThrow(
      expect.objectContaining({ code: "PACKET_PATTERN_INVALID", remedy: 'Did you mean "tcp"?' }) as Error,
    );
    expect(() => inNetwork("10.0.0.0")).toThrow(/no network/);
  });

  it("with a field that its layer does not have is refused by the compiler, and matches nothing", () => {
    // @ts-expect-error it is destinationPort
    expect(numbersOf({ tcp: { destPort: 80 } })).toEqual([]);
    // @ts-expect-error it is a number
    expect(numbersOf({ tcp: { destinationPort: "80" } })).toEqual([]);
    // @ts-expect-error no such operation
    expect(numbersOf({ arp: { operation: "ask" } })).toEqual([]);
  });
});

/** The message of a failed assertion. */
function failure(assertion: () => unknown): string {
  try {
    assertion();
  } catch (error) {
    expect(error).toMatchObject({ code: "ERR_ASSERTION" });
    return (error as Error).message;
  }
  throw new Error("it did not fail");
}

describe("a packet in a line", () => {
  const lines = parseCapture(captureFile(Object.values(samples).map((bytes) => ({ bytes })))).packets.map((packet) =>
    describePacket(packet, { sinceNs: packet.timeNs }).replace(/^#\d+ \+0\.000000 h1:eth0 in {2}/, ""),
  );

  it("says what it is", () => {
    expect(lines).toMatchInlineSnapshot(`
      [
        "02:00:00:00:00:0a > 02:00:00:00:00:0b: arp request, who has 10.0.0.2, tell 10.0.0.1",
        "vlan 100 vlan 7 10.0.0.1 > 10.0.0.2: icmp echo-request, id 4660, seq 1, 8 bytes",
        "10.0.0.1 > 10.0.0.2: icmp destination-unreachable (code 4) about 10.0.0.1.40000 > 10.0.0.2.53",
        "fd00::1 > fd00::2: icmpv6 router-advertisement",
        "fd00::1 > fd00::2: icmpv6 neighbor-advertisement for fe80::1",
        "fd00::1 > fd00::2: icmpv6 multicast-listener-query",
        "10.0.0.1.40000 > 10.0.0.2.80: tcp syn, seq 287454020, window 64240",
        "fd00::1.80 > fd00::2.40000: tcp psh ack, seq 287454020, ack 1432778632, window 64240, 19 bytes",
        "10.0.0.1.4000 > 10.0.0.2.5000: udp, 5 bytes",
        "10.0.0.1.67 > 10.0.0.2.68: dhcp offer, 02:00:00:00:00:0b gets 10.0.0.100",
        "fd00::1.547 > fd00::2.546: dhcpv6 advertise",
        "10.0.0.1.40000 > 10.0.0.2.53: dns query A www.example.org",
        "fd00::1.53 > fd00::2.40000: dns response A www.example.org NOERROR web.example.org 192.0.2.1 2001:db8::1 MX a bc SRV www.example.org",
        "10.0.0.1.53 > 10.0.0.2.40000: dns response A www.example.org NOERROR web.example.org 192.0.2.1 2001:db8::1 MX a bc SRV www.example.org",
        "02:00:00:00:00:0a > 02:00:00:00:00:0b: lldp, sw1 port eth0",
        "02:00:00:00:00:0a > 02:00:00:00:00:0b: stp rapid, root 02:00:00:00:00:01, bridge 02:00:00:00:00:02",
        "02:00:00:00:00:0a > 02:00:00:00:00:0b: lacp, 02:00:00:00:00:01 port 1, partner 02:00:00:00:00:02",
        "02:00:00:00:00:0a > 02:00:00:00:00:0b: eapol eap response identity",
        "02:00:00:00:00:0a > 02:00:00:00:00:0b: eapol start",
        "10.0.0.1 > 10.0.0.2: ospfv2 hello, router 1.1.1.1, area 0.0.0.0",
        "fd00::1 > fd00::2: ospfv3 hello, router 1.1.1.1, area 0.0.0.0",
        "10.0.0.1.179 > 10.0.0.2.40000: bgp open, AS 4200000001, id 10.0.0.1, bgp keepalive",
        "10.0.0.1.40000 > 10.0.0.2.179: bgp notification",
        "10.0.0.1 > 10.0.0.2: vrrpv2, router 5, priority 100, 10.0.0.100 10.0.0.101",
        "10.0.0.1 > 10.0.0.2: vrrpv3, router 5, priority 100, 10.0.0.100",
        "fd00::1 > fd00::2: vrrpv3, router 5, priority 100, fe80::64",
        "10.0.0.1 > 10.0.0.2: ipv4, protocol 17, fragment at 24, 16 bytes",
        "10.0.0.1.1024 > 10.0.0.2.1280: udp",
        "fd00::1.1024 > fd00::2.1280: udp, 8 bytes",
      ]
    `);
  });

  it("has its number, time, interface and direction", () => {
    const [, syn] = capture.packets;
    expect(syn && describePacket(syn)).toMatch(
      /^#2 22:13:20\.001000 h1:eth0 out {2}10\.0\.0\.1\.40000 > 10\.0\.0\.2\.80: tcp syn/,
    );
    expect(syn && describePacket(syn, { sinceNs: syn.timeNs + 2_000_000n })).toMatch(/^#2 -0\.002000 /);
  });
});

describe("an assertion", () => {
  it("returns what it found", () => {
    expect(assertContainsPacket(capture, { tcp: true }).number).toBe(2);
    expect(assertContainsPackets(capture.packets, { tcp: true }, { count: 2 })).toHaveLength(2);
    expect(assertContainsPackets(capture, { tcp: true }, { atMost: 5 })).toHaveLength(2);
    assertContainsNoPacket(capture, { lldp: true });
  });

  it("shows the nearest packets, and what differs", () => {
    const message = failure(() =>
      assertContainsPacket(capture, {
        ip: { source: "10.0.0.1" },
        tcp: { destinationPort: 443, flags: { syn: true, ack: false } },
      }),
    );
    expect(message).toMatchInlineSnapshot(`
      "Expected a packet with ip.source "10.0.0.1", tcp.destinationPort 443, tcp.flags.syn true, tcp.flags.ack false; there are 0 among 7 packets.
      The nearest:
        #2 +0.001000 h1:eth0 out  10.0.0.1.40000 > 10.0.0.2.80: tcp syn, seq 287454020, window 64240
            tcp.destinationPort is 80, not 443
        #3 +0.002000 r1:eth1 in  10.0.0.1.40000 > 10.0.0.2.8080: tcp syn ack, seq 287454020, ack 1432778632, window 64240
            tcp.destinationPort is 8080, not 443
            tcp.flags.ack is true, not false
        #4 +0.003000 r1:eth1 in  vlan 100 vlan 7 10.0.0.1 > 10.0.0.2: icmp echo-request, id 4660, seq 1, 8 bytes
            tcp is not there"
    `);
  });

  it("says how many there are", () => {
    expect(failure(() => assertContainsPackets(capture, { tcp: true }, { count: 3 }))).toMatchInlineSnapshot(`
      "Expected 3 packets with tcp; there are 2 among 7 packets:
        #2 +0.001000 h1:eth0 out  10.0.0.1.40000 > 10.0.0.2.80: tcp syn, seq 287454020, window 64240
        #3 +0.002000 r1:eth1 in  10.0.0.1.40000 > 10.0.0.2.8080: tcp syn ack, seq 287454020, ack 1432778632, window 64240"
    `);
    expect(failure(() => assertContainsPackets(capture, { tcp: true }, { atMost: 1 }))).toMatchInlineSnapshot(`
      "Expected at most 1 packet with tcp; there are 2 among 7 packets:
        #2 +0.001000 h1:eth0 out  10.0.0.1.40000 > 10.0.0.2.80: tcp syn, seq 287454020, window 64240
        #3 +0.002000 r1:eth1 in  10.0.0.1.40000 > 10.0.0.2.8080: tcp syn ack, seq 287454020, ack 1432778632, window 64240"
    `);
    expect(failure(() => assertContainsNoPacket(capture, { tcp: { destinationPort: 80 } }))).toMatchInlineSnapshot(`
      "Expected no packets with tcp.destinationPort 80; there is 1 among 7 packets:
        #2 +0.001000 h1:eth0 out  10.0.0.1.40000 > 10.0.0.2.80: tcp syn, seq 287454020, window 64240"
    `);
    expect(failure(() => assertContainsPacket([], { tcp: true }))).toMatchInlineSnapshot(
      `"Expected a packet with tcp; there are no packets at all."`,
    );
  });

  it("begins its stack where the test is", () => {
    try {
      assertContainsPacket(capture, { lldp: true });
    } catch (error) {
      expect((error as Error).stack?.split("\n").find((line) => line.includes(" at "))).toContain("assertions.test.ts");
    }
    expect.assertions(1);
  });

  it("of an order finds packets with others between", () => {
    assertPacketsInOrder(capture, [{ arp: true }, { tcp: { destinationPort: 8080 } }, { dns: true }]);
    assertPacketsInOrder(capture, [{ tcp: true }, { tcp: true }]);
    const late = failure(() =>
      assertPacketsInOrder(capture, [{ arp: true }, { dns: true }, { tcp: { flags: { syn: true } } }]),
    );
    expect(late).toMatchInlineSnapshot(`
      "Expected 3 packets in order; number 3 is missing: one with tcp.flags.syn true.
      Before it came:
        #1 +0.000000 h1:eth0 in  02:00:00:00:00:0a > 02:00:00:00:00:0b: arp request, who has 10.0.0.2, tell 10.0.0.1
        #5 +0.004000 h1:eth0 in  fd00::1.53 > fd00::2.40000: dns response A www.example.org NOERROR web.example.org 192.0.2.1 2001:db8::1 MX a bc SRV www.example.org
      Such a packet came too early:
        #2 +0.001000 h1:eth0 out  10.0.0.1.40000 > 10.0.0.2.80: tcp syn, seq 287454020, window 64240
      2 packets came after, and none comes near it."
    `);
    expect(failure(() => assertPacketsInOrder(capture, [{ lldp: true }]))).toContain("None came before it.");
  });
});

describe("times between packets", () => {
  const beat = (times: readonly number[]): readonly Frame[] =>
    times.map((atMs) => ({ bytes: udpFrame(4, 1000, 2000, Buffer.from("beat")), atMs }));
  const steady = parseCapture(
    captureFile([...beat([0, 1000, 2001, 2999.5]), { bytes: samples["tcp syn"], atMs: 3001 }]),
  );
  const pattern = { udp: { destinationPort: 2000 } };

  it("are in milliseconds", () => {
    expect(interArrivalTimes(steady, pattern)).toEqual([1000, 1001, 998.5]);
    expect(interArrivalTimes(steady)).toHaveLength(4);
    expect(interArrivalTimes([])).toEqual([]);
  });

  it("are asserted, each, in the mean, and in the median", () => {
    assertInterArrival(steady, {
      of: pattern,
      withinMs: [990, 1010],
      meanWithinMs: [999, 1001],
      medianWithinMs: [1000, 1000],
    });
    expect(failure(() => assertInterArrival(steady, { of: pattern, withinMs: [999, 1000.5] }))).toMatchInlineSnapshot(`
      "Expected each to be 999 to 1000.5 ms; 2 of 3 are not, first 1001 ms between
        #2 +1.000000 h1:eth0 in  10.0.0.1.1000 > 10.0.0.2.2000: udp, 4 bytes
        #3 +2.001000 h1:eth0 in  10.0.0.1.1000 > 10.0.0.2.2000: udp, 4 bytes
      Times between 4 packets with udp.destinationPort 2000: 998.5 ms to 1001 ms, mean 999.833 ms, median 1000 ms."
    `);
    expect(failure(() => assertInterArrival(steady, { meanWithinMs: [1000, 1100] }))).toMatchInlineSnapshot(`
      "Expected a mean of 1000 to 1100 ms.
      Times between 5 packets: 1.5 ms to 1001 ms, mean 750.25 ms, median 999.25 ms."
    `);
    expect(failure(() => assertInterArrival(steady, { medianWithinMs: [0, 1] }))).toContain("median of 0 to 1 ms");
  });

  it("of too few packets tell nothing", () => {
    expect(failure(() => assertInterArrival(steady, { of: { tcp: true }, withinMs: [0, 9] }))).toContain(
      "there is 1 packet",
    );
    expect(failure(() => assertInterArrival(steady, { of: pattern, withinMs: [0, 9999], atLeast: 5 }))).toContain(
      "at least 5",
    );
    expect(() => assertInterArrival(steady, {})).toThrow(RangeError);
  });
});

describe("the matchers of vitest", () => {
  it("pass and fail as the assertions do", () => {
    expect(capture).toContainPacket({ dns: true });
    expect(capture.packets).toContainPackets({ tcp: true }, { atLeast: 1, atMost: 2 });
    expect(capture).toContainPacketsInOrder([{ arp: true }, { dns: true }]);
    expect(capture).toHaveInterArrival({ withinMs: [0.9, 1.1] });
    expect(capture).not.toContainPacket({ lldp: true });
    expect(capture).not.toContainPackets({ tcp: true }, { count: 1 });
    expect(capture).not.toContainPacketsInOrder([{ dns: true }, { arp: true }]);
    expect(capture).not.toHaveInterArrival({ withinMs: [2, 3] });
    expect(() => expect(capture).toContainPacket({ lldp: true })).toThrow(/Expected a packet with lldp;/);
    expect(() => expect(capture).not.toContainPacket({ dns: true })).toThrow(
      /Expected other than a packet with dns; there is 1 among 7 packets/,
    );
    expect(() => expect(capture).not.toContainPacketsInOrder([{ arp: true }])).toThrow(/but there are/);
    expect(() => expect(capture).not.toHaveInterArrival({ withinMs: [0, 9] })).toThrow(/other times/);
  });
});
