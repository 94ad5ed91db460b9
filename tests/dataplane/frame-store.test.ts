import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameStore, noSegment } from "../../src/dataplane/frames/frame-store.ts";
import { RingSpace, slotsFor } from "../../src/dataplane/frames/ring-space.ts";
import { viewsOf } from "../../src/kernel/index.ts";

const mebibyte = 1024 * 1024;
const base = 4096;

describe("a frame store", () => {
  it("gives places that do not overlap, at multiples of 64, and takes them back in any order", () => {
    const step = fc.oneof(
      fc.record({ take: fc.constantFrom(24, 70, 240, 241, 1528, 1648, 1649, 9_100, 9_400, 65_000, 65_610) }),
      fc.record({ give: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const bytes = 2 * mebibyte;
        const memory = viewsOf(new ArrayBuffer(base + bytes));
        const store = new FrameStore(memory, base, bytes);
        const taken: { place: number; length: number; mark: number }[] = [];
        for (const [mark, one] of steps.entries()) {
          if ("take" in one) {
            const place = store.take(one.take);
            if (place === -1) continue;
            expect(place % 64).toBe(0);
            expect(store.start(place) % 8).toBe(0);
            expect(store.start(place) + one.take).toBeLessThanOrEqual(base + bytes);
            memory.u8.fill(mark & 0xff, store.start(place), store.start(place) + one.take);
            taken.push({ place, length: one.take, mark: mark & 0xff });
          } else if (taken.length > 0) {
            const [{ place, length, mark: written }] = taken.splice(one.give % taken.length, 1) as [(typeof taken)[0]];
            // Nothing that was taken since has written here.
            const start = store.start(place);
            expect(store.length(place)).toBe(length);
            expect(memory.u8.subarray(start, start + length).every((byte) => byte === written)).toBe(true);
            store.give(place);
          }
          expect(store.bytesInUse).toBe(taken.reduce((sum, { length }) => sum + store.sizeFor(length), 0));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("uses all of its memory for any size, whatever it was used for before", () => {
    const bytes = 4 * mebibyte;
    const store = new FrameStore(viewsOf(new ArrayBuffer(bytes)), 0, bytes);
    const fill = (length: number) => {
      const places: number[] = [];
      for (let place = store.take(length); place !== -1; place = store.take(length)) places.push(place);
      for (const place of places) store.give(place);
      return places.length;
    };
    const small = fill(64);
    expect(small).toBeGreaterThan((bytes / 256) * 0.98);
    const large = fill(65_000);
    // All but a slab, which the small ones keep.
    expect(large).toBeGreaterThanOrEqual(Math.floor(bytes / 67_584) - 1);
    expect(fill(64)).toBeGreaterThanOrEqual(small - 264);
    expect(store.bytesInUse).toBe(0);
  });

  it("forgets what a place was when it is taken again", () => {
    const store = new FrameStore(viewsOf(new ArrayBuffer(mebibyte)), 0, mebibyte);
    const place = store.take(100);
    store.markSegment(place, 12, 34, 54);
    expect([store.segmentNumber(place), store.transportAt(place), store.headerBytes(place)]).toEqual([12, 34, 54]);
    store.give(place);
    expect(store.take(100)).toBe(place);
    expect(store.segmentNumber(place)).toBe(noSegment);
  });
});

describe("the space for rings", () => {
  it("gives a few jacks much and a thousand little", () => {
    expect([1, 2, 8, 100, 1000, 5000].map(slotsFor)).toEqual([4096, 4096, 4096, 256, 64, 64]);
  });

  it("is given back", () => {
    const space = new RingSpace(8192, mebibyte);
    const taken = Array.from({ length: 8 }, () => space.take(131_072));
    expect(taken).toEqual(Array.from({ length: 8 }, (_, index) => 8192 + index * 131_072));
    expect(space.take(1)).toBeUndefined();
    space.give(8192 + 131_072, 131_072);
    space.give(8192 + 2 * 131_072, 131_072);
    expect(space.take(200_000)).toBe(8192 + 131_072);
    expect(space.take(1)).toBeUndefined();
  });
});
