import { type FrameViews, vnetHeaderBytes } from "../../kernel/index.ts";
import { checksumOf, fold, sumOf, swapped } from "./checksum.ts";
import type { FrameStore } from "./frame-store.ts";
import { clearVnetHeader, gso, gsoTypeMask, vnet } from "./vnet-header.ts";

const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, serviceVlan: 0x88a8, bridged: 0x6558 } as const;
/** IANA protocol numbers. */
const PROTOCOL = { ipip: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47 } as const;
/** IPv6 extension headers that say how long they are (RFC 8200, 4): hop-by-hop, routing, destination options. */
const extensionHeaders: readonly number[] = [0, 43, 60];
/** Ports of VXLAN (RFC 7348, and what Linux used before it) and Geneve (RFC 8926). */
const vxlanPorts: readonly number[] = [4789, 8472];
const genevePort = 6081;

const etherTypeAt = 12;
const ethernetBytes = 14;
const ipv6Bytes = 40;
const udpBytes = 8;
/** TCP's flags that only one of the segments carries (RFC 9293, 3.1; RFC 3168, 6.1.2). */
const TCP_FIN_PSH = 0x09;
const TCP_CWR = 0x80;

type HeaderKind = "ipv4" | "ipv6" | "udp" | "gre";
/** A header that says how long what follows is, or sums it up; `at` from the beginning of the frame. */
type Header = { readonly kind: HeaderKind; readonly at: number };

/**
 * A frame as large as 64 KiB that the sender's stack left for the network card to split (TSO, USO), and
 * the frames that the card would have made of it: their lengths first, and each of them written where
 * it is wanted. Inside tunnels too (VXLAN, Geneve, GRE, IP in IP), which the sender's stack also leaves
 * whole.
 *
 * What a card does: linux/Documentation/networking/segmentation-offloads.rst.
 */
export class SuperFrame {
  readonly #memory: FrameViews;
  #frame = 0;
  #end = 0;
  #isTcp = false;
  /** Of the frame's bytes, those before the payload; the transport header is the last of them. */
  #headerBytes = 0;
  #transportAt = 0;
  #segmentBytes = 0;
  /** From the outside in; the last IP header is the one of the transport. */
  #headers: Header[] = [];
  /** How many frames it makes. */
  count = 0;
  #firstNumber = 0;
  #lastCount = 0;

  constructor(memory: FrameViews) {
    this.#memory = memory;
  }

  /** Whether the frame behind the vnet header at `start` is one. */
  static is(memory: FrameViews, start: number): boolean {
    return memory.u8[start + vnet.gsoType] !== gso.none;
  }

