import { describe, expect, it } from "vitest";
import type { Queue } from "../../src/kernel/index.ts";
import { MessageWriter, readMessages } from "../../src/kernel/netlink/codec.ts";
import { decodeQdisc, encodeQueue } from "../../src/kernel/netlink/queue.ts";
import { runScenario } from "./sandbox.ts";

const messageOf = (queue: Queue) => {
  const writer = new MessageWriter();
  writer.begin(36, 0, 1);
  encodeQueue(writer, queue);
  writer.end();
  const [message] = readMessages(writer.bytes);
  if (message === undefined) throw new Error("nothing was written");
  return message;
};
const everything = {
  kind: "netem",
  ifindex: 3,
  delayMs: 10,
  jitterMs: 1,
  loss: { gilbertElliott: { p: 0.01, r: 0.1, badLoss: 0.7, goodLoss: 0.001 } },
  duplicate: 0.01,
  corrupt: 0.02,
  reorder: { probability: 0.03, gap: 5 },
  rateBps: 80e9,
  limitPackets: 12_345,
} as const satisfies Queue;

describe("the bytes of a netem", () => {
  // What tc of iproute2 6.1 sends (seen with strace) for: tc qdisc replace dev … root handle 1: netem delay 10ms 1ms
  // loss gemodel 1% 10% 70% 0.1% duplicate 1% corrupt 2% reorder 3% gap 5 rate 80gbit limit 12345
  const tcmsg = "00000000 03000000 00000100 ffffffff 00000000";
  const qopt = "5a620200 39300000 00000000 05000000 295c8f02 093d0000";
  const reorder = "0c000300 7b14ae07 00000000";
  const corrupt = "0c000400 52b81e05 00000000";
  const loss = "18000580 14000200 295c8f02 9a999919 cdcccc4c 37894100";
  const rate = "0c000800 00e40b5402000000 14000600 ffffffff 00000000 00000000 00000000";

  it("are those that tc sends", () => {
    const hex = messageOf(everything).payload.toString("hex");
    for (const part of [tcmsg, qopt, reorder, corrupt, loss, rate]) expect(hex).toContain(part.replaceAll(" ", ""));
    expect(hex.startsWith(tcmsg.replaceAll(" ", ""))).toBe(true);
  });

  it("tell the delay in nanoseconds, whatever its length", () => {
    const { netem } = decodeQdisc(
      messageOf({ kind: "netem", ifindex: 3, delayMs: 1_000_000.000_001, jitterMs: 0.000_007 }),
    );
    expect(netem).toMatchObject({ delayMs: 1_000_000.000_001, jitterMs: 0.000_007 });
  });

  it("can be read back", () => {
    const { netem, kind, ifindex, handle, parent } = decodeQdisc(messageOf({ ...everything, seed: 2n ** 53n - 1n }));
    expect({ kind, ifindex, handle, parent }).toEqual({
      kind: "netem",
      ifindex: 3,
      handle: 0x10000,
      parent: 0xffffffff,
    });
    expect(netem?.seed).toBe(2n ** 53n - 1n);
    expect(netem).toMatchObject({ delayMs: 10, jitterMs: 1, rateBps: 80e9, limitPackets: 12_345 });
    expect(netem?.reorder?.gap).toBe(5);
    expect(netem?.reorder?.probability).toBeCloseTo(0.03, 8);
    expect(netem?.corrupt).toBeCloseTo(0.02, 8);
    expect(netem?.duplicate).toBeCloseTo(0.01, 8);
    const chance = netem?.loss !== undefined && "gilbertElliott" in netem.loss ? netem.loss.gilbertElliott : undefined;
    for (const name of ["p", "r", "badLoss", "goodLoss"] as const)
      expect(chance?.[name]).toBeCloseTo(everything.loss.gilbertElliott[name], 8);
  });

  it("take back everything that is not asked for any more", () => {
    const { netem } = decodeQdisc(messageOf({ kind: "netem", ifindex: 3, loss: { uniform: 1 } }));
    expect(netem).toEqual({ limitPackets: 1_000_000, loss: { uniform: 1 } });
    const hex = messageOf({ kind: "netem", ifindex: 3 }).payload.toString("hex");
    // The rate, corruption and reordering are there, and nothing.
    for (const part of ["14000600", "0c000400", "0c000300"]) expect(hex).toContain(`${part}0000000000000000`);
  });

  it("keep frames in order without slowing them", () => {
    const { netem } = decodeQdisc(messageOf({ kind: "netem", ifindex: 3, delayMs: 5, jitterMs: 5, keepOrder: true }));
    expect(netem).toEqual({ limitPackets: 1_000_000, delayMs: 5, jitterMs: 5, keepOrder: true });
  });

  it("hold a table of the delay that has the deviation asked for", () => {
    for (const [distribution, deviation] of [
      ["uniform", 1 / Math.sqrt(3)],
      ["normal", 1],
      ["pareto", 1],
    ] as const) {
      const { payload } = messageOf({ kind: "netem", ifindex: 3, jitterMs: 1, distribution });
      // A table of 4,096 16-bit numbers and its header.
      const at = payload.indexOf("04200200", 0, "hex") + 4;
      const table = Array.from({ length: 4096 }, (_, index) => payload.readInt16LE(at + 2 * index) / 8192);
      const mean = table.reduce((sum, value) => sum + value, 0) / table.length;
      expect(mean).toBeCloseTo(0, 3);
      expect(Math.sqrt(table.reduce((sum, value) => sum + (value - mean) ** 2, 0) / table.length)).toBeCloseTo(
        deviation,
        3,
      );
    }
  });

  it("cannot hold a jitter that netem would cut short", () => {
    expect(() => messageOf({ kind: "netem", ifindex: 3, jitterMs: 2148 })).toThrow(RangeError);
  });
});

