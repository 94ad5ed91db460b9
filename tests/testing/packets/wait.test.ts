import { describe, expect, it } from "vitest";
import {
  collectPackets,
  type Packet,
  parseCapture,
  readPackets,
  waitForPacket,
  waitForPackets,
  waitWithoutPacket,
} from "../../../src/testing/packets/index.ts";
import { captureFile } from "./capture-files.ts";
import { samples } from "./samples.ts";

const arp = { bytes: samples["arp request"] };
const udp = { bytes: samples["udp payload"] };
const syn = { bytes: samples["tcp syn"] };

/** A stream that is written to by hand. */
function stream() {
  const pieces: Uint8Array[] = [captureFile([])];
  let wake = Promise.withResolvers<void>();
  let end: { readonly error?: Error } | undefined;
  const write = (...frames: readonly { readonly bytes: Buffer }[]): void => {
    // Without the head of the file, which was written before.
    pieces.push(captureFile(frames).subarray(captureFile([]).length));
    wake.resolve();
  };
  const finish = (error?: Error): void => {
    end = error === undefined ? {} : { error };
    wake.resolve();
  };
  async function* read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = pieces.shift();
      if (piece !== undefined) yield piece;
      else if (end?.error !== undefined) throw end.error;
      else if (end !== undefined) return;
      else {
        await wake.promise;
        wake = Promise.withResolvers();
      }
    }
  }
  return { write, finish, read };
}

describe("a wait", () => {
  it("ends with a packet that is there already", async () => {
    const { packets } = parseCapture(captureFile([arp, udp]));
    expect((await waitForPacket(packets, { udp: true })).number).toBe(2);
  });

  it("ends when the packet comes", async () => {
    const { write, read, finish } = stream();
    await using live = collectPackets(read());
    write(arp);
    const waiting = waitForPacket(live, { tcp: { flags: { syn: true } } }, { timeoutMs: 20_000 });
    setTimeout(() => write(udp, syn), 50);
    expect((await waiting).number).toBe(3);
    // What one wait has seen is there for the next, and for assertions.
    expect((await waitForPacket(live, { arp: true })).number).toBe(1);
    expect(live.packets).toHaveLength(3);
    finish();
  });

  it("may want packets after another", async () => {
    const { write, read, finish } = stream();
    await using live = collectPackets(read());
    write(udp);
    const first = await waitForPacket(live, { udp: true });
    const waiting = waitForPacket(live, { udp: true }, { after: first, timeoutMs: 20_000 });
    write(arp, udp);
    expect((await waiting).number).toBe(3);
    finish();
  });

  it("may want several", async () => {
    const { write, read, finish } = stream();
    await using live = collectPackets(read());
    const waiting = waitForPackets(live, { udp: true }, { count: 3, timeoutMs: 20_000 });
    write(udp, arp, udp);
    setTimeout(() => write(udp, udp), 20);
    expect((await waiting).map(({ number }) => number)).toEqual([1, 3, 4]);
    finish();
  });

  it("takes a list that grows", async () => {
    const list: Packet[] = [];
    const waiting = waitForPacket(list, { udp: true }, { timeoutMs: 20_000 });
    setTimeout(() => list.push(...parseCapture(captureFile([arp, udp])).packets), 20);
    expect((await waiting).number).toBe(2);
  });

  it("takes a stream, and ends it", async () => {
    const { write, read } = stream();
    let isLeft = false;
    async function* packets() {
      try {
        yield* readPackets(read());
      } finally {
        isLeft = true;
      }
    }
    write(arp, udp);
    expect((await waitForPacket(packets(), { udp: true }, { timeoutMs: 20_000 })).number).toBe(2);
    write(arp);
    await expect.poll(() => isLeft).toBe(true);
  });

  it("fails at its deadline, with the nearest packets", async () => {
    const { write, read, finish } = stream();
    await using live = collectPackets(read());
    write(arp, udp);
    const start = performance.now();
    const waiting = waitForPacket(live, { udp: { destinationPort: 53 } }, { timeoutMs: 100 });
    await expect(waiting).rejects.toMatchObject({
      code: "ERR_ASSERTION",
      message: expect.stringMatching(
        /^Waited 100 ms\. Expected a packet with udp\.destinationPort 53; there are 0 among 2 packets\.\nThe nearest:\n {2}#2 [^\n]*\n {6}udp\.destinationPort is 5000, not 53/,
      ) as string,
    });
    expect(performance.now() - start).toBeGreaterThanOrEqual(95);
    finish();
  });

  it("fails at once when no more can come", async () => {
    const { write, read, finish } = stream();
    await using live = collectPackets(read());
    write(arp);
    finish();
    await expect(waitForPacket(live, { udp: true }, { timeoutMs: 60_000 })).rejects.toThrow(/^The packets ended\./);
    const broken = stream();
    broken.finish(new Error("gone"));
    await expect(waitForPacket(readPackets(broken.read()), { udp: true })).rejects.toMatchObject({
      message: expect.stringMatching(/^The packets ended \(gone\)\./) as string,
      cause: expect.objectContaining({ message: "gone" }) as Error,
    });
  });

  it("is ended by a signal", async () => {
    const signal = AbortSignal.timeout(20);
    await expect(waitForPacket([], { udp: true }, { signal, timeoutMs: 60_000 })).rejects.toThrow(
      /^The wait was ended\./,
    );
  });

  it("can be for silence", async () => {
    const { write, read, finish } = stream();
    await using live = collectPackets(read());
    write(udp);
    await waitForPacket(live, { udp: true });
    // What came before does not count.
    await waitWithoutPacket(live, { udp: true }, { durationMs: 60 });
    const waiting = waitWithoutPacket(live, { udp: true }, { durationMs: 60_000 });
    setTimeout(() => write(arp, udp), 20);
    await expect(waiting).rejects.toThrow(/^Expected no packets with udp; there is 1 among 2 packets:\n {2}#3 /);
    const silence = waitWithoutPacket(live, { tcp: true }, { durationMs: 60_000 });
    finish();
    await expect(silence).rejects.toThrow(/ended before/);
  });
});
