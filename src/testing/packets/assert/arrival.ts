import type { Packet } from "../capture/packet.ts";
import { matchPackets } from "./compare.ts";
import { describePacket } from "./describe.ts";
import { describePattern } from "./explain.ts";
import type { PacketPattern } from "./pattern.ts";
import { counted, type Packets, packetsOf, startOf, type Verdict } from "./verdict.ts";

/** What the times between packets, one after another, should be. At least one of the last three is given. */
export type InterArrival = {
  /** Which packets: all when absent. Capturing at several interfaces, name one: a packet passes each. */
  readonly of?: PacketPattern;
  /** Every time lies between these two. */
  readonly withinMs?: readonly [least: number, most: number];
  /** Their mean lies between these two. */
  readonly meanWithinMs?: readonly [least: number, most: number];
  /** Their median lies between these two; a few late packets do not change it much. */
  readonly medianWithinMs?: readonly [least: number, most: number];
  /** Fewer packets are too few to tell. Default: 2. */
  readonly atLeast?: number;
};

/** The times between packets, one after another, in milliseconds: one less than there are packets. */
export const interArrivalTimes = (source: Packets, pattern: PacketPattern = {}): readonly number[] =>
  timesOf(matchPackets(packetsOf(source), pattern));

const timesOf = (packets: readonly Packet[]): readonly number[] =>
  packets.slice(1).map((packet, index) => Number(packet.timeNs - (packets[index]?.timeNs ?? 0n)) / 1e6);

/**
 * Whether the times between packets are as wanted.
 *
 * @throws PACKET_PATTERN_INVALID; RangeError when nothing is wanted
 */
export function judgeInterArrival(source: Packets, wanted: InterArrival): Verdict {
  const { of: pattern = {}, withinMs, meanWithinMs, medianWithinMs, atLeast = 2 } = wanted;
  if (withinMs === undefined && meanWithinMs === undefined && medianWithinMs === undefined) {
    throw new RangeError("toHaveInterArrival needs withinMs, meanWithinMs or medianWithinMs.");
  }
  const packets = packetsOf(source);
  const found = matchPackets(packets, pattern);
  const times = timesOf(found);
  const which = describePattern(pattern);
  const least = Math.max(2, atLeast);
  if (found.length < least) {
    const message = `Expected at least ${counted(least)}${which}, to tell the time between them; there ${found.length === 1 ? "is" : "are"} ${counted(found.length)}.`;
    return { isSo: false, message: () => message };
  }
  const off = withinMs === undefined ? -1 : times.findIndex((time) => !lies(time, withinMs));
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const median = medianOf(times);
  const isMeanOff = meanWithinMs !== undefined && !lies(mean, meanWithinMs);
  const isMedianOff = medianWithinMs !== undefined && !lies(median, medianWithinMs);
  return {
    isSo: off < 0 && !isMeanOff && !isMedianOff,
    message() {
      const since = startOf(packets);
      const [shortest, longest] = bounds(times);
      const summary = `Times between ${counted(found.length)}${which}: ${milliseconds(shortest)} to ${milliseconds(longest)}, mean ${milliseconds(mean)}, median ${milliseconds(median)}.`;
      const lines: string[] = [];
      if (isMeanOff) lines.push(`Expected a mean of ${rangeText(meanWithinMs)}.`);
      if (isMedianOff) lines.push(`Expected a median of ${rangeText(medianWithinMs)}.`);
      if (withinMs !== undefined && off >= 0) {
        const count = times.filter((time) => !lies(time, withinMs)).length;
        const pair = found.slice(off, off + 2).map((packet) => `  ${describePacket(packet, { sinceNs: since })}`);
        lines.push(
          `Expected each to be ${rangeText(withinMs)}; ${count} of ${times.length} ${count === 1 ? "is" : "are"} not, first ${milliseconds(times[off] ?? 0)} between\n${pair.join("\n")}`,
        );
      }
      return [...(lines.length === 0 ? ["Expected other times between packets."] : lines), summary].join("\n");
    },
  };
}

const lies = (time: number, [least, most]: readonly [number, number]): boolean => time >= least && time <= most;

const rangeText = ([least, most]: readonly [number, number]): string => `${least} to ${most} ms`;
const milliseconds = (time: number): string => `${Number(time.toFixed(3))} ms`;

/** Least and greatest: a list may be too long to be spread. */
const bounds = (times: readonly number[]): readonly [number, number] =>
  times.reduce<readonly [number, number]>(
    ([least, most], time) => [Math.min(least, time), Math.max(most, time)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );

function medianOf(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
