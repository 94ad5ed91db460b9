import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checksumOf, fold, sumOf, swapped } from "../../src/dataplane/frames/checksum.ts";
import { viewsOf } from "../../src/kernel/index.ts";
import { plainChecksum } from "./packets.ts";

describe("the Internet checksum", () => {
  it("is that of RFC 1071, 3", () => {
    const memory = viewsOf(new ArrayBuffer(16));
    memory.u8.set([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7], 2);
    expect(swapped(fold(sumOf(memory, 2, 8)))).toBe(0xddf2);
  });

  it("of any bytes at any even offset is what adding them one by one gives", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 0, max: 8 }), (bytes, half) => {
        const memory = viewsOf(new ArrayBuffer(4096));
        memory.u8.fill(0xee);
        memory.u8.set(bytes, half * 2);
        const plain = plainChecksum(Buffer.from(bytes));
        expect(swapped(0xffff - fold(sumOf(memory, half * 2, bytes.length)))).toBe(plain);
        expect(swapped(checksumOf(sumOf(memory, half * 2, bytes.length)))).toBe(plain === 0 ? 0xffff : plain);
      }),
    );
  });

  it("holds for 64 KiB of the largest bytes", () => {
    const memory = viewsOf(new ArrayBuffer(65_536));
    memory.u8.fill(0xff);
    expect(fold(sumOf(memory, 0, 65_536))).toBe(0xffff);
  });
});