describe("queues", () => {
  const run = <T>(scenario: string) => runScenario<T>("queues", scenario);
  type Seen = Record<string, unknown>;

  it("are set, changed and deleted as tc sees them", async () => {
    const { created, changed, fast, read, left } = await run<
      Record<"created" | "changed" | "fast" | "left", Seen[]> & { read: Seen[] }
    >("tbf");
    expect(created).toMatchObject([
      { kind: "tbf", handle: "2:", root: true, options: { rate: 1_250_000, burst: "3000b/1", lat: 77_600 } },
      { kind: "pfifo", handle: "3:", parent: "2:1", options: { limit: 50 } },
    ]);
    expect(changed).toMatchObject([
      { kind: "tbf", handle: "2:", options: { rate: 12_500, burst: "2000b/1" } },
      { kind: "bfifo", handle: "4:", parent: "2:1", options: { limit: 9000 } },
    ]);
    // 80 Gbit/s do not fit the 32 bits of bytes a second.
    expect(fast).toMatchObject([{ options: { rate: 10_000_000_000 } }, {}]);
    expect(read).toMatchObject([
      {
        kind: "tbf",
        handle: 0x20000,
        parent: 0xffffffff,
        tbf: { rateBps: 10e6, burstBytes: 3000, limitBytes: 100_000 },
        statistics: { packets: 0, drops: 0, backlogBytes: 0, backlogPackets: 0 },
      },
      { kind: "pfifo", handle: 0x30000, parent: 0x20001 },
    ]);
    expect(left).toEqual([]);
  });

  it("hold frames back, drop what exceeds the limit, and count both", async () => {
    const { statistics, refused, arrivedWithinMs } = await run<{
      statistics: Seen;
      refused: number;
      arrivedWithinMs: number[];
    }>("rate");
    // 40 frames of 1,000 bytes at 800 kbit/s, 10 ms each: one leaves at once, 20 may wait, the rest is
    // dropped, but for what leaves while a slow machine is still sending.
    const drops = Number(statistics["drops"]);
    expect(drops).toBeGreaterThan(0);
    expect(drops).toBeLessThanOrEqual(19);
    expect(refused).toBe(drops);
    expect(arrivedWithinMs).toHaveLength(40 - drops);
    expect(statistics["backlogPackets"]).toBeLessThanOrEqual(20);
    expect(statistics["backlogBytes"]).toBe(1000 * Number(statistics["backlogPackets"]));
    expect(statistics["overlimits"]).toBeGreaterThan(0);
    expect(arrivedWithinMs.at(-1)).toBeGreaterThan((arrivedWithinMs.length - 1) * 10 - 10);
  });

  it("are told apart from those that the kernel does not have", async () => {
    const { tbf, pfifo, netem, netemByTc } = await run<Record<string, boolean>>("supported");
    expect({ tbf, pfifo }).toEqual({ tbf: true, pfifo: true });
    expect(netem).toBe(netemByTc);
  });

  it("meet frames as on the wire once the sending interface may not send super-frames", async () => {
    const { whole, cut, again, refused } = await run<
      Record<"whole" | "cut" | "again", { received: number; bytes: number }> & { refused: Seen }
    >("super-frames");
    for (const { received } of [whole, cut, again]) expect(received).toBe(2_000_000);
    expect(whole.bytes).toBeGreaterThan(1514);
    expect(cut.bytes).toBe(1514);
    expect(again.bytes).toBeGreaterThan(1514);
    expect(refused).toMatchObject({ code: "ENODEV" });
  });
});
