import { describe, expect, it } from "vitest";
import { FrameStore } from "../../src/dataplane/frames/frame-store.ts";
import { SuperFrame } from "../../src/dataplane/frames/super-frame.ts";
import { Train } from "../../src/dataplane/frames/train.ts";
import { finishChecksum } from "../../src/dataplane/frames/vnet-header.ts";
import { FrameMemory, SendBatch, viewsOf } from "../../src/kernel/index.ts";
import {
  ethernet,
  ipv4,
  ipv6,
  pattern,
  plainChecksum,
  pseudoHeader,
  tcp,
  transportError,
  udp,
  vlan,
} from "./packets.ts";

const GSO = { tcp4: 1, tcp6: 4, udp: 5 } as const;
const TCP = { fin: 0x01, psh: 0x08, ack: 0x10, cwr: 0x80 } as const;
const at = 64;

type Shape = {
  readonly gso: number;
  readonly segment: number;
  readonly transportAt: number;
  readonly checksumAt: number;
};

/** struct virtio_net_hdr, and the frame. */
function behindHeader(frame: Buffer, { gso, segment, transportAt, checksumAt }: Shape): Buffer {
  const header = Buffer.alloc(10);
  header[0] = 1;
  header[1] = gso;
  header.writeUInt16LE(segment, 4);
  header.writeUInt16LE(transportAt, 6);
  header.writeUInt16LE(checksumAt, 8);
  return Buffer.concat([header, frame]);
}

/** The segments that come out, without vnet header; undefined when it is not split. */
function split(bytes: Buffer): readonly Buffer[] | undefined {
  const memory = viewsOf(new ArrayBuffer(1 << 18));
  memory.u8.set(bytes, at);
  const frame = new SuperFrame(memory);
  if (!frame.open(at, bytes.length)) return undefined;
  const to = 1 << 17;
  return Array.from({ length: frame.count }, (_, index) => {
    const length = frame.lengthOf(index);
    memory.u8.fill(0xee, to, to + length + 64);
    frame.write(index, to);
    expect(memory.u8.subarray(to, to + 10).every((byte) => byte === 0)).toBe(true);
    expect(memory.u8.subarray(to + length, to + length + 64).every((byte) => byte === 0xee)).toBe(true);
    return Buffer.from(memory.u8.slice(to + 10, to + length));
  });
}

const mss = 1000;
const payload = pattern(2 * mss + 345);
const flags = TCP.ack | TCP.psh | TCP.fin | TCP.cwr;
const chunks = [0, 1, 2].map((index) => payload.subarray(index * mss, (index + 1) * mss));

function expectTcp(ip: Buffer, index: number): void {
  const isIpv4 = (ip[0] ?? 0) >> 4 === 4;
  const at = isIpv4 ? ((ip[0] ?? 0) & 0x0f) * 4 : 40;
  const transport = ip.subarray(at);
  if (isIpv4) {
    expect(ip.readUInt16BE(2)).toBe(ip.length);
    expect(ip.readUInt16BE(4)).toBe(0x1234 + index);
    expect(plainChecksum(ip.subarray(0, at))).toBe(0);
  } else expect(ip.readUInt16BE(4)).toBe(ip.length - 40);
  expect(transport.subarray(32)).toEqual(chunks[index]);
  expect(transport.readUInt32BE(4)).toBe((0xfffffc00 + index * mss) % 2 ** 32);
  const last = index === 2 ? TCP.psh | TCP.fin : 0;
  expect(transport[13]).toBe(TCP.ack | last | (index === 0 ? TCP.cwr : 0));
  expect(transportError(ip, 6, transport)).toBe(0);
}

