import { describe, expect, it } from "vitest";
import { decodeFrame } from "../../../src/testing/packets/index.ts";
import { ethernet, ipv4, ipv6, pseudoHeader, transportError } from "../../dataplane/packets.ts";
import { dnsAnswers, hex, name, samples, tcpFrame, udpFrame } from "./samples.ts";

/** What each sample says, in full where a test could ask for it. */
const expected: { readonly [Name in keyof typeof samples]: object } = {
  "arp request": {
    ethernet: { source: "02:00:00:00:00:0a", destination: "02:00:00:00:00:0b", type: 0x0806 },
    arp: {
      operation: "request",
      senderMac: "02:00:00:00:00:0a",
      senderIp: "10.0.0.1",
      targetMac: "00:00:00:00:00:00",
      targetIp: "10.0.0.2",
      isGratuitous: false,
      isProbe: false,
    },
  },
  "vlan stack with icmp": {
    layers: [
      { layer: "ethernet", type: 0x88a8 },
      { layer: "vlan", id: 100, priority: 3, dropEligible: false, type: 0x8100 },
      { layer: "vlan", id: 7, priority: 0, dropEligible: true, type: 0x0800 },
      { layer: "ipv4", source: "10.0.0.1", destination: "10.0.0.2", ttl: 64, protocol: 1, checksum: "valid" },
      { layer: "icmp", name: "echo-request", identifier: 0x1234, sequence: 1, checksum: "valid" },
      { layer: "payload", length: 8, text: "abcdefgh" },
    ],
  },
  "icmp fragmentation needed": {
    icmp: {
      name: "destination-unreachable",
      code: 4,
      mtu: 1400,
      checksum: "valid",
      quoted: { ip: { source: "10.0.0.1" }, udp: { sourcePort: 40_000, destinationPort: 53 } },
    },
  },
  "icmpv6 router advertisement": {
    icmpv6: {
      name: "router-advertisement",
      checksum: "valid",
      router: {
        hopLimit: 64,
        managed: true,
        other: true,
        lifetimeSeconds: 1800,
        reachableMs: 30_000,
        retransmitMs: 1000,
      },
      options: {
        sourceMac: "02:00:00:00:00:0a",
        mtu: 1500,
        prefixes: [
          {
            prefix: "2001:db8::/64",
            onLink: true,
            autonomous: true,
            validSeconds: 86_400,
            preferredSeconds: 14_400,
          },
        ],
        dnsServers: ["2001:db8::35"],
        domainSearch: ["lab.example"],
        types: [1, 5, 3, 25, 31],
      },
    },
  },
  "icmpv6 neighbor advertisement": {
    ipv6: { hopLimit: 64, protocol: 58 },
    icmpv6: {
      target: "fe80::1",
      flags: { router: false, solicited: true, override: true },
      options: { targetMac: "02:00:00:00:00:0a" },
    },
  },
  "icmpv6 behind extension headers": {
    ipv6: {
      protocol: 58,
      extensions: [
        { name: "hop-by-hop", options: [{ type: 5, bytes: hex("0000") }] },
        { name: "destination-options", options: [] },
      ],
    },
    icmpv6: { name: "multicast-listener-query", groups: ["ff02::16"], checksum: "invalid" },
  },
  "tcp syn": {
    tcp: {
      sourcePort: 40_000,
      destinationPort: 80,
      sequence: 0x11223344,
      acknowledgement: 0x55667788,
      flags: { fin: false, syn: true, rst: false, psh: false, ack: false, urg: false, ece: false, cwr: false },
      window: 64_240,
      headerLength: 40,
      payloadLength: 0,
      options: {
        maxSegmentSize: 1460,
        sackPermitted: true,
        timestamps: { value: 1, echo: 0 },
        windowScale: 7,
        kinds: [2, 4, 8, 3],
      },
      checksum: "valid",
    },
  },
  "tcp data over ipv6": {
    ip: { source: "fd00::1", destination: "fd00::2", flowLabel: 0x12345 },
    tcp: { flags: { psh: true, ack: true }, options: { sack: [{ left: 100, right: 200 }] }, checksum: "valid" },
    payload: { text: "HTTP/1.1 200 OK\r\n\r\n" },
  },
  "udp payload": {
    udp: { sourcePort: 4000, destinationPort: 5000, length: 13, checksum: "valid" },
    payload: { text: "hello" },
  },
  "dhcp offer": {
    dhcp: {
      operation: "reply",
      messageType: "offer",
      transactionId: 0xdeadbeef,
      elapsedSeconds: 3,
      broadcast: true,
      clientIp: "0.0.0.0",
      yourIp: "10.0.0.100",
      serverIp: "10.0.0.1",
      relayIp: "0.0.0.0",
      clientMac: "02:00:00:00:00:0b",
      options: {
        serverId: "10.0.0.1",
        leaseSeconds: 3600,
        subnetMask: "255.255.255.0",
        routers: ["10.0.0.1", "10.0.0.2"],
        dnsServers: ["8.8.8.8"],
        hostName: "h1",
        domainName: "lab.example",
        interfaceMtu: 1500,
        classlessRoutes: [
          { destination: "172.16.0.0/16", router: "10.0.0.254" },
          { destination: "0.0.0.0/0", router: "10.0.0.1" },
        ],
        clientId: "01:02:00:00:00:00:0b",
        relayAgent: { circuitId: "00:07", remoteId: "09" },
      },
    },
  },
  "dhcpv6 advertise": {
    dhcpv6: {
      messageType: "advertise",
      transactionId: 0xabcdef,
      options: {
        clientId: "00:03:00:01:02:00:00:00:00:0b",
        serverId: "00:03:00:01:02:00:00:00:00:0a",
        addresses: [
          {
            id: 7,
            renewSeconds: 100,
            rebindSeconds: 200,
            leases: [{ value: "2001:db8::99", preferredSeconds: 3600, validSeconds: 7200 }],
          },
        ],
        prefixes: [{ id: 8, leases: [{ value: "2001:db8:1::/56", preferredSeconds: 3600, validSeconds: 7200 }] }],
        dnsServers: ["2001:db8::35"],
      },
    },
  },
  "dns query": {
    dns: {
      id: 0x1234,
      isResponse: false,
      recursionDesired: true,
      questions: [{ name: "www.example.org", type: "A", class: "IN" }],
      answers: [],
    },
  },
  "dns answers": { dns: answersExpected() },
  "dns over tcp": { tcp: {}, dns: answersExpected() },
  lldp: {
    lldp: {
      chassisId: { kind: "mac", value: "02:00:00:00:00:01" },
      portId: { kind: "interface-name", value: "eth0" },
      ttlSeconds: 120,
      portDescription: "uplink",
      systemName: "sw1",
      systemDescription: "a switch",
      capabilities: { supported: ["bridge", "router"], enabled: ["bridge"] },
      managementAddresses: ["10.0.0.1"],
      organizational: [{ organization: "00:80:c2", subtype: 1, bytes: hex("0064") }],
    },
  },
  stp: {
    ethernet: { length: 39 },
    llc: { destinationSap: 0x42, sourceSap: 0x42, control: 3 },
    stp: {
      kind: "rapid",
      version: 2,
      flags: { portRole: "designated", learning: true, forwarding: true, proposal: false, topologyChange: false },
      root: { priority: 0x8000, extension: 0, mac: "02:00:00:00:00:01" },
      rootPathCost: 4,
      bridge: { priority: 0x9000, extension: 100, mac: "02:00:00:00:00:02" },
      portId: 0x8001,
      messageAgeMs: 1000,
      maxAgeMs: 20_000,
      helloMs: 2000,
      forwardDelayMs: 15_000,
    },
  },
  lacp: {
    lacp: {
      version: 1,
      actor: {
        systemPriority: 0x8000,
        system: "02:00:00:00:00:01",
        key: 15,
        portPriority: 255,
        port: 1,
        state: {
          active: true,
          fast: false,
          aggregatable: true,
          synchronized: true,
          collecting: true,
          distributing: true,
          defaulted: false,
          expired: false,
        },
      },
      partner: { systemPriority: 0xffff, system: "02:00:00:00:00:02", key: 14, portPriority: 254, port: 2 },
      collectorMaxDelay: 0x8000,
    },
  },
  "eapol identity": {
    eapol: {
      version: 2,
      type: "eap",
      length: 10,
      eap: { code: "response", identifier: 7, method: "identity", identity: "alice" },
    },
  },
  "eapol start": { eapol: { version: 1, type: "start", length: 0 } },
  "ospf hello": {
    ospf: {
      version: 2,
      type: "hello",
      routerId: "1.1.1.1",
      area: "0.0.0.0",
      checksum: "valid",
      authentication: 0,
      hello: {
        networkMask: "255.255.255.0",
        helloSeconds: 10,
        deadSeconds: 40,
        priority: 1,
        options: 2,
        designatedRouter: "10.0.0.1",
        backupDesignatedRouter: "10.0.0.2",
        neighbors: ["2.2.2.2"],
      },
    },
  },
  "ospfv3 hello": {
    ospf: {
      version: 3,
      type: "hello",
      instanceId: 0,
      checksum: "valid",
      hello: {
        interfaceId: 5,
        priority: 1,
        options: 0x13,
        helloSeconds: 10,
        deadSeconds: 40,
        designatedRouter: "1.1.1.1",
        backupDesignatedRouter: "2.2.2.2",
        neighbors: ["2.2.2.2"],
      },
    },
  },
  "bgp open and keepalive": {
    layers: [
      {},
      {},
      {},
      {
        layer: "bgp",
        type: "open",
        length: 43,
        isWhole: true,
        open: {
          version: 4,
          asn: 4_200_000_001,
          holdSeconds: 180,
          routerId: "10.0.0.1",
          capabilities: [
            { name: "multiprotocol", family: { afi: 1, safi: 1 } },
            { name: "four-octet-asn", code: 65 },
          ],
        },
      },
      { layer: "bgp", type: "keepalive", length: 19 },
    ],
  },
  "bgp notification": { bgp: { type: "notification", notification: { code: 6, subcode: 2 } } },
  "vrrp version 2": {
    vrrp: {
      version: 2,
      routerId: 5,
      priority: 100,
      intervalMs: 1000,
      addresses: ["10.0.0.100", "10.0.0.101"],
      checksum: "valid",
      authentication: 0,
    },
  },
  "vrrp version 3": { vrrp: { version: 3, intervalMs: 500, addresses: ["10.0.0.100"], checksum: "valid" } },
  "vrrp version 3 over ipv6": { vrrp: { version: 3, intervalMs: 1000, addresses: ["fe80::64"], checksum: "valid" } },
  "ipv4 fragment": {
    ipv4: { fragmentOffset: 24, moreFragments: false, dontFragment: false, protocol: 17 },
    payload: { length: 16 },
  },
  "ipv4 options": { ipv4: { headerLength: 24, options: [{ name: "router-alert", bytes: hex("0000") }] } },
  "ipv6 fragment": {
    ipv6: { fragment: { offset: 0, moreFragments: true, identification: 7 }, protocol: 17 },
    udp: { sourcePort: 1024, checksum: "unchecked", length: 256 },
    payload: { length: 8 },
  },
};

