import type { MessageWriter } from "./codec.ts";
import * as tc from "./headers/pkt-cls.ts";
import { TCA_KIND, TCA_OPTIONS } from "./headers/rtnetlink.ts";
import { encodeQueue, encodeQueuePlace, type Queue, type QueuePlace } from "./queue.ts";

/** A queueing discipline of a link. `clsact`: no queue, but a place for filters on what comes in and what goes out (tc-bpf(8)). */
export type Qdisc = ClsactQdisc | Queue;
/** Which qdisc of a link. */
export type QdiscPlace = ClsactQdisc | QueuePlace;
type ClsactQdisc = { readonly kind: "clsact"; readonly ifindex: number };

/** Where on a link a filter sits; it needs clsact there. */
export type FilterPlace = {
  readonly ifindex: number;
  readonly hook: "ingress" | "egress";
};

/** Sends every frame that passes out of another link of the same namespace, unchanged, instead of where it was going. */
export type RedirectFilter = FilterPlace & { readonly redirectTo: number };

const hookParent = { ingress: tc.TC_H_MIN_INGRESS, egress: tc.TC_H_MIN_EGRESS } as const;

/** The only filter of its hook: the first hash table, its first node, so that setting it again replaces it. */
const matchAllHandle = 0x80000001;
const matchAllPriority = 1;

export function encodeQdisc(writer: MessageWriter, qdisc: Qdisc): void {
  if (qdisc.kind === "clsact") encodeQdiscPlace(writer, qdisc);
  else encodeQueue(writer, qdisc);
}

export function encodeQdiscPlace(writer: MessageWriter, place: QdiscPlace): void {
  if (place.kind === "clsact") {
    encodeTcmsg(writer, place.ifindex, tc.TC_H_CLSACT_HANDLE, tc.TC_H_CLSACT, 0);
    writer.attributeString(TCA_KIND, place.kind);
  } else encodeQueuePlace(writer, place);
}

/**
 * A u32 filter that matches everything, with a mirred action: both are in the smallest kernels, where
 * matchall is not. No keys: the frame is not even looked at.
 */
export function encodeRedirect(writer: MessageWriter, filter: RedirectFilter): void {
  encodeTcmsg(writer, filter.ifindex, matchAllHandle, hookParent[filter.hook], filterInfo(matchAllPriority));
  writer.attributeString(TCA_KIND, "u32");
  writer.nested(TCA_OPTIONS, () => {
    // struct tc_u32_sel: flags u8, offshift u8, nkeys u8, then 13 bytes for keys that hash and for padding.
    const selector = Buffer.alloc(16);
    selector[0] = tc.TC_U32_TERMINAL;
    writer.attributeBytes(tc.TCA_U32_SEL, selector);
    writer.nested(tc.TCA_U32_ACT, () => {
      writer.nested(1, () => {
        writer.attributeString(tc.TCA_ACT_KIND, "mirred");
        writer.nested(tc.TCA_ACT_OPTIONS, () => {
          // struct tc_mirred: index, capab, action, refcnt, bindcnt, eaction, ifindex, 32 bits each.
          const mirred = Buffer.alloc(28);
          mirred.writeInt32LE(tc.TC_ACT_STOLEN, 8);
          mirred.writeInt32LE(tc.TCA_EGRESS_REDIR, 20);
          mirred.writeUInt32LE(filter.redirectTo, 24);
          writer.attributeBytes(tc.TCA_MIRRED_PARMS, mirred);
        });
      });
    });
  });
}

export function encodeFilterPlace(writer: MessageWriter, { ifindex, hook }: FilterPlace): void {
  encodeTcmsg(writer, ifindex, 0, hookParent[hook], filterInfo(matchAllPriority));
}

/** struct tcmsg: family u8, pad, ifindex u32, handle u32, parent u32, info u32. */
function encodeTcmsg(writer: MessageWriter, ifindex: number, handle: number, parent: number, info: number): void {
  writer.u32(0).u32(ifindex).u32(handle).u32(parent).u32(info);
}

/** Priority in the upper half, protocol in network byte order in the lower. */
const filterInfo = (priority: number): number => ((priority << 16) | (tc.ETH_P_ALL << 8)) >>> 0;
