import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameHeap } from "../../src/dataplane/frames/frame-heap.ts";
import { FrameQueue } from "../../src/dataplane/frames/frame-queue.ts";
import { DelayLine } from "../../src/dataplane/impairment/delay-line.ts";
import { RateQueue } from "../../src/dataplane/impairment/rate-queue.ts";
import { Timetable } from "../../src/dataplane/timetable.ts";

type Push = { readonly timeMs: number } | "shift";
const pushes = fc.array(fc.oneof(fc.constant<Push>("shift"), fc.record({ timeMs: fc.integer({ min: 0, max: 20 }) })), {
  maxLength: 300,
});

describe("queues of frames", () => {
  it("keep the order in which frames came", () => {
    fc.assert(
      fc.property(pushes, (steps) => {
        const queue = new FrameQueue();
        const model: { place: number; timeMs: number }[] = [];
        for (const [place, step] of steps.entries()) {
          if (step !== "shift") {
            queue.push(place, step.timeMs);
            model.push({ place, timeMs: step.timeMs });
          } else if (model.length > 0) expect(queue.shift()).toBe(model.shift()?.place);
          expect([queue.count, queue.firstMs]).toEqual([model.length, model[0]?.timeMs ?? Infinity]);
        }
      }),
    );
  });

  it("give the earliest first, and of equal times the one that came first", () => {
    fc.assert(
      fc.property(pushes, (steps) => {
        const heap = new FrameHeap();
        let model: { place: number; timeMs: number }[] = [];
        for (const [place, step] of steps.entries()) {
          if (step !== "shift") {
            heap.push(place, step.timeMs);
            model = [...model, { place, timeMs: step.timeMs }].toSorted(
              (a, b) => a.timeMs - b.timeMs || a.place - b.place,
            );
          } else if (model.length > 0) expect(heap.shift()).toBe(model.shift()?.place);
          expect([heap.count, heap.firstMs]).toEqual([model.length, model[0]?.timeMs ?? Infinity]);
        }
      }),
    );
  });
});

describe("a timetable", () => {
  it("runs whoever is due, earliest first, each once, whatever was added, moved and removed", () => {
    const step = fc.record({
      who: fc.integer({ min: 0, max: 9 }),
      what: fc.constantFrom("add", "move", "remove"),
      nextMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant(Infinity)),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 60 }), (steps, nowMs) => {
        const timetable = new Timetable();
        const ran: string[] = [];
        const entries = new Map<number, { nextMs: number; number: number }>();
        for (const { who, what, nextMs } of steps) {
          const entry = entries.get(who);
          if (what === "add" && entry === undefined) {
            const added = {
              nextMs,
              number: -1,
              run: () => {
                ran.push(String(added.nextMs));
                added.nextMs = Infinity;
              },
            };
            entries.set(who, added);
            added.number = timetable.add(added);
          } else if (what === "move" && entry !== undefined) {
            entry.nextMs = nextMs;
            timetable.update(entry.number);
          } else if (what === "remove" && entry !== undefined) {
            timetable.remove(entry.number);
            entries.delete(who);
          }
          expect(timetable.nextMs).toBe(Math.min(Infinity, ...[...entries.values()].map((one) => one.nextMs)));
        }
        const due = [...entries.values()].map((one) => one.nextMs).filter((timeMs) => timeMs <= nowMs);
        timetable.runDue(nowMs);
        expect(ran).toEqual(due.toSorted((a, b) => a - b).map(String));
        expect(timetable.nextMs).toBeGreaterThan(nowMs);
      }),
    );
  });

  it("lets others run when one is always due", () => {
    const timetable = new Timetable();
    let [always, once] = [0, 0];
    timetable.add({ nextMs: 0, run: () => void always++ });
    const other = {
      nextMs: 1,
      run: () => {
        once++;
        other.nextMs = Infinity;
      },
    };
    timetable.add(other);
    for (let turn = 0; turn < 3; turn++) timetable.runDue(5);
    expect([always > 2, once]).toEqual([true, 1]);
  });
});