describe("a super-frame of TCP", () => {
  it("over IPv4 becomes the frames a card would send", () => {
    const frame = ethernet(0x0800, ipv4(6, tcp(payload, flags)));
    const segments = split(behindHeader(frame, { gso: GSO.tcp4, segment: mss, transportAt: 34, checksumAt: 16 }));
    expect(segments).toHaveLength(3);
    for (const [index, segment] of (segments ?? []).entries()) {
      expect(segment.subarray(0, 14)).toEqual(frame.subarray(0, 14));
      expectTcp(segment.subarray(14), index);
    }
  });

  it("with IPv4 options, a VLAN tag and ECN's mark", () => {
    const frame = vlan(100, 0x0800, ipv4(6, tcp(payload, flags), { options: Buffer.from("01010101", "hex") }));
    const shape = { gso: GSO.tcp4 | 0x80, segment: mss, transportAt: 42, checksumAt: 16 };
    const segments = split(behindHeader(frame, shape)) ?? [];
    expect(segments).toHaveLength(3);
    for (const [index, segment] of segments.entries()) {
      expect(segment.subarray(0, 18)).toEqual(frame.subarray(0, 18));
      expectTcp(segment.subarray(18), index);
    }
  });

  it("over IPv6, and behind an extension header", () => {
    const plain = ethernet(0x86dd, ipv6(6, tcp(payload, flags)));
    const segments = split(behindHeader(plain, { gso: GSO.tcp6, segment: mss, transportAt: 54, checksumAt: 16 })) ?? [];
    expect(segments).toHaveLength(3);
    for (const [index, segment] of segments.entries()) expectTcp(segment.subarray(14), index);

    const hopByHop = Buffer.from([6, 0, 1, 4, 0, 0, 0, 0]);
    const extended = ethernet(0x86dd, ipv6(0, Buffer.concat([hopByHop, tcp(payload, flags)])));
    const behind =
      split(behindHeader(extended, { gso: GSO.tcp6, segment: mss, transportAt: 62, checksumAt: 16 })) ?? [];
    expect(behind).toHaveLength(3);
    for (const [index, segment] of behind.entries()) {
      const ip = segment.subarray(14);
      expect(ip.readUInt16BE(4)).toBe(ip.length - 40);
      expect(transportError(ip, 6, ip.subarray(48))).toBe(0);
      expect(ip.subarray(48 + 32)).toEqual(chunks[index]);
    }
  });

  it("in VXLAN has the lengths and checksums of both right", () => {
    const inner = ethernet(0x0800, ipv4(6, tcp(payload, flags)));
    const vxlan = Buffer.concat([Buffer.from("0800000000007b00", "hex"), inner]);
    const outer = udp(4789, vxlan);
    for (const checksummed of [false, true]) {
      if (checksummed) outer.writeUInt16BE(0xffff, 6);
      const frame = ethernet(0x0800, ipv4(17, outer));
      const transportAt = 14 + 20 + 8 + 8 + 14 + 20;
      const segments = split(behindHeader(frame, { gso: GSO.tcp4, segment: mss, transportAt, checksumAt: 16 })) ?? [];
      expect(segments).toHaveLength(3);
      for (const [index, segment] of segments.entries()) {
        const ip = segment.subarray(14);
        expect(ip.readUInt16BE(2)).toBe(ip.length);
        expect(plainChecksum(ip.subarray(0, 20))).toBe(0);
        const datagram = ip.subarray(20);
        expect(datagram.readUInt16BE(4)).toBe(datagram.length);
        if (checksummed) expect(transportError(ip, 17, datagram)).toBe(0);
        else expect(datagram.readUInt16BE(6)).toBe(0);
        expectTcp(datagram.subarray(16 + 14), index);
      }
    }
  });

  it("in GRE with a checksum, and in IP in IP", () => {
    const inner = ipv4(6, tcp(payload, flags));
    const gre = Buffer.concat([Buffer.from("8000 0800 ffff 0000".replaceAll(" ", ""), "hex"), inner]);
    const inGre = ethernet(0x86dd, ipv6(47, gre));
    const transportAt = 14 + 40 + 8 + 20;
    const segments = split(behindHeader(inGre, { gso: GSO.tcp4, segment: mss, transportAt, checksumAt: 16 })) ?? [];
    expect(segments).toHaveLength(3);
    for (const [index, segment] of segments.entries()) {
      expect(plainChecksum(segment.subarray(54))).toBe(0);
      expectTcp(segment.subarray(62), index);
    }
    const inIp = ethernet(0x0800, ipv4(4, inner));
    const nested = split(behindHeader(inIp, { gso: GSO.tcp4, segment: mss, transportAt: 54, checksumAt: 16 })) ?? [];
    expect(nested).toHaveLength(3);
    for (const [index, segment] of nested.entries()) {
      expect(segment.readUInt16BE(16)).toBe(segment.length - 14);
      expectTcp(segment.subarray(34), index);
    }
  });
});

