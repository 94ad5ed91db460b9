/**
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), in this machine's byte order, which is little
 * endian, as the section header says.
 */

const BLOCK = { section: 0x0a0d0d0a, interface: 1, statistics: 5, packet: 6 } as const;
const byteOrderMagic = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
/** Time stamps count nanoseconds. */
const nanoseconds = 9;

const OPTION = {
  end: 0,
  comment: 1,
  section: { os: 3, application: 4 },
  interface: { name: 2, description: 3, timeResolution: 9, filter: 11 },
  packet: { flags: 2 },
  statistics: { start: 2, end: 3, received: 4, droppedBySystem: 7, delivered: 8 },
} as const;

/** epb_flags, bits 0 and 1. */
const DIRECTION = { inbound: 1, outbound: 2 } as const;

/** Of a packet block: what stands before the frame, and after it without comments. */
const packetHeadBytes = 28;
const packetFlagsBytes = 8;
const blockEndBytes = 8;

const padded = (bytes: number): number => (bytes + 3) & ~3;

type Option = readonly [code: number, value: Uint8Array];
const text = (value: string): Uint8Array => new TextEncoder().encode(value).subarray(0, 65_535);

/** A point in time, since 1970. */
export type Moment = { readonly seconds: number; readonly nanoseconds: number };

export function sectionHeader(application: string): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(byteOrderMagic, 0);
  body.writeUInt16LE(1, 4);
  // Version 1.0; the length of the section is not known.
  body.writeBigInt64LE(-1n, 8);
  return block(BLOCK.section, body, [
    [OPTION.section.os, text("Linux")],
    [OPTION.section.application, text(application)],
  ]);
}

export function interfaceDescription(options: {
  readonly name: string;
  readonly description?: string | undefined;
  readonly filter?: string | undefined;
  readonly snaplenBytes: number;
}): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(LINKTYPE_ETHERNET, 0);
  body.writeUInt32LE(options.snaplenBytes, 4);
  const { name, description, filter } = options;
  return block(BLOCK.interface, body, [
    [OPTION.interface.name, text(name)],
    ...(description === undefined ? [] : [[OPTION.interface.description, text(description)] as const]),
    [OPTION.interface.timeResolution, Buffer.of(nanoseconds)],
    // The first byte says that it is an expression of libpcap.
    ...(filter === undefined ? [] : [[OPTION.interface.filter, Buffer.concat([Buffer.of(0), text(filter)])] as const]),
  ]);
}

export function interfaceStatistics(options: {
  readonly interface: number;
  readonly start: Moment;
  readonly end: Moment;
  readonly received: number;
  readonly dropped: number;
  readonly delivered: number;
  readonly comments: readonly string[];
}): Buffer {
  const body = Buffer.alloc(12);
  body.writeUInt32LE(options.interface, 0);
  body.set(timeStamp(options.end), 4);
  return block(BLOCK.statistics, body, [
    ...options.comments.map((comment) => [OPTION.comment, text(comment)] as const),
    [OPTION.statistics.start, timeStamp(options.start)],
    [OPTION.statistics.end, timeStamp(options.end)],
    [OPTION.statistics.received, count(options.received)],
    [OPTION.statistics.droppedBySystem, count(options.dropped)],
    [OPTION.statistics.delivered, count(options.delivered)],
  ]);
}

/** Bytes of a packet block with so much of a frame. */
export const packetBlockBytes = (captured: number): number =>
  packetHeadBytes + padded(captured) + packetFlagsBytes + blockEndBytes;

/** What a packet block says beside the frame. */
export type PacketInfo = {
  readonly interface: number;
  readonly time: Moment;
  /** How much of the frame is in the block, and how long it was. */
  readonly captured: number;
  readonly whole: number;
  readonly isInbound: boolean;
};

/**
 * Writes a packet block to `target` at `at`, a multiple of 4, where `packetBlockBytes` are free.
 *
 * @param frame memory in which the frame begins at `start`
 */
export function writePacketBlock(target: Buffer, at: number, info: PacketInfo, frame: Uint8Array, start: number): void {
  const { captured } = info;
  const total = packetBlockBytes(captured);
  const data = at + packetHeadBytes;
  target.writeUInt32LE(BLOCK.packet, at);
  target.writeUInt32LE(total, at + 4);
  target.writeUInt32LE(info.interface, at + 8);
  writeTimeStamp(target, at + 12, info.time.seconds, info.time.nanoseconds);
  target.writeUInt32LE(captured, at + 20);
  target.writeUInt32LE(info.whole, at + 24);
  target.set(frame.subarray(start, start + captured), data);
  let end = data + captured;
  while (end < data + padded(captured)) target[end++] = 0;
  target.writeUInt16LE(OPTION.packet.flags, end);
  target.writeUInt16LE(4, end + 2);
  target.writeUInt32LE(info.isInbound ? DIRECTION.inbound : DIRECTION.outbound, end + 4);
  target.writeUInt32LE(OPTION.end, end + 8);
  target.writeUInt32LE(total, end + 12);
}

/** A packet block with comments, which read in the order given. */
export function withComments(packet: Buffer, comments: readonly string[]): Buffer {
  const options = comments.map((comment) => encodeOption([OPTION.comment, text(comment)]));
  const total = packet.length + options.reduce((sum, option) => sum + option.length, 0);
  const end = Buffer.alloc(blockEndBytes);
  end.writeUInt32LE(total, 4);
  const commented = Buffer.concat([packet.subarray(0, -blockEndBytes), ...options, end]);
  commented.writeUInt32LE(total, 4);
  return commented;
}

function block(type: number, body: Buffer, options: readonly Option[]): Buffer {
  const encoded = [...options.map(encodeOption), Buffer.alloc(4)];
  const total = 12 + body.length + encoded.reduce((sum, option) => sum + option.length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(total, 4);
  return Buffer.concat([head, body, ...encoded, head.subarray(4)]);
}

function encodeOption([code, value]: Option): Buffer {
  const option = Buffer.alloc(4 + padded(value.length));
  option.writeUInt16LE(code, 0);
  option.writeUInt16LE(value.length, 2);
  option.set(value, 4);
  return option;
}

function count(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value), 0);
  return bytes;
}

function timeStamp({ seconds, nanoseconds: rest }: Moment): Buffer {
  const bytes = Buffer.alloc(8);
  writeTimeStamp(bytes, 0, seconds, rest);
  return bytes;
}

/** 64 bits, the upper half first, without a number that JavaScript cannot hold: the seconds are multiplied in halves. */
function writeTimeStamp(target: Buffer, at: number, seconds: number, rest: number): void {
  const upper = Math.floor(seconds / 65_536) * 1e9;
  const lower = (seconds % 65_536) * 1e9 + rest + (upper % 65_536) * 65_536;
  target.writeUInt32LE(Math.floor(upper / 65_536) + Math.floor(lower / 4_294_967_296), at);
  target.writeUInt32LE(lower % 4_294_967_296, at + 4);
}
