import { NLA_F_NESTED, NLA_HDRLEN, NLA_TYPE_MASK, NLMSG_HDRLEN } from "./headers/netlink.ts";

/**
 * Netlink's wire format (netlink(7)): messages of a header, a fixed part, and attributes, all aligned
 * to four bytes and in the machine's byte order, which is little-endian wherever Netwright runs.
 */

/** Rounds up to four bytes: NLMSG_ALIGN and NLA_ALIGN are the same. */
const align = (length: number): number => (length + 3) & ~3;

/** Writes messages one behind another into one block of memory that grows as needed and is used again. */
export class MessageWriter {
  #memory: Buffer;
  #length = 0;
  #messageStart = 0;

  constructor(capacityBytes = 16_384) {
    this.#memory = Buffer.from(new ArrayBuffer(capacityBytes));
  }

  /** Bytes written since `clear`. */
  get length(): number {
    return this.#length;
  }

  /** What was written: a view, valid until the next write. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Forgets the message begun last. */
  abandon(): void {
    this.#length = this.#messageStart;
  }

  /** Starts a message (struct nlmsghdr); its fixed part and attributes follow, then `end`. */
  begin(type: number, flags: number, sequence: number): void {
    this.#messageStart = this.#length;
    this.u32(0).u16(type).u16(flags).u32(sequence).u32(0);
  }

  /** Closes the message begun last, and returns where it starts. */
  end(): number {
    this.#memory.writeUInt32LE(this.#length - this.#messageStart, this.#messageStart);
    this.#pad();
    return this.#messageStart;
  }

  /** Adds flags to the header of the message that starts at `start`. */
  addFlags(start: number, flags: number): void {
    this.#memory.writeUInt16LE(this.#memory.readUInt16LE(start + 6) | flags, start + 6);
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#memory[this.#length++] = value;
    return this;
  }

  u16(value: number): this {
    this.#reserve(2);
    this.#length = this.#memory.writeUInt16LE(value, this.#length);
    return this;
  }