describe("a super-frame of UDP", () => {
  it("becomes datagrams with their own lengths and checksums", () => {
    for (const [type, ip, gsoAt] of [
      [0x0800, (datagram: Buffer) => ipv4(17, datagram), 34],
      [0x86dd, (datagram: Buffer) => ipv6(17, datagram), 54],
    ] as const) {
      const frame = ethernet(type, ip(udp(9, payload)));
      const segments =
        split(behindHeader(frame, { gso: GSO.udp, segment: mss, transportAt: gsoAt, checksumAt: 6 })) ?? [];
      expect(segments).toHaveLength(3);
      for (const [index, segment] of segments.entries()) {
        const datagram = segment.subarray(gsoAt);
        expect(datagram.readUInt16BE(4)).toBe(datagram.length);
        expect(datagram.subarray(8)).toEqual(chunks[index]);
        expect(transportError(segment.subarray(14), 17, datagram)).toBe(0);
      }
    }
  });
});

describe("what is no super-frame of a known kind", () => {
  const frame = ethernet(0x0800, ipv4(6, tcp(payload, flags)));
  const shape = { gso: GSO.tcp4, segment: mss, transportAt: 34, checksumAt: 16 };
  it.each<[string, Buffer]>([
    ["an unknown type", behindHeader(frame, { ...shape, gso: 3 })],
    ["no segment size", behindHeader(frame, { ...shape, segment: 0 })],
    ["a transport where none is", behindHeader(frame, { ...shape, transportAt: 38 })],
    ["a transport beyond the frame", behindHeader(frame, { ...shape, transportAt: 60_000 })],
    ["another protocol", behindHeader(ethernet(0x0800, ipv4(132, tcp(payload, flags))), shape)],
    ["no IP", behindHeader(ethernet(0x88b5, ipv4(6, tcp(payload, flags))), shape)],
    ["an IP header of no length", behindHeader(withByte(frame, 14, 0x40), shape)],
    ["no payload", behindHeader(ethernet(0x0800, ipv4(6, tcp(Buffer.alloc(0), flags))), shape)],
    ["less than headers", behindHeader(frame.subarray(0, 40), shape)],
  ])("is left alone: %s", (_, bytes) => {
    expect(split(bytes)).toBeUndefined();
  });
});

describe("a checksum left to the hardware", () => {
  it.each([
    ["TCP", 6, tcp(pattern(99), TCP.ack), 16],
    ["UDP", 17, udp(53, pattern(100)), 6],
  ])("is computed: %s", (_, protocol, transport, checksumAt) => {
    const ip = ipv4(protocol, transport);
    ip.writeUInt16BE(~plainChecksum(pseudoHeader(ip, protocol, transport.length)) & 0xffff, 20 + checksumAt);
    const bytes = behindHeader(ethernet(0x0800, ip), { gso: 0, segment: 0, transportAt: 34, checksumAt });
    const memory = viewsOf(new ArrayBuffer(4096));
    memory.u8.set(bytes, at);
    finishChecksum(memory, at, bytes.length);
    const done = Buffer.from(memory.u8.slice(at, at + bytes.length));
    expect(done.subarray(0, 10)).toEqual(Buffer.alloc(10));
    expect(transportError(done.subarray(24), protocol, done.subarray(44))).toBe(0);
  });

  it("is not written where the header says outside of the frame", () => {
    const memory = viewsOf(new ArrayBuffer(4096));
    const frame = ethernet(0x0800, ipv4(17, udp(53, pattern(20))));
    const bytes = behindHeader(frame, { gso: 0, segment: 0, transportAt: 34, checksumAt: 600 });
    memory.u8.set(bytes, at);
    finishChecksum(memory, at, bytes.length);
    expect(Buffer.from(memory.u8.slice(at + 10, at + bytes.length))).toEqual(frame);
    expect(memory.u8.subarray(at + bytes.length).every((byte) => byte === 0)).toBe(true);
  });
});

