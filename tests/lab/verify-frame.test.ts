import { describe, expect, it } from "vitest";
import type { BpfInstruction } from "../../src/kernel/index.ts";
import {
  isCorrupted,
  probeFilter,
  probeNumber,
  shortestFrameBytes,
  tagOf,
  writeProbe,
} from "../../src/lab/verify/probe-frame.ts";

const run = 0xabcdef;
const tag = tagOf(run, 5, 1);

function probe(number: number, bytes = shortestFrameBytes): Uint8Array {
  const frame = new Uint8Array(bytes);
  writeProbe(frame, 0, bytes, tag, number);
  return frame;
}

/** What a filter of the few instructions it has returns (linux/filter.h). */
function filtered(program: readonly BpfInstruction[], frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const { code, jt, jf, k } = program[at] as BpfInstruction;
    if (code === 0x20) {
      if (k + 4 > frame.length) return 0;
      accumulator = view.getUint32(k);
    } else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x15) at += accumulator === k ? jt : jf;
    else if (code === 0x06) return k;
    else throw new Error(`instruction ${code}`);
  }
}

describe("a probe frame", () => {
  it("goes to an address that no bridge forwards, under an EtherType for experiments", () => {
    expect(Buffer.from(probe(7)).toString("hex", 0, 14)).toBe("0180c2000001024e5750000188b5");
  });

  it("is known by its number, and only to its own run, phase and direction", () => {
    for (const number of [0, 1, 0xffffff]) {
      const frame = probe(number, 100);
      expect(probeNumber(frame, 0, 100, tag)).toBe(number);
      for (const other of [tagOf(run + 1, 5, 1), tagOf(run, 6, 1), tagOf(run, 5, 0)])
        expect(probeNumber(frame, 0, 100, other)).toBe(-1);
    }
    expect(probeNumber(new Uint8Array(30), 0, 30, tag)).toBe(-1);
  });

  it("passes its filter and is recognised with any one bit inverted, and is seen to be corrupted", () => {
    const filter = probeFilter(run);
    const scratch = new Uint8Array(shortestFrameBytes);
    expect(isCorrupted(probe(123_456), 0, shortestFrameBytes, tag, 123_456, scratch)).toBe(false);
    for (let bit = 0; bit < shortestFrameBytes * 8; bit++) {
      const frame = probe(123_456);
      frame[bit >> 3] = (frame[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(filtered(filter, frame)).toBeGreaterThan(0);
      expect(probeNumber(frame, 0, frame.length, tag)).toBe(123_456);
      expect(isCorrupted(frame, 0, frame.length, tag, 123_456, scratch)).toBe(true);
    }
  });

  it("is told from everything else on the link", () => {
    const filter = probeFilter(run);
    const ping = Buffer.from(`020000000001020000000002080045${"00".repeat(80)}`, "hex");
    expect(filtered(filter, ping)).toBe(0);
    expect(filtered(filter, new Uint8Array(20))).toBe(0);
  });
});
