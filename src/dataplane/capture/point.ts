import type { CaptureInterface } from "../contract.ts";
import type { Tap } from "../jack.ts";
import { indexOf } from "../wires.ts";
import type { Capture } from "./capture.ts";
import type { CaptureSource } from "./source.ts";

/** Where an interface is captured; `ifindex` undefined while there is no jack. */
export type Place = { readonly ifindex: number | undefined; readonly isPort: boolean };

/** One interface of one capture. */
export type Point = {
  place: Place;
  readonly tap: Tap;
  /** Where its frames come from when it is not on a wire. */
  source: CaptureSource | undefined;
  /** Of sources it had before. */
  droppedByRing: number;
};

/** @throws {ProblemError} jack-unusable */
export const placeOf = (id: string, { jack, isPort = false }: Pick<CaptureInterface, "jack" | "isPort">): Place => ({
  ifindex: jack === undefined ? undefined : indexOf(id, jack),
  isPort,
});

/** An interface whose frames come from nowhere yet. */
export function pointOf(capture: Capture, place: Place, interfaceNumber: number): Point {
  const point: Point = {
    place,
    tap: {
      capture: (start, length, timeMs, toNode) =>
        capture.take(interfaceNumber, start, length, length, toNode !== point.place.isPort, timeMs),
    },
    source: undefined,
    droppedByRing: 0,
  };
  return point;
}

/** Frames that were lost before they came here. */
export const dropsOf = ({ source, droppedByRing }: Point): number => droppedByRing + (source?.drops() ?? 0);
