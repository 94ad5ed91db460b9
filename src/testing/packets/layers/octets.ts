import { formatAddress } from "../../../topology/address.ts";

/** A layer that cannot be read: a decoder stops with it, and `decodeFrame` reports it. Nobody else sees it. */
export class LayerFault extends Error {
  readonly kind: "truncated" | "malformed";

  constructor(kind: "truncated" | "malformed", message: string) {
    super(message);
    this.kind = kind;
  }
}

/**
 * Bytes in network order (big endian). Reading past the end is a LayerFault, so that a decoder reads as
 * the standard draws it and need not ask for lengths.
 */
export class Octets {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    const value = this.bytes[at];
    if (value === undefined) throw this.#ended(at, 1);
    return value;
  }

  u16(at: number): number {
    const [high, low] = [this.bytes[at], this.bytes[at + 1]];
    if (high === undefined || low === undefined) throw this.#ended(at, 2);
    return (high << 8) | low;
  }

  u24(at: number): number {
    return (this.u8(at) << 16) | this.u16(at + 1);
  }

  u32(at: number): number {
    return this.u16(at) * 0x1_0000 + this.u16(at + 2);
  }

  /** So many bytes from there on. */
  take(at: number, length: number): Uint8Array {
    if (at + length > this.length) throw this.#ended(at, length);
    return this.bytes.subarray(at, at + length);
  }

  /** What follows; empty at the end or past it. */
  from(at: number): Uint8Array {
    return this.bytes.subarray(at);
  }

  mac(at: number): string {
    return colonHex(this.take(at, 6));
  }

  ipv4(at: number): string {
    return ipText(this.take(at, 4));
  }

  ipv6(at: number): string {
    return ipText(this.take(at, 16));
  }

  #ended(at: number, length: number): LayerFault {
    return new LayerFault("truncated", `it ends after ${this.length} bytes, where at least ${at + length} are needed`);
  }
}

/** A LayerFault unless it holds. */
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new LayerFault("malformed", otherwise);
}

const octets = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

/** `02:00:00:00:00:01`, of any length. */
export function colonHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += text === "" ? octets[byte] : `:${octets[byte]}`;
  return text;
}

/** IPv4 of four bytes, IPv6 of sixteen, in canonical text (RFC 5952); of other lengths as `colonHex`. */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return colonHex(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return formatAddress({ family: 6, value: (view.getBigUint64(0) << 64n) | view.getBigUint64(8) });
}

const decoder = new TextDecoder("utf-8");

/** UTF-8, without the zeros that some senders end it with; what is none becomes U+FFFD. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes).replace(/\0+$/, "");

/** Groups of `size` bytes; a rest is a LayerFault. */
export function groups(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  must(bytes.length % size === 0, `${bytes.length} bytes are no multiple of ${size}`);
  return Array.from({ length: bytes.length / size }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}