function answersExpected(): object {
  const shared = { name: "www.example.org", class: "IN", ttlSeconds: 3600 };
  return {
    isResponse: true,
    authoritative: true,
    responseCode: "NOERROR",
    answers: [
      { ...shared, type: "CNAME", data: "web.example.org" },
      { ...shared, type: "A", data: "192.0.2.1" },
      { ...shared, type: "AAAA", data: "2001:db8::1" },
      { ...shared, type: "MX", mx: { preference: 10, exchange: "mail.example.org" } },
      { ...shared, type: "TXT", data: "a bc", texts: ["a b", "c"] },
      { ...shared, type: "SRV", srv: { priority: 1, weight: 2, port: 8080, target: "srv.example.org" } },
      { ...shared, type: "PTR", data: "www.example.org" },
    ],
    additionals: [{ type: "OPT", class: "CLASS1232" }],
  };
}

describe("a frame", () => {
  it.each(Object.entries(samples))("of %s says what is in it", (sample, frame) => {
    const decoded = decodeFrame(frame);
    expect(decoded).toMatchObject(expected[sample as keyof typeof samples]);
    expect(decoded.problems).toEqual([]);
  });

  it("has no layer that is not in it", () => {
    expect(Object.keys(decodeFrame(samples["arp request"])).toSorted()).toEqual([
      "arp",
      "ethernet",
      "layers",
      "problems",
    ]);
  });

  it("of a protocol that is not read here has it as payload", () => {
    const igmp = decodeFrame(ethernet(0x0800, ipv4(2, hex("16 00 0000 e0000001"))));
    expect(igmp.layers.map(({ layer }) => layer)).toEqual(["ethernet", "ipv4", "payload"]);
    expect(igmp.problems).toEqual([]);
  });

  it("keeps padding out of the layers", () => {
    const padded = Buffer.concat([samples["udp payload"], Buffer.alloc(20)]);
    expect(decodeFrame(padded)).toMatchObject({ udp: { checksum: "valid" }, payload: { text: "hello" }, problems: [] });
  });

  it("of IP in IP has both", () => {
    const tunnelled = decodeFrame(ethernet(0x0800, ipv4(41, ipv6(17, hex("0400 0500 0008 0000")))));
    expect(tunnelled.layers.map(({ layer }) => layer)).toEqual(["ethernet", "ipv4", "ipv6", "udp"]);
    expect(tunnelled.ip?.layer).toBe("ipv4");
  });
});

