import { describe, expect, it } from "vitest";
import { WallClock } from "../../src/kernel/index.ts";

describe("the wall clock", () => {
  it("says a moment of performance.now() as the time of day, and back", () => {
    const clock = new WallClock();
    const nowMs = clock.read();
    const [seconds, nanoseconds] = [clock.secondsOf(nowMs), clock.nanosecondsOf(nowMs)];
    expect(Math.abs(seconds * 1000 + nanoseconds / 1e6 - Date.now())).toBeLessThan(50);
    for (const offset of [0, 0.25, -1234.5, 999.999, 86_400_000]) {
      const timeMs = nowMs + offset;
      const [s, ns] = [clock.secondsOf(timeMs), clock.nanosecondsOf(timeMs)];
      expect(ns).toBeGreaterThanOrEqual(0);
      expect(ns).toBeLessThan(1e9);
      expect(clock.toMonotonicMs(s, ns)).toBeCloseTo(timeMs, 4);
    }
  });

  it("does not move the difference between the clocks for what reading takes", () => {
    const clock = new WallClock();
    const offsets = Array.from({ length: 20_000 }, () => {
      clock.read();
      return clock.toMonotonicMs(1_800_000_000, 0);
    });
    // Clocks that are kept right may drift by 500 ppm at most (adjtimex(2)); this takes a fraction of a second.
    expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThan(0.5);
  });
});
