import { describe, expect, it } from "vitest";
import type { CaptureStats } from "../../src/dataplane/contract.ts";
import { openCapture } from "./open-capture.ts";
import type { CapturedFrame } from "./pcapng-reader.ts";
import { runScenario } from "./sandbox.ts";

type Report = { readonly stats: CaptureStats; readonly base64: string };

const run = <T>(scenario: string) => runScenario<T>("captures", scenario);
const numberOf = ({ frame }: CapturedFrame) => frame.readUInt32BE(14);
const of = (frames: readonly CapturedFrame[], name: string) => frames.filter((frame) => frame.interface === name);
const isInOrder = (frames: readonly CapturedFrame[]) =>
  frames.every(({ timeNs }, index) => index === 0 || (frames[index - 1] as CapturedFrame).timeNs <= timeNs);

const open = (base64: string) => openCapture(Buffer.from(base64, "base64"));

describe("a capture", () => {
  it("of a wire has what was sent when it came, lost or not, and what arrived when it left", async () => {
    const { stats, base64, arrived, running } = await run<Report & { arrived: number[]; running: CaptureStats[] }>(
      "of a wire",
    );
    const { interfaces, frames, statistics } = open(base64);
    expect(interfaces).toEqual([
      { name: "n0:eth0", description: "a test", snaplen: 262_144 },
      { name: "n1:eth0", description: "a test", snaplen: 262_144 },
    ]);
    const [sent, received] = [of(frames, "n0:eth0"), of(frames, "n1:eth0")];
    expect(sent.map(numberOf)).toEqual(Array.from({ length: 500 }, (_, number) => number));
    expect(received.map(numberOf)).toEqual(arrived);
    expect(arrived.length).toBeLessThan(400);
    // As the nodes see it.
    expect(new Set(sent.map(({ direction }) => direction))).toEqual(new Set(["outbound"]));
    expect(new Set(received.map(({ direction }) => direction))).toEqual(new Set(["inbound"]));
    for (const frame of received) {
      const before = sent[numberOf(frame)] as CapturedFrame;
      expect(frame.frame).toEqual(before.frame);
      expect(Number(frame.timeNs - before.timeNs) / 1e6).toBeGreaterThanOrEqual(9.999);
    }
    expect(isInOrder(frames)).toBe(true);
    expect(stats.interfaces.map(({ frames, droppedByRing }) => [frames, droppedByRing])).toEqual([
      [500, 0],
      [arrived.length, 0],
    ]);
    expect(running[0]?.interfaces).toEqual(stats.interfaces);
    expect(stats.bytes).toBe(Buffer.from(base64, "base64").length);
    expect(statistics.map(({ received, dropped }) => [received, dropped])).toEqual([
      [500, 0],
      [arrived.length, 0],
    ]);
  });

  it.each(["any frame, on a wire", "any frame, on a kernel link"])(
    "has every frame byte for byte at both ends: %s",
    async (scenario) => {
      const { base64, sent } = await run<Report & { sent: string[] }>(scenario);
      const { frames } = open(base64);
      const ways = (name: string, direction: string) =>
        of(frames, name)
          .filter((frame) => frame.direction === direction)
          .map(({ frame }) => frame.toString("hex"));
      expect(ways("n0:eth0", "outbound")).toEqual(sent);
      expect(ways("n1:eth0", "inbound")).toEqual(sent);
      expect([ways("n1:eth0", "outbound").length, ways("n0:eth0", "inbound").length]).toEqual([1, 1]);
      expect(frames.every(({ frame, wholeLength }) => frame.length === wholeLength)).toBe(true);
      expect(isInOrder(frames)).toBe(true);
    },
  );

  it("merges links of both kinds in the order of time, and loses nothing before it is stopped", async () => {
    const { base64, stats } = await run<Report>("of two links, merged");
    const { frames } = open(base64);
    for (const name of ["n0:eth0", "n1:eth0", "n2:eth0", "n3:eth0"]) expect(of(frames, name)).toHaveLength(200);
    expect(isInOrder(frames)).toBe(true);
    expect(stats.interfaces.every(({ droppedByRing, droppedByReader }) => droppedByRing + droppedByReader === 0)).toBe(
      true,
    );
  });

  it("takes what a filter matches, VLAN tags included, the same on a wire and elsewhere, and as much of it as asked for", async () => {
    const { base64 } = await run<Report>("filter");
    const { interfaces, frames } = open(base64);
    expect(interfaces.map(({ filter, snaplen }) => [filter, snaplen])).toEqual([
      ["vlan 100 and ether proto 0x88b5", 64],
      ["vlan 100 and ether proto 0x88b5", 64],
    ]);
    for (const name of ["n0:eth0", "n1:eth0"]) {
      const [frame, ...others] = of(frames, name);
      expect(others).toEqual([]);
      expect([frame?.frame.toString("hex", 12, 16), frame?.frame.length, frame?.wholeLength]).toEqual([
        "81006064",
        64,
        1518,
      ]);
    }
  });

  it("ends by itself after a number of frames or a time, and has comments where they were made", async () => {
    const { ended, files, left } = await run<{ ended: unknown; files: string[]; left: unknown }>(
      "count, duration and comments",
    );
    expect(ended).toEqual([
      ["counted", "count", 10],
      ["timed", "duration", 25],
    ]);
    const [counted, timed, remarked] = files.map(open);
    expect(counted?.frames.map(numberOf)).toEqual(Array.from({ length: 10 }, (_, number) => number));
    expect(timed?.frames).toHaveLength(25);
    const comments = remarked?.frames.flatMap((frame) => frame.comments.map((comment) => [numberOf(frame), comment]));
    expect(comments).toEqual([
      [5, "link l: down"],
      [5, "link l: up"],
    ]);
    expect(timed?.frames[5]?.comments).toEqual(["link l: up"]);
    expect(remarked?.statistics.map((one) => one.comments)).toEqual([["the end"]]);
    expect(left).toEqual([]);
  });

  it("stays with a jack that comes on a wire and leaves it", async () => {
    const { counts, base64 } = await run<Report & { counts: number[] }>("a jack that comes on a wire and leaves it");
    expect(counts).toEqual([10, 10, 10]);
    expect(open(base64).frames.map(numberOf)).toEqual(Array.from({ length: 30 }, (_, number) => number));
  });

  it("goes on where an interface moves to: nowhere, a packet socket, a wire; a port sees frames the other way round", async () => {
    const { counts, said, base64 } = await run<Report & { counts: number[]; said: string }>(
      "an interface that moves from jack to jack",
    );
    expect(counts).toEqual(Array(8).fill(3));
    expect(open(base64).frames.map((frame) => [numberOf(frame), frame.direction])).toEqual([
      ...[0, 1, 2].map((number) => [number, "inbound"]),
      ...[15, 16, 17].map((number) => [number, "outbound"]),
      ...[30, 31, 32].map((number) => [number, "inbound"]),
    ]);
    expect(said).toBe("request-invalid: the capture has no interface 1");
  });

  it("goes on in a file that exists with a section of its own", async () => {
    const { interfaces, frames, statistics } = open((await run<Report>("one file, twice")).base64);
    expect(interfaces).toHaveLength(2);
    expect(frames.map(numberOf)).toEqual(Array.from({ length: 20 }, (_, number) => number));
    expect(statistics.map(({ received }) => received)).toEqual([10, 10]);
  });

  it("into a stream that is read slowly is whole, and says how many frames it has not", async () => {
    const { stats, base64 } = await run<Report>("a stream that is read slowly");
    const { frames, statistics } = open(base64);
    const [captured] = stats.interfaces;
    expect(frames).toHaveLength(captured?.frames ?? -1);
    expect(captured?.droppedByReader).toBeGreaterThan(0);
    expect((captured?.frames ?? 0) + (captured?.droppedByReader ?? 0)).toBe(20_000);
    expect(statistics[0]).toMatchObject({ received: 20_000, dropped: captured?.droppedByReader });
  });

  it("into a stream ends when its reader goes, and the link goes on", async () => {
    expect(await run("a stream whose reader goes")).toEqual({ arrived: 20, reason: "reader-gone", left: [] });
  });

  it("is refused when it cannot be", async () => {
    const { said, left } = await run<{ said: Record<string, string>; left: string[] }>("refusals");
    expect(said).toEqual({
      twice: "capture-exists: there is a capture c already",
      unwritable: expect.stringMatching(/^capture-unwritable: \/proc\/nothing cannot be written: E/),
      filter: expect.stringMatching(/^filter-invalid: the filter "tcp prt 80": .*syntax error/),
      noJack: expect.stringMatching(/^jack-unusable: interface 4711 .*ENODEV/),
      noInterfaces: "request-invalid: a capture needs at least one interface",
      snaplen: "request-invalid: snaplenBytes is 0, and must be a whole number above 0",
      duration: "request-invalid: durationMs is -1, and must be above 0",
      stop: "capture-unknown: there is no capture d",
      comment: "capture-unknown: there is no capture d",
    });
    expect(left).toEqual(["c"]);
  });
});