describe("a checksum", () => {
  const flipped = (frame: Buffer, at: number): Buffer => {
    const changed = Buffer.from(frame);
    changed[at] = (changed[at] as number) ^ 1;
    return changed;
  };

  it("is invalid when a bit is wrong", () => {
    const wrong = decodeFrame(flipped(samples["udp payload"], samples["udp payload"].length - 1));
    expect(wrong).toMatchObject({ ipv4: { checksum: "valid" }, udp: { checksum: "invalid" } });
    expect(decodeFrame(flipped(samples["udp payload"], 22)).ipv4?.checksum).toBe("invalid");
    expect(decodeFrame(flipped(samples["tcp data over ipv6"], 60)).tcp?.checksum).toBe("invalid");
    expect(decodeFrame(flipped(samples["vlan stack with icmp"], 50)).icmp?.checksum).toBe("invalid");
    expect(decodeFrame(flipped(samples["icmpv6 neighbor advertisement"], 80)).icmpv6?.checksum).toBe("invalid");
    expect(decodeFrame(flipped(samples["ospf hello"], 60)).ospf?.checksum).toBe("invalid");
    expect(decodeFrame(flipped(samples["vrrp version 3"], 40)).vrrp?.checksum).toBe("invalid");
  });

  it("is partial when only the pseudo header is in it", () => {
    const segment = Buffer.concat([hex("9c40 0050 00000001 00000000 5002 faf0 0000 0000")]);
    const pseudo = pseudoHeader(ipv4(6, segment), 6, segment.length);
    // What is left to the card is the complement: the sum itself.
    segment.writeUInt16BE(transportError(ipv4(6, Buffer.alloc(20)), 6, Buffer.alloc(20)) ^ 0xffff, 16);
    expect(pseudo.length).toBe(16);
    expect(decodeFrame(ethernet(0x0800, ipv4(6, segment))).tcp?.checksum).toBe("partial");
  });

  it("is absent in UDP when it is 0", () => {
    expect(decodeFrame(ethernet(0x0800, ipv4(17, hex("0400 0500 0008 0000")))).udp?.checksum).toBe("absent");
  });

  it("is not checked when bytes are missing", () => {
    const whole = samples["udp payload"];
    const cut = decodeFrame(whole.subarray(0, -2), { wireLength: whole.length });
    expect(cut).toMatchObject({ udp: { checksum: "unchecked" }, problems: [] });
  });

  it("of VRRPv3 over IPv4 may leave out the pseudo header, as RFC 9568 has it", () => {
    const without = hex("31 05 64 01 0032 0000 0a000064");
    let sum = 0;
    for (let at = 0; at < without.length; at += 2) sum += without.readUInt16BE(at);
    without.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, 6);
    expect(decodeFrame(ethernet(0x0800, ipv4(112, without))).vrrp?.checksum).toBe("valid");
  });
});

