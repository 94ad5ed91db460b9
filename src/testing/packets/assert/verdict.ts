import type { Packet } from "../capture/packet.ts";

/** What a test asks packets about: a capture, or the packets themselves. */
export type Packets = readonly Packet[] | { readonly packets: readonly Packet[] };

export const packetsOf = (source: Packets): readonly Packet[] => ("packets" in source ? source.packets : source);

/** Whether something is so, and the message for whoever wanted it otherwise. */
export type Verdict = { readonly isSo: boolean; message(): string };

/** What times in messages count from. */
export const startOf = (packets: readonly Packet[]): bigint => packets[0]?.timeNs ?? 0n;

export const counted = (count: number, none = "no"): string =>
  `${count === 0 ? none : count.toLocaleString("en-US")} packet${count === 1 ? "" : "s"}`;
