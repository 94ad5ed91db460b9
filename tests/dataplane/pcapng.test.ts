import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  interfaceDescription,
  interfaceStatistics,
  packetBlockBytes,
  sectionHeader,
  withComments,
  writePacketBlock,
} from "../../src/dataplane/capture/pcapng.ts";
import { PendingBlocks } from "../../src/dataplane/capture/pending.ts";
import { readCapture } from "./pcapng-reader.ts";

const packet = (info: Partial<Parameters<typeof writePacketBlock>[2]>, frame: Uint8Array, start = 0): Buffer => {
  const captured = info.captured ?? frame.length - start;
  const block = Buffer.alloc(packetBlockBytes(captured), 0xee);
  const whole = {
    interface: 0,
    time: { seconds: 1, nanoseconds: 2 },
    captured,
    whole: captured,
    isInbound: true,
    ...info,
  };
  writePacketBlock(block, 0, whole, frame, start);
  return block;
};

const header = Buffer.concat([
  sectionHeader("test"),
  interfaceDescription({ name: "h1:eth0", description: "a — b", filter: "tcp port 80", snaplenBytes: 262_144 }),
  interfaceDescription({ name: "h2:eth0", snaplenBytes: 64 }),
]);

describe("a pcapng file", () => {
  it("describes its interfaces", () => {
    expect(readCapture(header).interfaces).toEqual([
      { name: "h1:eth0", description: "a — b", filter: "tcp port 80", snaplen: 262_144 },
      { name: "h2:eth0", snaplen: 64 },
    ]);
  });

  it("has frames of any length, with their time to the nanosecond, direction and comments", () => {
    const frames = fc.record({
      frame: fc.uint8Array({ maxLength: 200 }),
      seconds: fc.integer({ min: 0, max: 0x7fff_ffff }),
      nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
      isInbound: fc.boolean(),
      comments: fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 10 }), (given) => {
        const blocks = given.map(({ frame, seconds, nanoseconds, isInbound, comments }) => {
          const block = packet({ time: { seconds, nanoseconds }, isInbound, interface: 1 }, frame);
          return comments.length === 0 ? block : withComments(block, comments);
        });
        expect(readCapture(Buffer.concat([header, ...blocks])).frames).toEqual(
          given.map(({ frame, seconds, nanoseconds, isInbound, comments }) => ({
            interface: "h2:eth0",
            timeNs: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
            direction: isInbound ? "inbound" : "outbound",
            frame: Buffer.from(frame),
            wholeLength: frame.length,
            comments,
          })),
        );
      }),
    );
  });

  it("says how long a frame was of which it has a part, from anywhere in memory", () => {
    const memory = Uint8Array.from({ length: 100 }, (_, index) => index);
    const [frame] = readCapture(Buffer.concat([header, packet({ captured: 10, whole: 60 }, memory, 33)])).frames;
    expect([frame?.frame, frame?.wholeLength]).toEqual([Buffer.from(memory.subarray(33, 43)), 60]);
  });

  it("ends with what was lost", () => {
    const time = { seconds: 5, nanoseconds: 0 };
    const end = interfaceStatistics({
      interface: 1,
      start: time,
      end: time,
      received: 10,
      dropped: 3,
      delivered: 7,
      comments: ["link cut"],
    });
    expect(readCapture(Buffer.concat([header, end])).statistics).toEqual([
      { interface: "h2:eth0", received: 10, dropped: 3, comments: ["link cut"] },
    ]);
  });
});

describe("blocks that wait", () => {
  it("come out in the order of time, up to the time asked for, each once", () => {
    const step = fc.oneof(
      fc.record({ timeNs: fc.integer({ min: 0, max: 30 }), bytes: fc.integer({ min: 1, max: 2000 }) }),
      fc.record({ untilNs: fc.integer({ min: 0, max: 35 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const pending = new PendingBlocks();
        let model: { timeNs: number; text: string }[] = [];
        for (const [index, one] of steps.entries()) {
          if ("bytes" in one) {
            const text = `${index};`.padEnd(one.bytes, "x");
            const at = pending.add(text.length, one.timeNs);
            pending.memory.write(text, at);
            model.push({ timeNs: one.timeNs, text });
          } else {
            const due = model.filter(({ timeNs }) => timeNs <= one.untilNs).toSorted((a, b) => a.timeNs - b.timeNs);
            model = model.filter(({ timeNs }) => timeNs > one.untilNs);
            expect(pending.takeUntil(one.untilNs, (block) => block).toString()).toBe(
              due.map(({ text }) => text).join(""),
            );
          }
          expect([pending.count, pending.bytes]).toEqual([
            model.length,
            model.reduce((sum, { text }) => sum + text.length, 0),
          ]);
        }
      }),
    );
  });

  it("may be any number", () => {
    const pending = new PendingBlocks();
    for (let index = 0; index < 5000; index++) pending.memory.writeUInt32LE(index, pending.add(4, 5000 - index));
    const taken = pending.takeUntil(Infinity, (block) => block);
    expect(taken.length).toBe(20_000);
    expect([taken.readUInt32LE(0), taken.readUInt32LE(19_996)]).toEqual([4999, 0]);
  });
});