  /**
   * Takes a super-frame on; its bytes stay where they are.
   *
   * @param length of vnet header and frame
   * @returns false when it is of a kind that cannot be split here
   */
  open(start: number, length: number): boolean {
    const { u8, u16 } = this.#memory;
    this.#frame = start + vnetHeaderBytes;
    this.#end = start + length;
    this.count = 0;
    const type = (u8[start + vnet.gsoType] as number) & gsoTypeMask;
    this.#isTcp = type === gso.tcp4 || type === gso.tcp6;
    if (!this.#isTcp && type !== gso.udp) return false;
    this.#segmentBytes = u16[(start + vnet.gsoSize) >> 1] as number;
    this.#transportAt = u16[(start + vnet.checksumStart) >> 1] as number;
    const transport = this.#frame + this.#transportAt;
    if (this.#segmentBytes === 0 || (transport & 1) !== 0 || transport + 20 > this.#end) return false;
    const transportBytes = this.#isTcp ? ((u8[transport + 12] as number) >> 4) * 4 : udpBytes;
    this.#headerBytes = this.#transportAt + transportBytes;
    const payload = this.#end - this.#frame - this.#headerBytes;
    if (payload <= 0 || transportBytes < udpBytes || !this.#findHeaders()) return false;
    // One number is left out, so that the last segment of one and the first of the next do not follow each other.
    this.#firstNumber = (this.#firstNumber + this.#lastCount + 1) & 0x3fff_ffff;
    this.count = Math.ceil(payload / this.#segmentBytes);
    this.#lastCount = this.count;
    return true;
  }

  /** Whether it is in a tunnel. A vnet header says nothing of tunnels, so the kernel would not know what to do with it. */
  get isTunnelled(): boolean {
    return this.#headers.length > 1;
  }

  /** Of vnet header and frame of the segment `index`. */
  lengthOf(index: number): number {
    return vnetHeaderBytes + this.#headerBytes + this.#payloadBytes(index);
  }

  /** Notes of a kept segment what it takes to couple it to its neighbours again. */
  mark(index: number, place: number, store: FrameStore): void {
    // Those of UDP, and those in tunnels, go by themselves.
    if (this.#isTcp && !this.isTunnelled)
      store.markSegment(place, this.#firstNumber + index, this.#transportAt, this.#headerBytes);
  }

  /** Writes the segment `index`, behind an empty vnet header, to `to`: an even offset. */
  write(index: number, to: number): void {
    const { u8 } = this.#memory;
    const frame = to + vnetHeaderBytes;
    const payload = this.#frame + this.#headerBytes + index * this.#segmentBytes;
    clearVnetHeader(this.#memory, to);
    u8.copyWithin(frame, this.#frame, this.#frame + this.#headerBytes);
    u8.copyWithin(frame + this.#headerBytes, payload, payload + this.#payloadBytes(index));
    const end = to + this.lengthOf(index);
    for (const { kind, at } of this.#headers) this.#fitLength(kind, frame + at, end, index);
    const transport = frame + this.#transportAt;
    if (this.#isTcp) this.#fitTcp(transport, index);
    else this.#writeBig16(transport + 4, end - transport);
    const [protocol, field] = this.#isTcp ? [PROTOCOL.tcp, transport + 16] : [PROTOCOL.udp, transport + 6];
    this.#fitChecksum(this.#headers.length - 1, frame, transport, end, protocol, field);
    this.#fitTunnelChecksums(frame, end);
  }

  #payloadBytes(index: number): number {
    return Math.min(this.#segmentBytes, this.#end - this.#frame - this.#headerBytes - index * this.#segmentBytes);
  }

  /** Finds the headers from the Ethernet header to the transport header; false when the way leads elsewhere. */
  #findHeaders(): boolean {
    this.#headers = [];
    let at = ethernetBytes;
    let type = this.#readBig16(etherTypeAt);
    for (;;) {
      while (type === ETHERTYPE.vlan || type === ETHERTYPE.serviceVlan) {
        type = this.#readBig16(at + 2);
        at += 4;
      }
      let protocol: number;
      if (type === ETHERTYPE.ipv4) {
        this.#headers.push({ kind: "ipv4", at });
        protocol = this.#byte(at + 9);
        const bytes = (this.#byte(at) & 0x0f) * 4;
        if (bytes < 20) return false;
        at += bytes;
      } else if (type === ETHERTYPE.ipv6) {
        this.#headers.push({ kind: "ipv6", at });
        protocol = this.#byte(at + 6);
        at += ipv6Bytes;
        while (extensionHeaders.includes(protocol) && at < this.#transportAt) {
          protocol = this.#byte(at);
          at += (this.#byte(at + 1) + 1) * 8;
        }
      } else return false;
      if (at === this.#transportAt) return protocol === (this.#isTcp ? PROTOCOL.tcp : PROTOCOL.udp);
      if (at > this.#transportAt) return false;
      if (protocol === PROTOCOL.ipip) type = ETHERTYPE.ipv4;
      else if (protocol === PROTOCOL.ipv6) type = ETHERTYPE.ipv6;
      else if (protocol === PROTOCOL.gre) {
        this.#headers.push({ kind: "gre", at });
        type = this.#readBig16(at + 2);
        // RFC 2784 and 2890: checksum, key and sequence number are there when their flag is.
        const flags = this.#byte(at);
        at += 4 + (flags & 0x80 ? 4 : 0) + (flags & 0x20 ? 4 : 0) + (flags & 0x10 ? 4 : 0);
      } else if (protocol === PROTOCOL.udp) {
        this.#headers.push({ kind: "udp", at });
        const port = this.#readBig16(at + 2);
        if (vxlanPorts.includes(port)) {
          at += udpBytes + 8;
          type = ETHERTYPE.bridged;
        } else if (port === genevePort) {
          type = this.#readBig16(at + udpBytes + 2);
          at += udpBytes + 8 + (this.#byte(at + udpBytes) & 0x3f) * 4;
        } else return false;
      } else return false;
      if (type === ETHERTYPE.bridged) {
        type = this.#readBig16(at + etherTypeAt);
        at += ethernetBytes;
      }
    }
  }

  #fitLength(kind: HeaderKind, at: number, end: number, index: number): void {
    const { u16 } = this.#memory;
    switch (kind) {
      case "ipv4": {
        this.#writeBig16(at + 2, end - at);
        this.#writeBig16(at + 4, ((this.#bigAt(at + 4) + index) & 0xffff) >>> 0);
        u16[(at + 10) >> 1] = 0;
        // Not checksumOf: here 0 is a checksum like any other.
        const headerBytes = ((this.#memory.u8[at] as number) & 0x0f) * 4;
        u16[(at + 10) >> 1] = 0xffff - fold(sumOf(this.#memory, at, headerBytes));
        return;
      }
      case "ipv6":
        this.#writeBig16(at + 4, end - at - ipv6Bytes);
        return;
      case "udp":
        this.#writeBig16(at + 4, end - at);
        return;
      case "gre":
        return;
      default:
        kind satisfies never;
    }
  }

  #fitTcp(at: number, index: number): void {
    const { u8 } = this.#memory;
    const sequence = (this.#bigAt(at + 4) * 65_536 + this.#bigAt(at + 6) + index * this.#segmentBytes) % 4_294_967_296;
    this.#writeBig16(at + 4, Math.floor(sequence / 65_536));
    this.#writeBig16(at + 6, sequence % 65_536);
    if (index + 1 < this.count) u8[at + 13] = (u8[at + 13] as number) & ~TCP_FIN_PSH;
    if (index > 0) u8[at + 13] = (u8[at + 13] as number) & ~TCP_CWR;
  }

  /** Computes a checksum that covers a pseudo header of the IP header `ip` or the nearest before it (RFC 9293, 3.1; RFC 8200, 8.1). */
  #fitChecksum(ip: number, frame: number, from: number, end: number, protocol: number, field: number): void {
    let outer = ip;
    while (this.#headers[outer]?.kind !== "ipv4" && this.#headers[outer]?.kind !== "ipv6") outer--;
    const header = this.#headers[outer] as Header;
    const [addresses, bytes] = header.kind === "ipv4" ? [12, 8] : [8, 32];
    const { u16 } = this.#memory;
    u16[field >> 1] = 0;
    const pseudo = sumOf(this.#memory, frame + header.at + addresses, bytes) + swapped(protocol) + swapped(end - from);
    u16[field >> 1] = checksumOf(pseudo + sumOf(this.#memory, from, end - from));
  }

  /** Those of the tunnels around, from the inside out, since each covers what it carries. */
  #fitTunnelChecksums(frame: number, end: number): void {
    for (let index = this.#headers.length - 1; index >= 0; index--) {
      const { kind, at } = this.#headers[index] as Header;
      const begin = frame + at;
      if (kind === "udp" && this.#memory.u16[(begin + 6) >> 1] !== 0)
        this.#fitChecksum(index, frame, begin, end, PROTOCOL.udp, begin + 6);
      if (kind === "gre" && ((this.#memory.u8[begin] as number) & 0x80) !== 0) {
        const { u16 } = this.#memory;
        u16[(begin + 4) >> 1] = 0;
        u16[(begin + 4) >> 1] = 0xffff - fold(sumOf(this.#memory, begin, end - begin));
      }
    }
  }

  #byte(at: number): number {
    return at < this.#headerBytes ? (this.#memory.u8[this.#frame + at] as number) : 0;
  }

  #readBig16(at: number): number {
    return this.#byte(at) * 256 + this.#byte(at + 1);
  }

  #bigAt(offset: number): number {
    return swapped(this.#memory.u16[offset >> 1] as number);
  }

  #writeBig16(offset: number, value: number): void {
    this.#memory.u16[offset >> 1] = swapped(value);
  }
}
