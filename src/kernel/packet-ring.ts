import { EINTR, KernelError } from "./errno.ts";
import type { FrameMemory } from "./frame-memory.ts";
import { hotCalls } from "./hot-calls.ts";
import { addressOf, lastErrno, libc, pinned } from "./libc.ts";
import { bindRing, slotBytes, takeDrops, takeSocketError } from "./ring-socket.ts";

const ETH_P_8021Q = 0x8100;
/** linux/if_packet.h. */
const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 0x01;
const TP_STATUS_COPY = 0x02;
const TP_STATUS_VLAN_VALID = 0x10;
const TP_STATUS_VLAN_TPID_VALID = 0x40;
const MSG_DONTWAIT = 0x40;
const slotShift = Math.log2(slotBytes);

/** struct virtio_net_hdr, linux/virtio_net.h: flags u8, gso_type u8, hdr_len, gso_size, csum_start, csum_offset u16. */
export const vnetHeaderBytes = 10;
const vnetHeaderLengthAt = 2;
const vnetChecksumStartAt = 6;
/** Destination and source address; the VLAN tag is behind them. */
const addressesBytes = 12;
const vlanTagBytes = 4;

/** The longest frame a Linux link carries, offload included, with its vnet header. */
export const longestFrameBytes = 65_536 + 64;
/** A long frame is received this far into its place, so that a VLAN tag can be put back. */
export const tagRoomBytes = 8;

/** What `PacketRing.next` found. */
export const ringFrame = { none: 0, here: 1, long: 2, lost: 3 } as const;

export type PacketRingOptions = {
  /** A socket made by `openRing` for a link. It becomes the ring's own, but is not closed by it. */
  readonly fd: number;
  readonly slots: number;
  readonly ifindex: number;
  readonly memory: FrameMemory;
  /** Where in `memory`; a multiple of the page size. */
  readonly offset: number;
};

/**
 * A packet socket that receives into memory it shares with the kernel (PACKET_RX_RING, TPACKET_V2;
 * packet(7), Documentation/networking/packet_mmap.rst): no system call, no copy and no limit of
 * net.core.rmem_max per frame, and each with the time it came. Every frame is behind a struct
 * virtio_net_hdr, so that offload frames come whole (PACKET_VNET_HDR), and has its VLAN tag where it
 * was. What the interface sends is not received. It sends what it is given by a `SendBatch`.
 *
 * Frames too long for a slot are in the socket's queue and are fetched one by one; that queue is
 * bounded by net.core.rmem_max.
 *
 * `next` describes a frame in the fields of the ring, which saves an object per frame.
 */
export class PacketRing {
  readonly fd: number;
  readonly #memory: FrameMemory;
  readonly #i32: Int32Array;
  readonly #base: number;
  readonly #slots: number;
  readonly #header = pinned(56);
  readonly #headerAddress = Number(addressOf(this.#header));
  readonly #vector = pinned(16);
  /** The next slot to read, and the first one not given back. */
  #cursor = 0;
  #held = 0;
  #overruns = 0;
  #tag = 0;
  #tagProtocol = 0;

  /** Where the frame's vnet header begins, in bytes from the beginning of the memory. The frame follows it. */
  start = 0;
  /** Vnet header and frame. */
  length = 0;
  /** When it came, by the time of day. */
  seconds = 0;
  nanoseconds = 0;

  /** Begins to receive. @throws {KernelError} ENODEV for an interface that is not there */
  constructor({ fd, slots, ifindex, memory, offset }: PacketRingOptions) {
    this.fd = fd;
    this.#memory = memory;
    this.#i32 = memory.i32;
    this.#base = offset;
    this.#slots = slots;
    // struct msghdr: name and its length, vector and its length, control and its length, flags.
    this.#header.writeBigUInt64LE(addressOf(this.#vector), 16);
    this.#header.writeBigUInt64LE(1n, 24);
    this.#vector.writeBigUInt64LE(BigInt(longestFrameBytes), 8);
    memory.mapFile(fd, offset, slots * slotBytes);
    try {
      bindRing(fd, ifindex);
    } catch (error) {
      this.unmap();
      throw error;
    }
  }

