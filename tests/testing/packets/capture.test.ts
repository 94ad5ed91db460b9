import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { interfaceStatistics } from "../../../src/dataplane/capture/pcapng.ts";
import {
  collectPackets,
  parseCapture,
  RecordedPackets,
  readCapture,
  readPackets,
} from "../../../src/testing/packets/index.ts";
import { captureFile } from "./capture-files.ts";
import { hex, samples } from "./samples.ts";

const udp = samples["udp payload"];
const second = 1_700_000_000_000_000_000n;

/** Blocks written by hand, in either byte order. */
function writer(little: boolean) {
  const u16 = (value: number): Buffer => {
    const bytes = Buffer.alloc(2);
    if (little) bytes.writeUInt16LE(value);
    else bytes.writeUInt16BE(value);
    return bytes;
  };
  const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    if (little) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const option = (code: number, value: Buffer): Buffer => Buffer.concat([u16(code), u16(value.length), pad(value)]);
  const block = (type: number, ...body: readonly Buffer[]): Buffer => {
    const inside = Buffer.concat(body);
    return Buffer.concat([u32(type), u32(inside.length + 12), inside, u32(inside.length + 12)]);
  };
  return {
    u16,
    u32,
    option,
    block,
    section: () => block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1), u16(0), u32(0xffffffff), u32(0xffffffff)),
    interface: (...options: readonly Buffer[]) => block(1, u16(1), u16(0), u32(65_535), ...options),
    packet: (index: number, ticks: bigint, bytes: Buffer, ...options: readonly Buffer[]) =>
      block(
        6,
        ...[index, Number(ticks >> 32n), Number(ticks & 0xffffffffn), bytes.length, bytes.length + 100].map(u32),
        pad(bytes),
        ...options,
      ),
  };
}

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe("a capture", () => {
  it("has packets with their interface, direction, time and comments", () => {
    const file = captureFile(
      [
        { bytes: udp, atMs: 1, isInbound: false },
        { bytes: samples.stp, atMs: 2.5, interface: 1, comments: ["link h1 -- r1 cut"] },
      ],
      ["h1:eth0", "r1:eth1"],
    );
    const { packets, interfaces, isTruncated } = parseCapture(file);
    expect(interfaces.map(({ name }) => name)).toEqual(["h1:eth0", "r1:eth1"]);
    expect(isTruncated).toBe(false);
    expect(packets).toMatchObject([
      { number: 1, interface: "h1:eth0", direction: "outbound", timeNs: second + 1_000_000n, length: udp.length },
      {
        number: 2,
        interface: "r1:eth1",
        direction: "inbound",
        comments: ["link h1 -- r1 cut"],
        stp: { kind: "rapid" },
      },
    ]);
    expect(packets[1]?.timeNs).toBe(second + 2_500_000n);
    expect(Buffer.from(packets[0]?.bytes ?? [])).toEqual(udp);
  });

  it("has statistics of what was lost", () => {
    const time = { seconds: 1, nanoseconds: 0 };
    const end = interfaceStatistics({
      interface: 0,
      start: time,
      end: time,
      received: 5,
      dropped: 2,
      delivered: 3,
      comments: ["slow reader"],
    });
    expect(parseCapture(Buffer.concat([captureFile([]), end])).statistics).toEqual([
      { interface: "h1:eth0", received: 5, dropped: 2, comments: ["slow reader"] },
    ]);
  });

  it.each([true, false])("of several sections and resolutions is read (little endian: %s)", (little) => {
    const write = writer(little);
    const other = writer(!little);
    const name = (text: string): Buffer => write.option(2, Buffer.from(text));
    const offset = Buffer.alloc(8);
    if (little) offset.writeBigInt64LE(-3600n);
    else offset.writeBigInt64BE(-3600n);
    const file = Buffer.concat([
      write.section(),
      write.interface(name("a"), write.option(9, Buffer.of(9)), write.option(0, Buffer.alloc(0))),
      write.interface(name("b")),
      write.interface(name("c"), write.option(9, Buffer.of(0x80 | 10)), write.option(14, offset)),
      write.block(0x7777, Buffer.alloc(8)),
      write.packet(0, second + 7n, udp, write.option(2, write.u32(1))),
      write.packet(1, second / 1000n, udp, write.option(2, write.u32(2))),
      write.packet(2, 4_000n * 1024n + 512n, udp),
      write.block(3, write.u32(udp.length), udp, Buffer.alloc(-udp.length & 3)),
      other.section(),
      other.interface(other.option(2, Buffer.from("d"))),
      other.packet(0, 1n, udp),
    ]);
    const { packets, interfaces } = parseCapture(file);
    expect(interfaces.map((one) => one.name)).toEqual(["a", "b", "c", "d"]);
    expect(packets.map((packet) => [packet.interface, packet.timeNs, packet.direction])).toEqual([
      ["a", second + 7n, "inbound"],
      ["b", second, "outbound"],
      ["c", 400n * 1_000_000_000n + 500_000_000n, "unknown"],
      ["a", 0n, "unknown"],
      ["d", 1000n, "unknown"],
    ]);
    expect(packets.every((packet) => packet.udp?.destinationPort === 5000)).toBe(true);
    expect(packets[0]?.length).toBe(udp.length + 100);
  });

  it.each([
    ["microseconds", 0xa1b2c3d4, true, 1000n],
    ["nanoseconds", 0xa1b23c4d, false, 1n],
  ])("of the older format is read, with %s", (_, magic, little, unit) => {
    const { u16, u32 } = writer(little);
    const header = Buffer.concat([u32(magic), u16(2), u16(4), u32(0), u32(0), u32(262_144), u32(1)]);
    const record = Buffer.concat([u32(7), u32(5), u32(udp.length), u32(udp.length), udp]);
    const { packets } = parseCapture(Buffer.concat([header, record, record]), { interface: "dut:eth1" });
    expect(packets).toHaveLength(2);
    expect(packets[1]).toMatchObject({
      interface: "dut:eth1",
      timeNs: 7_000_000_000n + 5n * unit,
      direction: "unknown",
    });
    expect(packets[1]?.payload?.text).toBe("hello");
  });

  it("of other link types has what can be read", () => {
    const { block, u16, u32, packet, section } = writer(true);
    const ofType = (type: number, bytes: Buffer) =>
      parseCapture(Buffer.concat([section(), block(1, u16(type), u16(0), u32(0)), packet(0, 0n, bytes)])).packets[0];
    expect(ofType(101, udp.subarray(14))?.ipv4?.source).toBe("10.0.0.1");
    expect(ofType(101, samples["dns answers"].subarray(14))?.dns?.isResponse).toBe(true);
    expect(ofType(147, udp)).toMatchObject({ payload: { length: udp.length }, problems: [{ kind: "malformed" }] });
  });

  it("that breaks off has what came before", () => {
    const file = captureFile([{ bytes: udp }, { bytes: udp }]);
    const { packets, isTruncated } = parseCapture(file.subarray(0, -5));
    expect(packets).toHaveLength(1);
    expect(isTruncated).toBe(true);
  });

  it.each([
    ["text", Buffer.from("#!/bin/sh\nexit 0\n"), /does not begin as a capture/],
    ["a wrong length", Buffer.concat([captureFile([]), hex("06000000 03000000 00000000")]), /length of 3 bytes/],
    ["two lengths", Buffer.concat([captureFile([]), hex("99000000 0c000000 10000000")]), /two lengths/],
    ["no such interface", Buffer.concat([captureFile([], []), writer(true).packet(0, 0n, udp)]), /interface 0/],
    [
      "a packet beyond its block",
      Buffer.concat([captureFile([]), writer(true).block(6, Buffer.alloc(12), hex("ff000000 ff000000"))]),
      /too short/,
    ],
  ])("that is %s is refused", (_, bytes, message) => {
    expect(() => parseCapture(bytes)).toThrow(
      expect.objectContaining({
        code: "CAPTURE_MALFORMED",
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
  });

  it("is read from a file, and a missing one named", async () => {
    const folder = await mkdtemp(join(tmpdir(), "netwright-packets-"));
    try {
      const file = join(folder, "a.pcapng");
      await writeFile(file, captureFile(Array.from({ length: 2000 }, (_, index) => ({ bytes: udp, atMs: index }))));
      expect((await readCapture(file)).packets).toHaveLength(2000);
      await expect(readCapture(join(folder, "b.pcapng"))).rejects.toMatchObject({ code: "CAPTURE_UNREADABLE" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("a stream", () => {
  it("gives the same packets, however it is cut", async () => {
    const frames = Object.values(samples).map((bytes, index) => ({ bytes, atMs: index }));
    const file = captureFile(frames);
    const whole = parseCapture(file).packets;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), async (sizes) => {
        const packets = await Array.fromAsync(readPackets(pieces(file, sizes)));
        expect(packets.map(({ number, timeNs }) => [number, timeNs])).toEqual(
          whole.map(({ number, timeNs }) => [number, timeNs]),
        );
        expect(packets.map(({ bytes }) => Buffer.from(bytes))).toEqual(frames.map(({ bytes }) => bytes));
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  it("is collected while it comes, and kept when it ends with an error", async () => {
    const { promise: broken, reject } = Promise.withResolvers<void>();
    async function* stream() {
      yield captureFile([{ bytes: udp }]);
      await broken;
    }
    const live = collectPackets(stream());
    await live.changed(AbortSignal.timeout(5_000));
    expect(live.packets).toHaveLength(1);
    expect(live.end).toBeUndefined();
    reject(new Error("the lab went down"));
    await live.changed(AbortSignal.timeout(5_000));
    expect(live.end?.error).toMatchObject({ message: "the lab went down" });
    await live.close();
  });

  it("that passes by is recorded, and one that is no capture ends with the reason", async () => {
    const recorded = new RecordedPackets({ source: "h1.pcapng" });
    const file = captureFile([{ bytes: udp }, { bytes: samples.stp }]);
    recorded.push(file.subarray(0, 300));
    const changed = recorded.changed(AbortSignal.timeout(5_000));
    recorded.push(file.subarray(300));
    await changed;
    expect(recorded.packets.map(({ number, layers }) => [number, layers.at(-1)?.layer])).toEqual([
      [1, "payload"],
      [2, "stp"],
    ]);
    expect(recorded.packets).toBe(recorded.packets);
    recorded.push(hex("06000000 03000000 00000000"));
    expect(recorded.end?.error).toMatchObject({ code: "CAPTURE_MALFORMED" });
    expect(recorded.packets).toHaveLength(2);
  });

  it("that never goes on is left all the same", async () => {
    async function* silent(): AsyncGenerator<Uint8Array> {
      await new Promise(() => undefined);
      yield Buffer.alloc(0);
    }
    await collectPackets(silent()).close();
  });
});
