import { ethernet, ipv4, ipv6, plainChecksum, pseudoHeader } from "../../dataplane/packets.ts";

/**
 * Frames of every protocol, written by hand from the standards. Nothing here knows how src/testing
 * reads them.
 */

export const hex = (text: string): Buffer =>
  Buffer.from(text.replaceAll(/\/\/.*$/gm, "").replaceAll(/[\s:]/g, ""), "hex");
const ascii = (text: string): Buffer => Buffer.from(text, "latin1");
const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);

/** With the checksum put in at `at`, over the pseudo header too where `protocol` is given. */
export function summed(bytes: Buffer, at: number, pseudo: Buffer = Buffer.alloc(0)): Buffer {
  const done = Buffer.from(bytes);
  done.writeUInt16BE(plainChecksum(Buffer.concat([pseudo, bytes])), at);
  return done;
}

/** An IPv4 or IPv6 frame whose transport has its checksum at `at`. */
export function transported(version: 4 | 6, protocol: number, transport: Buffer, at: number): Buffer {
  const [wrap, type] = version === 4 ? [ipv4, 0x0800] : [ipv6, 0x86dd];
  const pseudo = pseudoHeader(wrap(protocol, transport), protocol, transport.length);
  return ethernet(type, wrap(protocol, summed(transport, at, pseudo)));
}

export const udpFrame = (version: 4 | 6, source: number, destination: number, data: Buffer): Buffer =>
  transported(version, 17, Buffer.concat([u16(source), u16(destination), u16(8 + data.length), u16(0), data]), 6);

export const tcpFrame = (
  version: 4 | 6,
  ports: readonly [number, number],
  flags: number,
  options: Buffer,
  data: Buffer,
) =>
  transported(
    version,
    6,
    Buffer.concat([
      u16(ports[0]),
      u16(ports[1]),
      hex("11223344 55667788"),
      Buffer.of((5 + options.length / 4) << 4, flags),
      hex("faf0 0000 0000"),
      options,
      data,
    ]),
    16,
  );

const llc = (payload: Buffer): Buffer => ethernet(3 + payload.length, Buffer.concat([hex("424203"), payload]));

/** `www.example.org` for DNS. */
export const name = (text: string): Buffer =>
  Buffer.concat([...text.split(".").map((label) => Buffer.concat([Buffer.of(label.length), ascii(label)])), hex("00")]);

const option = (code: number, value: Buffer): Buffer => Buffer.concat([Buffer.of(code, value.length), value]);
const option6 = (code: number, value: Buffer): Buffer => Buffer.concat([u16(code), u16(value.length), value]);
const tlv = (type: number, value: Buffer): Buffer => Buffer.concat([u16((type << 9) | value.length), value]);

/** RFC 2131, figure 1. */
export const dhcpMessage = (operation: number, options: readonly Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.of(operation, 1, 6, 0),
    hex("deadbeef 0003 8000"),
    hex("00000000 0a000064 0a000001 00000000"),
    hex("02000000000b 0000 0000 0000 0000 0000"),
    Buffer.alloc(64 + 128),
    hex("63825363"),
    ...options,
    hex("ff"),
  ]);

const dnsQuestion = Buffer.concat([name("www.example.org"), u16(1), u16(1)]);
/** A record whose name is that of the question, compressed. */
const record = (type: number, data: Buffer): Buffer =>
  Buffer.concat([hex("c00c"), u16(type), u16(1), hex("00000e10"), u16(data.length), data]);

export const dnsAnswers = Buffer.concat([
  hex("1234 8580 0001 0007 0000 0001"),
  dnsQuestion,
  record(5, Buffer.concat([Buffer.of(3), ascii("web"), hex("c010")])), // web.example.org
  record(1, hex("c0000201")),
  record(28, hex("20010db8 00000000 00000000 00000001")),
  record(15, Buffer.concat([u16(10), Buffer.of(4), ascii("mail"), hex("c010")])),
  record(16, Buffer.concat([Buffer.of(3), ascii("a b"), Buffer.of(1), ascii("c")])),
  record(33, Buffer.concat([hex("0001 0002 1f90"), name("srv.example.org")])),
  record(12, hex("c00c")),
  hex("00 0029 04d0 00000000 0000"), // OPT
]);

