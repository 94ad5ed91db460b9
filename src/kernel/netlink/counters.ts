import type { Message, MessageWriter } from "./codec.ts";
import { readAttributes } from "./codec.ts";

/** What a link has received and sent since it was made, in frames and bytes. */
export type LinkCounters = {
  readonly ifindex: number;
  readonly rxFrames: number;
  readonly txFrames: number;
  readonly rxBytes: number;
  readonly txBytes: number;
};

/** linux/if_link.h: counters of links, without all else that is known of them. */
const IFLA_STATS_LINK_64 = 1;
/** IFLA_STATS_FILTER_BIT */
const filterMask = 1 << (IFLA_STATS_LINK_64 - 1);
/** struct if_stats_msg: family u8, pad u8, pad u16, ifindex u32, filter_mask u32. */
const headBytes = 12;

export function encodeCountersDump(writer: MessageWriter): void {
  writer.u32(0).u32(0).u32(filterMask);
}

/** Of struct rtnl_link_stats64: rx_packets, tx_packets, rx_bytes, tx_bytes come first. */
export function decodeCounters({ payload }: Message): LinkCounters | undefined {
  for (const [type, value] of readAttributes(payload, headBytes)) {
    if (type !== IFLA_STATS_LINK_64) continue;
    return {
      ifindex: payload.readInt32LE(4),
      rxFrames: Number(value.readBigUInt64LE(0)),
      txFrames: Number(value.readBigUInt64LE(8)),
      rxBytes: Number(value.readBigUInt64LE(16)),
      txBytes: Number(value.readBigUInt64LE(24)),
    };
  }
  return undefined;
}