  /**
   * Goes to the next frame: `here`, described by the fields; `long`, described after `fetch`; `lost`,
   * since it was long and the queue full. Its slot stays taken until `release`.
   */
  next(): number {
    const slot = this.#base + (this.#cursor << slotShift);
    const i32 = this.#i32;
    const word = slot >> 2;
    // Atomic, so that what the kernel wrote before the status is read after it.
    const status = Atomics.load(i32, word);
    if ((status & TP_STATUS_USER) === 0) return ringFrame.none;
    this.#cursor = this.#cursor + 1 === this.#slots ? 0 : this.#cursor + 1;
    // struct tpacket2_hdr: status, len, snaplen u32, mac, net u16, sec, nsec u32, vlan_tci, vlan_tpid u16.
    const whole = i32[word + 1] as number;
    const kept = i32[word + 2] as number;
    this.seconds = i32[word + 4] as number;
    this.nanoseconds = i32[word + 5] as number;
    this.#tag = -1;
    if ((status & TP_STATUS_VLAN_VALID) !== 0) {
      const vlan = i32[word + 6] as number;
      this.#tag = vlan & 0xffff;
      this.#tagProtocol = (status & TP_STATUS_VLAN_TPID_VALID) === 0 ? ETH_P_8021Q : vlan >>> 16;
    }
    if ((status & TP_STATUS_COPY) !== 0) return ringFrame.long;
    if (kept < whole) {
      this.#overruns++;
      return ringFrame.lost;
    }
    this.start = slot + ((i32[word + 3] as number) & 0xffff) - vnetHeaderBytes;
    this.length = vnetHeaderBytes + kept;
    if (this.#tag >= 0) this.#putTagBack();
    return ringFrame.here;
  }

  /**
   * Takes the long frame that `next` found out of the queue.
   *
   * @param place where to: `tagRoomBytes + longestFrameBytes` bytes of the memory
   * @returns whether it could be taken; it is lost when not
   */
  fetch(place: number): boolean {
    this.start = place + tagRoomBytes;
    this.#vector.writeBigUInt64LE(BigInt(this.#memory.address + this.start), 0);
    for (;;) {
      const length = hotCalls.recvmsg(this.fd, this.#headerAddress, MSG_DONTWAIT);
      if (length >= 0) {
        this.length = length;
        if (this.#tag >= 0) this.#putTagBack();
        return true;
      }
      if (lastErrno() === EINTR) continue;
      this.#overruns++;
      return false;
    }
  }

  /** Gives the slots of all frames seen so far back to the kernel. */
  release(): void {
    while (this.#held !== this.#cursor) {
      Atomics.store(this.#i32, (this.#base + (this.#held << slotShift)) >> 2, TP_STATUS_KERNEL);
      this.#held = this.#held + 1 === this.#slots ? 0 : this.#held + 1;
    }
  }

  /** Whether so many slots are read and not given back that the kernel could run short of them. */
  get isCrowded(): boolean {
    const taken = this.#cursor - this.#held;
    return (taken < 0 ? taken + this.#slots : taken) >= this.#slots >> 1;
  }

  /** How many frames came and were not received: the ring or the queue was full, or an offload it cannot describe. */
  overruns(): number {
    this.#overruns += takeDrops(this.fd);
    return this.#overruns;
  }

  /** See takeSocketError. */
  takeError(): number {
    return takeSocketError(this.fd);
  }

  /** Lets go of the memory. Nothing may be asked of the ring after it; the socket is to be closed by whoever opened it. */
  unmap(): void {
    this.#memory.unmapFile(this.#base, this.#slots * slotBytes);
  }

  /** The kernel takes the outermost tag out on reception and says so beside the frame. */
  #putTagBack(): void {
    const { u8, u16 } = this.#memory;
    const from = this.start;
    if (this.length < vnetHeaderBytes + addressesBytes) return;
    const to = from - vlanTagBytes;
    u8.copyWithin(to, from, from + vnetHeaderBytes + addressesBytes);
    const tag = to + vnetHeaderBytes + addressesBytes;
    u8[tag] = this.#tagProtocol >> 8;
    u8[tag + 1] = this.#tagProtocol & 0xff;
    u8[tag + 2] = this.#tag >> 8;
    u8[tag + 3] = this.#tag & 0xff;
    this.start = to;
    this.length += vlanTagBytes;
    // Flags and GSO type: what is not described has no places to move.
    if (u16[to >> 1] === 0) return;
    for (const at of [vnetHeaderLengthAt, vnetChecksumStartAt])
      u16[(to + at) >> 1] = (u16[(to + at) >> 1] as number) + vlanTagBytes;
  }
}

/** @throws {KernelError} ENODEV */
export function interfaceIndex(name: string): number {
  const index = libc.ifNametoindex(name);
  if (index === 0) throw new KernelError(`interface ${name}`, lastErrno());
  return index;
}