export const bpdu = hex(`
  0000 02 02 3c            // RSTP: designated, learning, forwarding
  8000 020000000001 00000004
  9064 020000000002 8001
  0100 1400 0200 0f00 00`);

export const lacpdu = Buffer.concat([
  hex("01 01"),
  hex("01 14 8000 020000000001 000f 00ff 0001 3d 000000"),
  hex("02 14 ffff 020000000002 000e 00fe 0002 07 000000"),
  hex("03 10 8000"),
  Buffer.alloc(12 + 2 + 50),
]);

export const lldpdu = Buffer.concat([
  tlv(1, hex("04 020000000001")),
  tlv(2, Buffer.concat([hex("05"), ascii("eth0")])),
  tlv(3, u16(120)),
  tlv(4, ascii("uplink")),
  tlv(5, ascii("sw1")),
  tlv(6, ascii("a switch")),
  tlv(7, hex("0014 0004")),
  tlv(8, hex("05 01 0a000001 02 00000003 00")),
  tlv(127, hex("0080c2 01 0064")),
  tlv(0, Buffer.alloc(0)),
]);

const routerAdvertisement = Buffer.concat([
  hex("86 00 0000 40 c0 0708 00007530 000003e8"),
  hex("01 01 02000000000a"),
  hex("05 01 0000 000005dc"),
  hex("03 04 40 c0 00015180 00003840 00000000 20010db8 00000000 00000000 00000000"),
  hex("19 03 0000 00000258 20010db8 00000000 00000000 00000035"),
  hex("1f 03 0000 00000258"),
  name("lab.example"),
  Buffer.alloc(3),
]);

const bgpOpen = Buffer.concat([
  Buffer.alloc(16, 0xff),
  hex("002b 01 04 5ba0 00b4 0a000001 0e 02 0c 0104 0001 0001 4104 fa56ea01"),
]);

const quoted = ethernet(
  0x0800,
  ipv4(1, summed(Buffer.concat([hex("03 04 0000 0000 0578"), ipv4(17, hex("9c40 0035 0008 0000"))]), 2)),
);