describe("what cannot be read", () => {
  it("is reported, with the layers before it", () => {
    const short = decodeFrame(samples["dns query"].subarray(0, 46));
    expect(short.udp?.destinationPort).toBe(53);
    expect(short.dns).toBeUndefined();
    expect(short.problems.map(({ layer, kind }) => `${layer} ${kind}`)).toEqual(["ipv4 truncated", "dns truncated"]);
    expect(short.payload?.length).toBe(4);
  });

  it("is no fault of a packet that the capture cut", () => {
    const cut = decodeFrame(samples["dns query"].subarray(0, 46), { wireLength: samples["dns query"].length });
    expect(cut.problems).toMatchObject([{ layer: "dns", kind: "cut" }]);
  });

  it.each([
    ["another version", ethernet(0x0800, Buffer.concat([hex("65"), Buffer.alloc(30)])), "ipv4", /version is 6/],
    ["a header too short", ethernet(0x0800, Buffer.concat([hex("44"), Buffer.alloc(30)])), "ipv4", /16 bytes/],
    ["a length less than the header", ethernet(0x0800, hex(`45000010${"00".repeat(30)}`)), "ipv4", /16 bytes/],
    [
      "a wrong option",
      ethernet(0x0800, ipv4(17, hex("0400 0500 0008 0000"), { options: hex("07ff0000") })),
      "ipv4",
      /option 7/,
    ],
    ["TCP options", tcpFrame(4, [1, 2], 2, hex("0209 0000"), Buffer.alloc(0)), "tcp", /option 2/],
    ["a UDP length", ethernet(0x0800, ipv4(17, hex("0400 0500 0004 0000"))), "udp", /4 bytes/],
    [
      "a pointer to itself",
      udpFrame(4, 53, 1, hex("0000 8000 0001 0000 0000 0000 c00c 0001 0001")),
      "dns",
      /lead back/,
    ],
    [
      "pointers in a ring",
      udpFrame(4, 53, 1, hex("0000 8000 0001 0000 0000 0000 c00e c00c 0001 0001")),
      "dns",
      /lead back/,
    ],
    [
      "a name too long",
      udpFrame(
        4,
        53,
        1,
        Buffer.concat([
          hex("0000 8000 0001 0000 0000 0000"),
          ...Array.from({ length: 5 }, () => Buffer.concat([hex("3f"), Buffer.alloc(63, 97)])),
          hex("00 0001 0001"),
        ]),
      ),
      "dns",
      /longer than 255/,
    ],
    ["more records than fit", udpFrame(4, 53, 1, hex("0000 8000 0000 ffff ffff ffff")), "dns", /do not fit/],
    ["an LLDP order", ethernet(0x88cc, hex("0403 054142")), "lldp", /TLV 2/],
    [
      "no neighbour option length",
      ethernet(0x86dd, ipv6(58, hex("85 00 0000 00000000 01 00 000000000000"))),
      "icmpv6",
      /no length/,
    ],
    ["a BPDU", ethernet(0x0026, hex(`424203 0000 02 07${"00".repeat(40)}`)), "stp", /type 7/],
  ])("for %s is malformed", (_, frame, layer, message) => {
    const { problems } = decodeFrame(frame);
    expect(problems).toMatchObject([{ layer, kind: "malformed", message: expect.stringMatching(message) as string }]);
  });

  it("leaves out no message behind a wrong one", () => {
    const wrong = Buffer.concat([Buffer.alloc(16, 0xff), hex("0014 01 04")]);
    const right = Buffer.concat([Buffer.alloc(16, 0xff), hex("0013 04")]);
    const decoded = decodeFrame(tcpFrame(4, [179, 1], 0x18, Buffer.alloc(0), Buffer.concat([wrong, right])));
    expect(decoded.layers.map((layer) => (layer.layer === "bgp" ? layer.type : ""))).toContain("keepalive");
    expect(decoded.problems).toMatchObject([{ layer: "bgp", kind: "truncated" }]);
  });
});

describe("names", () => {
  it("are escaped where they hold more than letters", () => {
    const question = Buffer.concat([hex("0000 0000 0001 0000 0000 0000"), hex("03 612e62 01 ff 00"), hex("0001 0001")]);
    expect(decodeFrame(udpFrame(4, 1, 53, question)).dns?.questions[0]?.name).toBe("a\\046b.\\255");
  });

  it("of multicast DNS come without its flags", () => {
    const answer = Buffer.concat([
      hex("0000 8400 0000 0001 0000 0000"),
      name("h1.local"),
      hex("0001 8001 00000078 0004 0a000001"),
    ]);
    expect(decodeFrame(udpFrame(4, 5353, 5353, answer)).dns?.answers).toMatchObject([
      { name: "h1.local", class: "IN", cacheFlush: true, data: "10.0.0.1" },
    ]);
  });

  it("are read from the beginning of the message when it came over TCP", () => {
    expect(decodeFrame(dnsAnswers, { as: "dns" }).dns?.answers[0]?.data).toBe("web.example.org");
  });
});
