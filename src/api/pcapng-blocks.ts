const enhancedPacket = 6;
/** Type and length before the body, the length again after it. */
const leastBlockBytes = 12;
const headBytes = 12;

/**
 * A stream of pcapng in pieces of any size, cut at the ends of its blocks, so that what is passed on is
 * whole whenever the stream breaks off. In little endian, as Netwright writes it.
 */
export class PcapngBlocks {
  #rest: Buffer = Buffer.alloc(0);
  readonly #frames: number[] = [];
  /** Of all whole blocks so far. */
  bytes = 0;

  /** How many frames there were of each interface, by its number. */
  get frames(): readonly number[] {
    return this.#frames;
  }

  /**
   * @returns all blocks that are whole by now and were not returned before; may be empty
   * @throws RangeError for what is no pcapng
   */
  push(piece: Buffer): Buffer {
    const data = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let end = 0;
    while (data.length - end >= headBytes) {
      const length = data.readUInt32LE(end + 4);
      if (length < leastBlockBytes || length % 4 !== 0) throw new RangeError(`a block of ${length} bytes`);
      if (data.length - end < length) break;
      if (data.readUInt32LE(end) === enhancedPacket) {
        const number = data.readUInt32LE(end + 8);
        this.#frames[number] = (this.#frames[number] ?? 0) + 1;
      }
      end += length;
    }
    this.#rest = data.subarray(end);
    this.bytes += end;
    return data.subarray(0, end);
  }

  /** Forgets the part of a block that is there, because nobody will write the rest. */
  breakOff(): void {
    this.#rest = Buffer.alloc(0);
  }
}
