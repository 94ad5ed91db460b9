import type { FrameMemory } from "./frame-memory.ts";
import { bindRing, captureBlockBytes, takeDrops, takeSocketError } from "./ring-socket.ts";

const ETH_P_8021Q = 0x8100;
/** linux/if_packet.h. */
const PACKET_OUTGOING = 4;
const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 0x01;
const TP_STATUS_VLAN_VALID = 0x10;
const TP_STATUS_VLAN_TPID_VALID = 0x40;

const fewestBlocks = 4;
/** struct tpacket3_hdr; a struct sockaddr_ll follows, in which the kind of packet is the byte 10. */
const headerBytes = 48;
const packetTypeAt = headerBytes + 10;
const addressesBytes = 12;
const vlanTagBytes = 4;

export type CaptureRingOptions = {
  /** A socket made by `openRing` for a capture. It becomes the ring's own, but is not closed by it. */
  readonly fd: number;
  readonly bytes: number;
  readonly ifindex: number;
  readonly memory: FrameMemory;
  /** Where in `memory`; a multiple of the page size. */
  readonly offset: number;
};

/** The nearest size of a ring that is not smaller. */
export const captureRingBytes = (bytes: number): number =>
  Math.max(fewestBlocks, Math.ceil(bytes / captureBlockBytes)) * captureBlockBytes;

/**
 * A packet socket that copies all that passes an interface, both ways, into memory it shares with the
 * kernel (TPACKET_V3; packet(7), Documentation/networking/packet_mmap.rst). Frames have their VLAN tag
 * where it was. It gets them some milliseconds after they passed, in blocks, with the time at which
 * they did; when the ring is full, frames are lost and counted.
 *
 * `next` describes a frame in the fields of the ring.
 */
export class CaptureRing {
  readonly fd: number;
  readonly #memory: FrameMemory;
  readonly #offset: number;
  readonly #blocks: number;
  /** The block being read; the frame in it, 0 before the first; how many are left. */
  #block = 0;
  #frame = 0;
  #left = 0;
  #drops = 0;

  /** Where the frame begins, in bytes from the beginning of the memory; how many bytes of it are there, and how many it had. */
  start = 0;
  length = 0;
  wholeLength = 0;
  /** When it passed, by the time of day. */
  seconds = 0;
  nanoseconds = 0;
  /** Whether this machine sent it out of the interface. */
  isOutgoing = false;

  /** Begins to receive. @throws {KernelError} ENODEV for an interface that is not there */
  constructor({ fd, bytes, ifindex, memory, offset }: CaptureRingOptions) {
    this.fd = fd;
    this.#memory = memory;
    this.#offset = offset;
    this.#blocks = bytes / captureBlockBytes;
    memory.mapFile(fd, offset, bytes);
    try {
      bindRing(fd, ifindex);
    } catch (error) {
      this.unmap();
      throw error;
    }
  }

  /** Goes to the next frame; false when there is none. The one before is given back with its block. */
  next(): boolean {
    const { i32 } = this.#memory;
    while (this.#left === 0) {
      // struct tpacket_block_desc: version, offset of private data, then status, number of packets, offset of the first, … u32.
      const block = (this.#offset + this.#block * captureBlockBytes) >> 2;
      if (this.#frame !== 0) {
        Atomics.store(i32, block + 2, TP_STATUS_KERNEL);
        this.#block = (this.#block + 1) % this.#blocks;
        this.#frame = 0;
        continue;
      }
      // Atomic, so that what the kernel wrote before the status is read after it.
      if ((Atomics.load(i32, block + 2) & TP_STATUS_USER) === 0) return false;
      this.#left = i32[block + 3] as number;
      this.#frame = block * 4 + (i32[block + 4] as number);
    }
    this.#describe(this.#frame);
    this.#left--;
    this.#frame += i32[this.#frame >> 2] as number;
    return true;
  }

  /** How many frames passed and were lost because the ring was full. */
  drops(): number {
    this.#drops += takeDrops(this.fd);
    return this.#drops;
  }

  /** See takeSocketError. */
  takeError(): number {
    return takeSocketError(this.fd);
  }

  /** Lets go of the memory. Nothing may be asked of the ring after it; the socket is to be closed by whoever opened it. */
  unmap(): void {
    this.#memory.unmapFile(this.#offset, this.#blocks * captureBlockBytes);
  }

  /** struct tpacket3_hdr: offset of the next, sec, nsec, snaplen, len, status u32, mac, net u16, rxhash, vlan_tci u32, vlan_tpid u16. */
  #describe(frame: number): void {
    const { i32, u16, u8 } = this.#memory;
    const word = frame >> 2;
    this.seconds = i32[word + 1] as number;
    this.nanoseconds = i32[word + 2] as number;
    this.length = i32[word + 3] as number;
    this.wholeLength = i32[word + 4] as number;
    const status = i32[word + 5] as number;
    this.start = frame + (u16[(word + 6) << 1] as number);
    this.isOutgoing = u8[frame + packetTypeAt] === PACKET_OUTGOING;
    if ((status & TP_STATUS_VLAN_VALID) === 0 || this.length < addressesBytes) return;
    // The kernel has taken the outermost tag out. Between the socket's address and the frame is room for it.
    const tag = i32[word + 8] as number;
    const protocol = (status & TP_STATUS_VLAN_TPID_VALID) === 0 ? ETH_P_8021Q : (u16[(word + 9) << 1] as number);
    const from = this.start;
    this.start = from - vlanTagBytes;
    u8.copyWithin(this.start, from, from + addressesBytes);
    const at = this.start + addressesBytes;
    u8[at] = protocol >> 8;
    u8[at + 1] = protocol & 0xff;
    u8[at + 2] = (tag >> 8) & 0xff;
    u8[at + 3] = tag & 0xff;
    this.length += vlanTagBytes;
    this.wholeLength += vlanTagBytes;
  }
}