  u32(value: number): this {
    this.#reserve(4);
    this.#length = this.#memory.writeUInt32LE(value >>> 0, this.#length);
    return this;
  }

  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#memory.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  attributeU8(type: number, value: number): this {
    this.#attributeHeader(type, 1);
    return this.u8(value).#pad();
  }

  attributeU16(type: number, value: number): this {
    this.#attributeHeader(type, 2);
    return this.u16(value).#pad();
  }

  attributeU32(type: number, value: number): this {
    this.#attributeHeader(type, 4);
    return this.u32(value);
  }

  attributeU64(type: number, value: bigint): this {
    this.#attributeHeader(type, 8);
    this.#reserve(8);
    this.#length = this.#memory.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length);
    return this;
  }

  /** Network byte order, which some attributes have whatever the machine's. */
  attributeU16be(type: number, value: number): this {
    this.#attributeHeader(type, 2);
    return this.u8(value >>> 8)
      .u8(value & 0xff)
      .#pad();
  }

  /** A string with its terminating zero. */
  attributeString(type: number, value: string): this {
    const bytes = Buffer.from(value);
    this.#attributeHeader(type, bytes.length + 1);
    return this.raw(bytes).u8(0).#pad();
  }

  attributeBytes(type: number, value: Uint8Array): this {
    this.#attributeHeader(type, value.length);
    return this.raw(value).#pad();
  }

  /** An attribute that holds what `body` writes: attributes, after a fixed part in some cases. */
  nested(type: number, body: () => void): this {
    const start = this.#length;
    this.#attributeHeader(type | NLA_F_NESTED, 0);
    body();
    this.#memory.writeUInt16LE(this.#length - start, start);
    return this.#pad();
  }

  #attributeHeader(type: number, payloadBytes: number): void {
    this.u16(NLA_HDRLEN + payloadBytes).u16(type);
  }

  #pad(): this {
    const padded = align(this.#length);
    this.#reserve(padded - this.#length);
    this.#memory.fill(0, this.#length, padded);
    this.#length = padded;
    return this;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#memory.length) return;
    const larger = Buffer.from(new ArrayBuffer(Math.max(this.#memory.length * 2, this.#length + bytes)));
    larger.set(this.#memory.subarray(0, this.#length));
    this.#memory = larger;
  }
}

/** A message as received; the payload is a view into the memory it was received in. */
export type Message = {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Buffer;
};

/** Splits a datagram into its messages. @throws {RangeError} when a length in it does not fit */
export function* readMessages(datagram: Buffer): Generator<Message> {
  for (let at = 0; at < datagram.length; ) {
    if (datagram.length - at < NLMSG_HDRLEN)
      throw new RangeError(`netlink: ${datagram.length - at} bytes where a message should be`);
    const length = datagram.readUInt32LE(at);
    if (length < NLMSG_HDRLEN || at + length > datagram.length)
      throw new RangeError(`netlink: a message claims ${length} bytes`);
    yield {
      type: datagram.readUInt16LE(at + 4),
      flags: datagram.readUInt16LE(at + 6),
      sequence: datagram.readUInt32LE(at + 8),
      payload: datagram.subarray(at + NLMSG_HDRLEN, at + length),
    };
    at += align(length);
  }
}

/** The attributes of a message or of a nested attribute, by type. */
export class Attributes {
  readonly #values: ReadonlyMap<number, Buffer>;

  private constructor(values: ReadonlyMap<number, Buffer>) {
    this.#values = values;
  }

  /**
   * Reads the attributes behind the first `fixedBytes` of `payload`. Of two of one type the last is
   * kept, as the kernel does. @throws {RangeError} when a length does not fit
   */
  static read(payload: Buffer, fixedBytes = 0): Attributes {
    return new Attributes(new Map(readAttributes(payload, fixedBytes)));
  }

  has(type: number): boolean {
    return this.#values.has(type);
  }

  u8(type: number): number | undefined {
    return this.#sized(type, 1)?.readUInt8(0);
  }

  u16(type: number): number | undefined {
    return this.#sized(type, 2)?.readUInt16LE(0);
  }

  u32(type: number): number | undefined {
    return this.#sized(type, 4)?.readUInt32LE(0);
  }

  i32(type: number): number | undefined {
    return this.#sized(type, 4)?.readInt32LE(0);
  }

  u64(type: number): bigint | undefined {
    return this.#sized(type, 8)?.readBigUInt64LE(0);
  }

  /** Without the terminating zero. */
  string(type: number): string | undefined {
    const bytes = this.#values.get(type);
    if (bytes === undefined) return undefined;
    const end = bytes.indexOf(0);
    return bytes.toString("utf8", 0, end === -1 ? bytes.length : end);
  }

  bytes(type: number): Buffer | undefined {
    return this.#values.get(type);
  }

  nested(type: number): Attributes | undefined {
    const bytes = this.#values.get(type);
    return bytes === undefined ? undefined : Attributes.read(bytes);
  }

  #sized(type: number, bytes: number): Buffer | undefined {
    const value = this.#values.get(type);
    if (value !== undefined && value.length < bytes) {
      throw new RangeError(`netlink: attribute ${type} has ${value.length} bytes, not ${bytes}`);
    }
    return value;
  }
}

/** The attributes in order, as pairs of type (flags removed) and value. @throws {RangeError} when a length does not fit */
export function* readAttributes(payload: Buffer, from = 0): Generator<[type: number, value: Buffer]> {
  for (let at = align(from); at < payload.length; ) {
    if (payload.length - at < NLA_HDRLEN)
      throw new RangeError(`netlink: ${payload.length - at} bytes where an attribute should be`);
    const length = payload.readUInt16LE(at);
    if (length < NLA_HDRLEN || at + length > payload.length)
      throw new RangeError(`netlink: an attribute claims ${length} bytes`);
    yield [payload.readUInt16LE(at + 2) & NLA_TYPE_MASK, payload.subarray(at + NLA_HDRLEN, at + length)];
    at += align(length);
  }
}
