import { Attributes, type MessageWriter } from "./codec.ts";
import * as ps from "./headers/pkt-sched.ts";
import { nsOfTicks, ticksOf } from "./tick.ts";

/** How fast frames leave (tc-tbf(8)). Their bits are those of the Ethernet header and what follows. */
export type TokenBucketSettings = {
  /** Bits per second, kept to whole bytes per second. */
  readonly rateBps: number;
  /**
   * What may leave at once after a pause, in bytes. A frame longer than this is dropped (super-frames are
   * split), so at least the MTU and 14 bytes, or 18 with a VLAN tag.
   */
  readonly burstBytes: number;
  /** What may wait, in bytes; or frames, with a pfifo below and a limit here that is out of reach. */
  readonly limitBytes: number;
};

const most = 0xffff_ffff;
/** struct tc_ratespec twice (rate and peak rate), limit, buffer, mtu: 32 bits each. */
const qoptBytes = 36;

export function encodeTokenBucket(writer: MessageWriter, settings: TokenBucketSettings): void {
  const rate = Math.max(1, Math.round(settings.rateBps / 8));
  // struct tc_tbf_qopt. Of struct tc_ratespec only linklayer (its second byte) and the rate matter.
  const qopt = Buffer.alloc(qoptBytes);
  qopt[1] = ps.TC_LINKLAYER_ETHERNET;
  qopt.writeUInt32LE(Math.min(most, rate), 8);
  qopt.writeUInt32LE(Math.min(most, settings.limitBytes), 24);
  qopt.writeUInt32LE(ticksOf((settings.burstBytes / rate) * 1e9), 28);
  writer.attributeBytes(ps.TCA_TBF_PARMS, qopt);
  // Exactly, where the bucket in units of time rounds and runs over.
  writer.attributeU32(ps.TCA_TBF_BURST, settings.burstBytes);
  if (rate >= most) writer.attributeU64(ps.TCA_TBF_RATE64, BigInt(rate));
}

/** The kernel tells the burst as a time, so it comes back rounded; undefined when it says nothing. */
export function decodeTokenBucket(options: Buffer): TokenBucketSettings | undefined {
  const attributes = Attributes.read(options);
  const qopt = attributes.bytes(ps.TCA_TBF_PARMS);
  if (qopt === undefined || qopt.length < qoptBytes) return undefined;
  const rate = Number(attributes.u64(ps.TCA_TBF_RATE64) ?? qopt.readUInt32LE(8));
  return {
    rateBps: rate * 8,
    limitBytes: qopt.readUInt32LE(24),
    burstBytes: Math.round((nsOfTicks(qopt.readUInt32LE(28)) * rate) / 1e9),
  };
}