describe("a train", () => {
  const memoryBytes = 1 << 20;
  const shape = { gso: GSO.tcp4, segment: mss, transportAt: 34, checksumAt: 16 };

  /** Splits a super-frame, keeps the segments chosen, and couples them again: the frames of each message. */
  function coupled(frame: Buffer, form: Shape, keep: (index: number) => boolean) {
    const memory = FrameMemory.reserve(memoryBytes);
    const store = new FrameStore(memory, memoryBytes / 2, memoryBytes / 2);
    const batch = new SendBatch(memory, 64);
    const superFrame = new SuperFrame(memory);
    const train = new Train(memory, store, batch);
    const whole = behindHeader(frame, form);
    memory.u8.set(whole, at);
    expect(superFrame.open(at, whole.length)).toBe(true);
    for (let index = 0; index < superFrame.count; index++) {
      if (!keep(index)) continue;
      const place = store.take(superFrame.lengthOf(index));
      superFrame.write(index, store.start(place));
      superFrame.mark(index, place, store);
      train.load(place, true);
    }
    train.complete();
    const messages: Buffer[][] = [];
    for (let index = 0; index < batch.frames; index++) {
      const start = batch.startOf(index);
      const message = batch.messageOf(index);
      const bytes = Buffer.from(memory.u8.slice(start, start + batch.lengthOf(index)));
      messages[message] = [...(messages[message] ?? []), bytes];
    }
    return messages;
  }

  it("of all segments has the headers of the super-frame they come from", () => {
    for (const [frame, form, ipAt] of [
      [ethernet(0x0800, ipv4(6, tcp(payload, flags))), shape, 14],
      [vlan(7, 0x86dd, ipv6(6, tcp(payload, flags))), { ...shape, gso: GSO.tcp6, transportAt: 58 }, 18],
    ] as const) {
      const [message, ...others] = coupled(frame, form, () => true);
      expect(others).toEqual([]);
      const [first = Buffer.alloc(0)] = message ?? [];
      const headers = form.transportAt + 32;
      // What the kernel would have made: the sum of the pseudo header stands where the checksum will.
      const original = Buffer.from(frame);
      const length = frame.length - form.transportAt;
      const pseudo = ~plainChecksum(pseudoHeader(frame.subarray(ipAt), 6, length)) & 0xffff;
      original.writeUInt16BE(pseudo, form.transportAt + 16);
      expect(first.subarray(10, 10 + headers)).toEqual(original.subarray(0, headers));
      const vnet = behindHeader(frame, { ...form, gso: form.gso | 0x80 }).subarray(0, 10);
      vnet.writeUInt16LE(headers, 2);
      expect(first.subarray(0, 10)).toEqual(vnet);
    }
  });

  it("ends where a segment is missing, and what stands alone is a frame like any other", () => {
    const long = ethernet(0x0800, ipv4(6, tcp(pattern(5 * mss), flags)));
    const messages = coupled(long, shape, (index) => index !== 2);
    expect(messages.map((frames) => frames.length)).toEqual([2, 2]);
    const gaps = coupled(long, shape, (index) => index % 2 === 0);
    expect(gaps.map((frames) => frames.length)).toEqual([1, 1, 1]);
    for (const [frame] of gaps) {
      expect(frame?.subarray(0, 10)).toEqual(Buffer.alloc(10));
      expect(transportError(frame?.subarray(24) ?? long, 6, frame?.subarray(44) ?? long)).toBe(0);
    }
  });

  it("is not made of datagrams, nor in a tunnel", () => {
    const datagrams = ethernet(0x0800, ipv4(17, udp(9, payload)));
    expect(coupled(datagrams, { ...shape, gso: GSO.udp, checksumAt: 6 }, () => true)).toHaveLength(3);
    const tunnel = ethernet(0x0800, ipv4(4, ipv4(6, tcp(payload, flags))));
    expect(coupled(tunnel, { ...shape, transportAt: 54 }, () => true)).toHaveLength(3);
  });
});

function withByte(frame: Buffer, offset: number, value: number): Buffer {
  const changed = Buffer.from(frame);
  changed[offset] = value;
  return changed;
}