describe("a delay line", () => {
  it("keeps the order of frames whose delays would have them overtake", () => {
    const line = new DelayLine();
    line.pushInOrder(1, 30);
    line.pushInOrder(2, 10);
    line.pushInOrder(3, 40);
    const left = Array.from({ length: 3 }, () => [line.firstMs, line.shift()]);
    expect(left).toEqual([
      [30, 1],
      [30, 2],
      [40, 3],
    ]);
    expect(line.firstMs).toBe(Infinity);
  });

  it("lets those overtake that may, and those at once, which hold up nobody", () => {
    const line = new DelayLine();
    line.push(1, 30);
    line.push(2, 10);
    line.pushAtOnce(3, 5);
    line.pushInOrder(4, 20);
    expect(Array.from({ length: 4 }, () => line.shift())).toEqual([3, 2, 1, 4]);
  });
});

describe("a rate queue", () => {
  /** Places are lengths. */
  const queueOf = (bps: number, limit: { packets: number } | { bytes: number }) => {
    const queue = new RateQueue((place) => place);
    queue.set(bps, limit, 0);
    return queue;
  };
  const drain = (queue: RateQueue) => {
    const left: number[] = [];
    while (queue.count > 0) {
      left.push(queue.nextMs);
      queue.shift();
    }
    return left;
  };

  it("sends each frame for as long as its bits take, with no burst", () => {
    const queue = queueOf(1_000_000, { packets: 10 });
    expect([queue.push(125, 0), queue.push(250, 0), queue.push(125, 2)]).toEqual([true, true, true]);
    expect(drain(queue)).toEqual([1, 3, 4]);
    queue.push(125, 10);
    expect(drain(queue)).toEqual([11]);
  });

  it("drops at the tail what exceeds a number of packets", () => {
    const queue = queueOf(1_000_000, { packets: 2 });
    expect([queue.push(125, 0), queue.push(125, 0), queue.push(125, 0)]).toEqual([true, true, false]);
    expect(drain(queue)).toEqual([1, 2]);
  });

  it("drops at the tail what exceeds a number of bytes", () => {
    const queue = queueOf(1_000_000, { bytes: 300 });
    expect([queue.push(200, 0), queue.push(101, 0), queue.push(100, 0), queue.push(1, 0)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(drain(queue)).toEqual([1.6, expect.closeTo(2.4, 9)]);
  });

  it("goes on at a new rate, with what is left of the frame being sent, and drops nothing", () => {
    const queue = queueOf(1_000_000, { packets: 10 });
    for (const length of [125, 125, 125]) queue.push(length, 0);
    queue.set(2_000_000, { packets: 1 }, 0.5);
    // Half of the first is left: a quarter of a millisecond at twice the rate.
    expect(drain(queue)).toEqual([0.75, 1.25, 1.75]);
  });

  it("has room for what was in flight when it became shorter", () => {
    const queue = queueOf(1_000_000, { packets: 1 });
    queue.push(125, 0);
    queue.set(1_000_000, { packets: 1 }, 0, 5);
    expect([queue.push(125, 5), queue.push(125, 5.1)]).toEqual([true, false]);
  });

  it("lets go of everything when there is no rate any more", () => {
    const queue = queueOf(1000, { packets: 10 });
    for (const length of [125, 125]) queue.push(length, 0);
    queue.set(undefined, undefined, 7);
    expect(queue.isActive).toBe(true);
    expect(drain(queue)).toEqual([7, 7]);
    expect(queue.isActive).toBe(false);
  });

  it("holds a thousand packets when nothing is said", () => {
    const queue = new RateQueue(() => 100);
    queue.set(1000, undefined, 0);
    expect(Array.from({ length: 1200 }, (_, index) => queue.push(index, 0)).filter(Boolean)).toHaveLength(1000);
  });
});
