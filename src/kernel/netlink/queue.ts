import { Attributes, type Message, type MessageWriter } from "./codec.ts";
import * as ps from "./headers/pkt-sched.ts";
import { TCA_KIND, TCA_OPTIONS, TCA_STATS2 } from "./headers/rtnetlink.ts";
import { decodeNetem, encodeNetem, type NetemSettings } from "./netem.ts";
import { decodeTokenBucket, encodeTokenBucket, type TokenBucketSettings } from "./token-bucket.ts";

/** Qdiscs that frames leaving a link wait in. */
export type QueueKind = "netem" | "tbf" | "pfifo" | "bfifo";

/** Which queue of a link. */
export type QueuePlace = {
  readonly kind: QueueKind;
  readonly ifindex: number;
  /**
   * The queue it is in, which passes frames to it: netem or tbf. Absent: the root of the link. A link has
   * at most one queue of a kind. Under netem with a tbf below and a fifo below that, frames meet the
   * impairments in the order of src/dataplane/contract.ts.
   */
  readonly parent?: "netem" | "tbf";
};

/**
 * A queue of a link. Replacing one by the same kind at the same place changes it, and what waits stays.
 * A fifo is changed by its tbf as well, which gives it its own limit: set the fifo after it.
 */
export type Queue =
  | (QueuePlace & NetemSettings & { readonly kind: "netem" })
  | (QueuePlace & TokenBucketSettings & { readonly kind: "tbf" })
  | (QueuePlace & { readonly kind: "pfifo"; readonly limitPackets: number })
  | (QueuePlace & { readonly kind: "bfifo"; readonly limitBytes: number });

/** struct gnet_stats_basic and gnet_stats_queue (linux/gen_stats.h). A super-frame counts as the frames in it, but as one in the queue. */
export type QueueStatistics = {
  /** What left, and those of the queues below. */
  readonly bytes: number;
  readonly packets: number;
  /** By loss and by limits, those of the queues below included. */
  readonly drops: number;
  /** How often a tbf had to wait. */
  readonly overlimits: number;
  readonly requeues: number;
  /** Waiting or in flight now. */
  readonly backlogBytes: number;
  readonly backlogPackets: number;
};

/** A qdisc as the kernel describes it. */
export type QdiscInfo = {
  /** E.g. `netem`, `tbf`, `noqueue`, `clsact`. */
  readonly kind: string;
  readonly ifindex: number;
  /** The number of the qdisc in the upper half: `1:` is 0x10000. */
  readonly handle: number;
  /** A class of another one, or TC_H_ROOT. */
  readonly parent: number;
  readonly statistics: QueueStatistics;
  readonly netem?: NetemSettings;
  readonly tbf?: TokenBucketSettings;
};

/**
 * One number for each kind, in the upper half. Kinds must differ: a request for a number that exists
 * changes what has it, or is refused when that is of another kind.
 */
const handles = { netem: 1 << 16, tbf: 2 << 16, pfifo: 3 << 16, bfifo: 4 << 16 } as const satisfies Record<
  QueueKind,
  number
>;

export function encodeQueue(writer: MessageWriter, queue: Queue): void {
  encodeQueuePlace(writer, queue);
  writer.nested(TCA_OPTIONS, () => {
    switch (queue.kind) {
      case "netem":
        return encodeNetem(writer, queue);
      case "tbf":
        return encodeTokenBucket(writer, queue);
      // struct tc_fifo_qopt: limit u32.
      case "pfifo":
        return void writer.u32(queue.limitPackets);
      case "bfifo":
        return void writer.u32(queue.limitBytes);
      default:
        return queue satisfies never;
    }
  });
}

/** struct tcmsg: family u8, pad, ifindex u32, handle u32, parent u32, info u32; and the kind. */
export function encodeQueuePlace(writer: MessageWriter, { kind, ifindex, parent }: QueuePlace): void {
  // Both netem and tbf have one class, number 1.
  const above = parent === undefined ? ps.TC_H_ROOT : handles[parent] | 1;
  writer.u32(0).u32(ifindex).u32(handles[kind]).u32(above).u32(0).attributeString(TCA_KIND, kind);
}

export const encodeQdiscDump = (writer: MessageWriter): void => void writer.raw(new Uint8Array(20));

export function decodeQdisc({ payload }: Message): QdiscInfo {
  const attributes = Attributes.read(payload, 20);
  const kind = attributes.string(TCA_KIND) ?? "";
  const options = attributes.bytes(TCA_OPTIONS);
  const tbf = kind === "tbf" && options !== undefined ? decodeTokenBucket(options) : undefined;
  return {
    kind,
    ifindex: payload.readInt32LE(4),
    handle: payload.readUInt32LE(8),
    parent: payload.readUInt32LE(12),
    statistics: readStatistics(attributes.nested(TCA_STATS2)),
    ...(kind === "netem" && options !== undefined ? { netem: decodeNetem(options) } : {}),
    ...(tbf === undefined ? {} : { tbf }),
  };
}

/** Basic: bytes u64, packets u32. Queue: length, backlog, drops, requeues, overlimits, u32 each. */
function readStatistics(attributes: Attributes | undefined): QueueStatistics {
  const basic = attributes?.bytes(ps.TCA_STATS_BASIC);
  const queue = attributes?.bytes(ps.TCA_STATS_QUEUE);
  const word = (index: number): number => queue?.readUInt32LE(4 * index) ?? 0;
  return {
    bytes: Number(basic?.readBigUInt64LE(0) ?? 0),
    packets: Number(attributes?.u64(ps.TCA_STATS_PKT64) ?? basic?.readUInt32LE(8) ?? 0),
    backlogPackets: word(0),
    backlogBytes: word(1),
    drops: word(2),
    requeues: word(3),
    overlimits: word(4),
  };
}
