import { AssertionError } from "node:assert";
import type { Packet } from "../capture/packet.ts";
import { type InterArrival, judgeInterArrival } from "./arrival.ts";
import { matchPackets } from "./compare.ts";
import { judgeContains, judgeOrder, type PacketCount } from "./contains.ts";
import type { PacketPattern } from "./pattern.ts";
import { type Packets, packetsOf, type Verdict } from "./verdict.ts";

/*
 * Assertions for any test runner: they throw the AssertionError of node:assert.
 */

/**
 * A packet must be there that matches.
 *
 * @returns the first one
 * @throws AssertionError, which shows the nearest packets; PACKET_PATTERN_INVALID
 */
export function assertContainsPacket(source: Packets, pattern: PacketPattern): Packet {
  confirm(judgeContains(source, pattern), assertContainsPacket);
  return matchPackets(packetsOf(source), pattern)[0] as Packet;
}

/**
 * So many packets must match.
 *
 * @returns those that do
 * @throws AssertionError, PACKET_PATTERN_INVALID
 */
export function assertContainsPackets(
  source: Packets,
  pattern: PacketPattern,
  wanted: PacketCount = {},
): readonly Packet[] {
  confirm(judgeContains(source, pattern, wanted), assertContainsPackets);
  return matchPackets(packetsOf(source), pattern);
}

/**
 * No packet may match.
 *
 * @throws AssertionError, PACKET_PATTERN_INVALID
 */
export function assertContainsNoPacket(source: Packets, pattern: PacketPattern): void {
  confirm(judgeContains(source, pattern, { count: 0 }), assertContainsNoPacket);
}

/**
 * A packet of each pattern must be there, each after the one before; others may be between them.
 *
 * @throws AssertionError, PACKET_PATTERN_INVALID
 */
export function assertPacketsInOrder(source: Packets, patterns: readonly PacketPattern[]): void {
  confirm(judgeOrder(source, patterns), assertPacketsInOrder);
}

/**
 * The times between packets must be as wanted.
 *
 * @throws AssertionError, PACKET_PATTERN_INVALID, RangeError
 */
export function assertInterArrival(source: Packets, wanted: InterArrival): void {
  confirm(judgeInterArrival(source, wanted), assertInterArrival);
}

/** @param stackStartFn the function that the test called: the stack begins at the test */
function confirm(verdict: Verdict, stackStartFn: (...given: never[]) => unknown): void {
  if (!verdict.isSo)
    throw new AssertionError({ message: verdict.message(), stackStartFn: stackStartFn as () => unknown });
}
