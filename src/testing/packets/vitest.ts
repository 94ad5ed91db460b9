import { type InterArrival, judgeInterArrival } from "./assert/arrival.ts";
import { judgeContains, judgeOrder, type PacketCount } from "./assert/contains.ts";
import type { PacketPattern } from "./assert/pattern.ts";
import type { Packets, Verdict } from "./assert/verdict.ts";

/*
 * Matchers for vitest: `expect.extend(packetMatchers)`, and this import for their types.
 */

type Result = { readonly pass: boolean; readonly message: () => string };

const result = (verdict: Verdict): Result => ({ pass: verdict.isSo, message: () => verdict.message() });

/** For `expect.extend` of vitest, whose `not` they know. */
export const packetMatchers = {
  /** A packet matches. */
  toContainPacket: (received: Packets, pattern: PacketPattern): Result => result(judgeContains(received, pattern)),
  /** So many packets match. */
  toContainPackets: (received: Packets, pattern: PacketPattern, wanted: PacketCount): Result =>
    result(judgeContains(received, pattern, wanted)),
  /** A packet of each pattern is there, each after the one before; others may be between them. */
  toContainPacketsInOrder: (received: Packets, patterns: readonly PacketPattern[]): Result =>
    result(judgeOrder(received, patterns)),
  /** The times between packets are so. */
  toHaveInterArrival: (received: Packets, wanted: InterArrival): Result => result(judgeInterArrival(received, wanted)),
} as const;

interface PacketMatchers<R> {
  /** A packet matches. */
  toContainPacket(pattern: PacketPattern): R;
  /** So many packets match: `count`, or `atLeast` and `atMost`. */
  toContainPackets(pattern: PacketPattern, wanted: PacketCount): R;
  /** A packet of each pattern is there, each after the one before; others may be between them. */
  toContainPacketsInOrder(patterns: readonly PacketPattern[]): R;
  /** The times between packets are so. */
  toHaveInterArrival(wanted: InterArrival): R;
}

declare module "vitest" {
  // Its parameters must be those of vitest.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends PacketMatchers<R> {}
}
