import type { RtnetlinkHandle } from "../../kernel/index.ts";
import type { Impairment } from "../../topology/index.ts";
import type { KernelAbilities } from "./road.ts";

/** Ethernet header with a VLAN tag: what a frame is longer than the MTU by. */
const headerBytes = 18;
/** What tbf lets through at once: the kernel's timers are late, and what is missed in this time is made up for. */
const burstMs = 1;
/** What waits for the rate where nothing else is said, as on a wire (src/dataplane/contract.ts). */
const defaultQueue = { packets: 1000 };
/** Of tbf, whose fifo counts frames and not bytes: out of reach. */
const unlimitedBytes = 0xffff_ffff;

/** A jack whose frames, on their way out, meet an impairment. */
type Outlet = {
  readonly ifindex: number;
  readonly impairment: Impairment;
  readonly mtu: number;
  readonly seed: number;
};

/** Queues as they are on a jack: which is the outermost, and whether there is a tbf below a netem. */
type Present = { readonly root: "netem" | "tbf"; readonly isRated: boolean };

/**
 * Impairments by queues of the kernel on the jacks that frames leave through: netem, with a tbf below
 * for a rate and a fifo below that. The same as a wire does, in the same order. A kernel without netem
 * keeps a rate with the tbf alone.
 */
export class Queues {
  readonly #handle: RtnetlinkHandle;
  readonly #present = new Map<number, Present>();

  constructor(handle: RtnetlinkHandle) {
    this.#handle = handle;
  }

  /**
   * Frames that wait stay, and those in flight keep their delay. An empty impairment takes the queues away.
   *
   * @param hasNetem without, the impairment is a rate and nothing else
   */
  set({ ifindex, impairment, mtu, seed }: Outlet, hasNetem: boolean): void {
    if (Object.keys(impairment).length === 0) {
      this.clear(ifindex);
      return;
    }
    const { rateBps, queue = defaultQueue, jitterReorders = false, ...rest } = impairment;
    const keepOrder = !jitterReorders && (rest.delayMs ?? rest.jitterMs ?? 0) > 0;
    const above = hasNetem ? ({ parent: "netem" } as const) : {};
    this.#handle.batch((batch) => {
      if (hasNetem) batch.qdiscReplace({ kind: "netem", ifindex, ...rest, keepOrder, seed: BigInt(seed) });
      if (rateBps === undefined) {
        if (this.#present.get(ifindex)?.isRated === true) batch.qdiscDelete({ kind: "tbf", ifindex, ...above });
        return;
      }
      const burstBytes = Math.max(mtu + headerBytes, Math.round((rateBps / 8_000) * burstMs));
      const limitBytes = "bytes" in queue ? queue.bytes : unlimitedBytes;
      batch.qdiscReplace({ kind: "tbf", ifindex, ...above, rateBps, burstBytes, limitBytes });
      batch.qdiscReplace(
        "packets" in queue
          ? { kind: "pfifo", ifindex, parent: "tbf", limitPackets: queue.packets }
          : { kind: "bfifo", ifindex, parent: "tbf", limitBytes: queue.bytes },
      );
    });
    this.#present.set(ifindex, { root: hasNetem ? "netem" : "tbf", isRated: rateBps !== undefined });
  }

  /** What waits is dropped. */
  clear(ifindex: number): void {
    const present = this.#present.get(ifindex);
    if (present === undefined) return;
    this.#present.delete(ifindex);
    this.#handle.qdiscDelete({ kind: present.root, ifindex });
  }

  /** The jack is gone, and its queues with it. */
  forget(ifindex: number): void {
    this.#present.delete(ifindex);
  }

  /** What left a jack through its queues, what they dropped and what waits in them. */
  counts(ifindex: number) {
    const root = this.#present.get(ifindex)?.root;
    const found = this.#handle.qdiscList({ ifindex }).find(({ kind }) => kind === root);
    if (found === undefined) return undefined;
    const { packets, bytes, drops, backlogPackets, backlogBytes } = found.statistics;
    return {
      sentFrames: packets,
      sentBytes: bytes,
      dropped: drops,
      waitingFrames: backlogPackets,
      waitingBytes: backlogBytes,
    };
  }
}

/** What the kernel can do, by trying on a veth pair that is made for it. */
export function tryQueues(handle: RtnetlinkHandle, ifindex: number): KernelAbilities {
  handle.linkAdd({ name: `try${ifindex}`, ifindex, peer: { name: `try${ifindex + 1}`, ifindex: ifindex + 1 } });
  try {
    const netem = handle.supportsQueue("netem", ifindex);
    return { netem, tbf: handle.supportsQueue("tbf", ifindex), seeds: netem && takesSeeds(handle, ifindex) };
  } finally {
    handle.linkDelete(ifindex);
  }
}

/** Kernels that know seeds tell them back. */
function takesSeeds(handle: RtnetlinkHandle, ifindex: number): boolean {
  handle.qdiscReplace({ kind: "netem", ifindex, seed: 1n });
  return handle.qdiscList({ ifindex }).some(({ netem }) => netem?.seed !== undefined);
}
