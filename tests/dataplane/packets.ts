/**
 * Packets made by hand, and checksums computed the plain way, for tests: nothing here knows how
 * src/dataplane does it.
 */

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/[\s:]/g, ""), "hex");

export const ethernet = (type: number, payload: Buffer): Buffer =>
  Buffer.concat([hex("02000000000b 02000000000a"), Buffer.of(type >> 8, type & 0xff), payload]);

export const vlan = (id: number, type: number, payload: Buffer): Buffer =>
  ethernet(0x8100, Buffer.concat([Buffer.of(id >> 8, id & 0xff, type >> 8, type & 0xff), payload]));

export function ipv4(protocol: number, payload: Buffer, options: { id?: number; options?: Buffer } = {}): Buffer {
  const extra = options.options ?? Buffer.alloc(0);
  const header = Buffer.concat([hex("45000000 00004000 40000000 0a000001 0a000002"), extra]);
  header[0] = 0x40 | (header.length / 4);
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(options.id ?? 0x1234, 4);
  header[9] = protocol;
  header.writeUInt16BE(plainChecksum(header), 10);
  return Buffer.concat([header, payload]);
}

export function ipv6(next: number, payload: Buffer): Buffer {
  const header = hex(`60012345 0000 00 40 fd00${"00".repeat(13)}01 fd00${"00".repeat(13)}02`);
  header.writeUInt16BE(payload.length, 4);
  header[6] = next;
  return Buffer.concat([header, payload]);
}

/** With a checksum of 0. */
export function tcp(payload: Buffer, flags: number, options = hex("0101080a 00000001 00000002")): Buffer {
  const header = Buffer.concat([hex("04d2 0050 fffffc00 00000007 5000 ffff 0000 0000"), options]);
  header[12] = (header.length / 4) << 4;
  header[13] = flags;
  return Buffer.concat([header, payload]);
}

/** With a checksum of 0. */
export function udp(port: number, payload: Buffer): Buffer {
  const header = hex("0400 0000 0000 0000");
  header.writeUInt16BE(port, 2);
  header.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** RFC 1071, word by word, first byte first. */
export function plainChecksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The pseudo header of an IP packet for a transport of `length` bytes. */
export function pseudoHeader(ip: Buffer, protocol: number, length: number): Buffer {
  const isIpv4 = (ip[0] ?? 0) >> 4 === 4;
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(length, 0);
  tail[7] = protocol;
  return Buffer.concat([isIpv4 ? ip.subarray(12, 20) : ip.subarray(8, 40), tail]);
}

/** What a sum over a transport and its pseudo header is when its checksum is right: 0. */
export const transportError = (ip: Buffer, protocol: number, transport: Buffer): number =>
  plainChecksum(Buffer.concat([pseudoHeader(ip, protocol, transport.length), transport]));

/** A payload in which every position can be told from the others. */
export const pattern = (bytes: number): Buffer =>
  Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 31 + (index >> 8) * 7) & 0xff));
