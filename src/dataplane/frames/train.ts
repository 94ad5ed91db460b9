import { type FrameViews, type SendBatch, vnetHeaderBytes } from "../../kernel/index.ts";
import { fold, sumOf, swapped } from "./checksum.ts";
import { type FrameStore, noSegment } from "./frame-store.ts";
import { gso, vnet, vnetFlags } from "./vnet-header.ts";

/** Of an IP packet, which says its length in 16 bits. */
const longestPacketBytes = 65_535;
const ethernetBytes = 14;
const vlanTagBytes = 4;
const ipv6Bytes = 40;
const TCP = 6;
const checksumOffset = 16;
const flagsAt = 13;
const TCP_FIN_PSH = 0x09;
const TCP_CWR = 0x80;
const ECN = 0x80;

/**
 * Couples segments of a TCP super-frame that leave together to a super-frame again, as a network card
 * or the kernel does on reception (LRO, GRO): it was decided about each by itself, but the node gets
 * them at once, and handing over 45 frames one by one costs it and this process most of the time there
 * is. Nothing is copied: the message has the headers of the first and the payloads of all.
 */
export class Train {
  readonly #memory: FrameViews;
  readonly #store: FrameStore;
  readonly #batch: SendBatch;
  /** The first and the last frame of the last message; how long it is, in bytes of the frame. */
  #first = -1;
  #last = -1;
  #bytes = 0;
  #count = 0;

  constructor(memory: FrameViews, store: FrameStore, batch: SendBatch) {
    this.#memory = memory;
    this.#store = store;
    this.#batch = batch;
  }

  /** Puts a kept frame into the batch, coupled to the one before it where it may be, and continues it. */
  load(place: number, mayCouple: boolean): void {
    const store = this.#store;
    const length = store.length(place);
    if (mayCouple && this.#continues(place, length)) {
      const skip = vnetHeaderBytes + store.headerBytes(place);
      this.#batch.couple(store.start(place), length, skip);
      this.#last = place;
      this.#bytes += length - skip;
      this.#count++;
      return;
    }
    this.complete();
    this.#batch.push(store.start(place), length);
    this.#first = place;
    this.#last = place;
    this.#bytes = length - vnetHeaderBytes;
    this.#count = 1;
  }

  /** Writes the headers of the message begun last. Before the batch is sent, and before anything else is put into it. */
  complete(): void {
    if (this.#count > 1) this.#writeHeaders();
    this.#first = -1;
    this.#last = -1;
    this.#count = 0;
  }

  #continues(place: number, length: number): boolean {
    const store = this.#store;
    const number = store.segmentNumber(place);
    const last = this.#last;
    if (number === noSegment || last === -1 || store.segmentNumber(last) !== number - 1) return false;
    const headers = store.headerBytes(place);
    if (store.headerBytes(last) !== headers || store.transportAt(last) !== store.transportAt(place)) return false;
    return this.#bytes + length - vnetHeaderBytes - headers <= longestPacketBytes;
  }

  /** Makes the headers of the first those of all: of a packet that is to be split, with its checksum to be computed. */
  #writeHeaders(): void {
    const { u8, u16 } = this.#memory;
    const store = this.#store;
    const start = store.start(this.#first);
    const frame = start + vnetHeaderBytes;
    const transportAt = store.transportAt(this.#first);
    const transport = frame + transportAt;
    const end = frame + this.#bytes;
    const network = frame + this.#networkAt(frame);
    const isIpv4 = (u8[network] as number) >> 4 === 4;
    if (isIpv4) {
      u16[(network + 2) >> 1] = swapped(end - network);
      u16[(network + 10) >> 1] = 0;
      u16[(network + 10) >> 1] = 0xffff - fold(sumOf(this.#memory, network, ((u8[network] as number) & 0x0f) * 4));
    } else u16[(network + 4) >> 1] = swapped(end - network - ipv6Bytes);
    const [addresses, bytes] = isIpv4 ? [12, 8] : [8, 32];
    const pseudo = sumOf(this.#memory, network + addresses, bytes) + swapped(TCP) + swapped(end - transport);
    u16[(transport + checksumOffset) >> 1] = fold(pseudo);
    const lastFlags = u8[store.start(this.#last) + vnetHeaderBytes + transportAt + flagsAt] as number;
    const flags = (u8[transport + flagsAt] as number) | (lastFlags & TCP_FIN_PSH);
    u8[transport + flagsAt] = flags;
    const headers = store.headerBytes(this.#first);
    u8[start + vnet.flags] = vnetFlags.needsChecksum;
    u8[start + vnet.gsoType] = (isIpv4 ? gso.tcp4 : gso.tcp6) | ((flags & TCP_CWR) === 0 ? 0 : ECN);
    u16[(start + vnet.headerLength) >> 1] = headers;
    u16[(start + vnet.gsoSize) >> 1] = store.length(this.#first) - vnetHeaderBytes - headers;
    u16[(start + vnet.checksumStart) >> 1] = transportAt;
    u16[(start + vnet.checksumOffset) >> 1] = checksumOffset;
  }

  /** Where the IP header is: behind the Ethernet header and the VLAN tags. */
  #networkAt(frame: number): number {
    const { u16 } = this.#memory;
    let at = ethernetBytes;
    for (;;) {
      const type = swapped(u16[(frame + at - 2) >> 1] as number);
      if (type !== 0x8100 && type !== 0x88a8) return at;
      at += vlanTagBytes;
    }
  }
}