/** By name; the first word is the innermost layer. */
export const samples = {
  "arp request": ethernet(0x0806, hex("0001 0800 06 04 0001 02000000000a 0a000001 000000000000 0a000002")),
  "vlan stack with icmp": ethernet(
    0x88a8,
    Buffer.concat([
      hex("6064 8100 1007 0800"),
      ipv4(1, summed(Buffer.concat([hex("08 00 0000 1234 0001"), ascii("abcdefgh")]), 2)),
    ]),
  ),
  "icmp fragmentation needed": quoted,
  "icmpv6 router advertisement": transported(6, 58, routerAdvertisement, 2),
  "icmpv6 neighbor advertisement": transported(
    6,
    58,
    hex("88 00 0000 60000000 fe800000 00000000 00000000 00000001 02 01 02000000000a"),
    2,
  ),
  "icmpv6 behind extension headers": ethernet(
    0x86dd,
    ipv6(
      0,
      Buffer.concat([
        hex("3c 00 0502 0000 0100"), // hop by hop: router alert
        hex("3a 00 0104 00000000"), // destination options: padding
        hex("82 00 0000 2710 0000 ff020000 00000000 00000000 00000016"),
      ]),
    ),
  ),
  "tcp syn": tcpFrame(4, [40_000, 80], 0x02, hex("0204 05b4 0402 080a 00000001 00000000 01 0303 07"), Buffer.alloc(0)),
  "tcp data over ipv6": tcpFrame(
    6,
    [80, 40_000],
    0x18,
    hex("0101 050a 00000064 000000c8"),
    ascii("HTTP/1.1 200 OK\r\n\r\n"),
  ),
  "udp payload": udpFrame(4, 4000, 5000, ascii("hello")),
  "dhcp offer": udpFrame(
    4,
    67,
    68,
    dhcpMessage(2, [
      option(53, hex("02")),
      option(54, hex("0a000001")),
      option(51, hex("00000e10")),
      option(1, hex("ffffff00")),
      option(3, hex("0a000001 0a000002")),
      option(6, hex("08080808")),
      option(12, ascii("h1")),
      option(15, ascii("lab.example")),
      option(26, hex("05dc")),
      option(121, hex("10 ac10 0a0000fe 00 0a000001")),
      option(61, hex("01 02000000000b")),
      option(82, hex("01 02 0007 02 01 09")),
    ]),
  ),
  "dhcpv6 advertise": udpFrame(
    6,
    547,
    546,
    Buffer.concat([
      hex("02 abcdef"),
      option6(1, hex("0003 0001 02000000000b")),
      option6(2, hex("0003 0001 02000000000a")),
      option6(
        3,
        Buffer.concat([
          hex("00000007 00000064 000000c8"),
          option6(5, hex("20010db8 00000000 00000000 00000099 00000e10 00001c20")),
        ]),
      ),
      option6(
        25,
        Buffer.concat([
          hex("00000008 00000064 000000c8"),
          option6(26, hex("00000e10 00001c20 38 20010db8 00010000 00000000 00000000")),
        ]),
      ),
      option6(23, hex("20010db8 00000000 00000000 00000035")),
    ]),
  ),
  "dns query": udpFrame(4, 40_000, 53, Buffer.concat([hex("1234 0100 0001 0000 0000 0000"), dnsQuestion])),
  "dns answers": udpFrame(6, 53, 40_000, dnsAnswers),
  "dns over tcp": tcpFrame(4, [53, 40_000], 0x18, Buffer.alloc(0), Buffer.concat([u16(dnsAnswers.length), dnsAnswers])),
  lldp: ethernet(0x88cc, lldpdu),
  stp: llc(bpdu),
  lacp: ethernet(0x8809, lacpdu),
  "eapol identity": ethernet(0x888e, hex("02 00 000a 02 07 000a 01 616c696365")),
  "eapol start": ethernet(0x888e, hex("01 01 0000")),
  "ospf hello": ethernet(
    0x0800,
    ipv4(
      89,
      Buffer.concat([
        summed(
          hex(`02 01 0030 01010101 00000000 0000 0000 0000000000000000
               ffffff00 000a 02 01 00000028 0a000001 0a000002 02020202`),
          12,
        ),
      ]),
    ),
  ),
  "ospfv3 hello": transported(
    6,
    89,
    hex("03 01 0028 01010101 00000000 0000 00 00 00000005 01 000013 000a 0028 01010101 02020202 02020202"),
    12,
  ),
  "bgp open and keepalive": tcpFrame(
    4,
    [179, 40_000],
    0x18,
    Buffer.alloc(0),
    Buffer.concat([bgpOpen, Buffer.alloc(16, 0xff), hex("0013 04")]),
  ),
  "bgp notification": tcpFrame(
    4,
    [40_000, 179],
    0x18,
    Buffer.alloc(0),
    Buffer.concat([Buffer.alloc(16, 0xff), hex("0015 03 06 02")]),
  ),
  "vrrp version 2": ethernet(
    0x0800,
    ipv4(112, summed(hex("21 05 64 02 00 01 0000 0a000064 0a000065 0000000000000000"), 6)),
  ),
  "vrrp version 3": transported(4, 112, hex("31 05 64 01 0032 0000 0a000064"), 6),
  "vrrp version 3 over ipv6": transported(6, 112, hex("31 05 64 01 0064 0000 fe800000 00000000 00000000 00000064"), 6),
  "ipv4 fragment": ethernet(
    0x0800,
    summedHeader("45000024 00010003 40110000 0a000001 0a000002", "0011223344556677 8899aabbccddeeff"),
  ),
  "ipv4 options": ethernet(0x0800, ipv4(17, hex("0400 0500 0008 0000"), { options: hex("94040000") })),
  "ipv6 fragment": ethernet(
    0x86dd,
    ipv6(44, Buffer.concat([hex("11 00 0001 00000007"), hex("0400 0500 0100 1234"), Buffer.alloc(8)])),
  ),
} as const;

function summedHeader(header: string, payload: string): Buffer {
  return Buffer.concat([summed(hex(header), 10), hex(payload)]);
}
