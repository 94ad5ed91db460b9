import { type Framing, type Item, MalformedCapture, mostBlockBytes } from "./framing.ts";
import type { CaptureInterface, PacketDirection } from "./packet.ts";

/** Block types (draft-ietf-opsawg-pcapng, section 11.1). */
const BLOCK = { section: 0x0a0d0d0a, interface: 1, packet: 2, simple: 3, statistics: 5, enhanced: 6 } as const;
const byteOrderMagic = 0x1a2b3c4d;
/** Type and length before the body, the length again after it. */
const leastBlockBytes = 12;

const OPTION = {
  end: 0,
  comment: 1,
  interface: { name: 2, description: 3, resolution: 9, filter: 11, offset: 14 },
  packet: { flags: 2 },
  statistics: { received: 4, droppedByInterface: 5, droppedBySystem: 7 },
} as const;

/** Of epb_flags, bits 0 and 1. */
const directions: readonly PacketDirection[] = ["unknown", "inbound", "outbound", "unknown"];

type Interface = CaptureInterface & {
  /** Of a tick of its time stamps: as many nanoseconds as `ticks` ticks. */
  readonly nanoseconds: bigint;
  readonly ticks: bigint;
  readonly offsetSeconds: bigint;
};

type Option = { readonly code: number; readonly value: Uint8Array };

/** The block in hand. */
type Block = { readonly type: number; readonly body: DataView };

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\0+$/, "");
const padded = (bytes: number): number => (bytes + 3) & ~3;

/** pcapng (draft-ietf-opsawg-pcapng), of either byte order and any number of sections; unknown blocks are passed over. */
export class Pcapng implements Framing {
  #littleEndian = true;
  #interfaces: Interface[] = [];

  static recognizes(head: DataView): boolean {
    return head.getUint32(0) === BLOCK.section;
  }

  read(data: Uint8Array, emit: (item: Item) => void): number {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    let at = 0;
    while (data.length - at >= leastBlockBytes) {
      // The type of a section header reads the same in both byte orders, and its byte order stands behind the length.
      if (view.getUint32(at) === BLOCK.section)
        this.#startSection(view.getUint32(at + 8, true), view.getUint32(at + 8));
      const type = view.getUint32(at, this.#littleEndian);
      const length = view.getUint32(at + 4, this.#littleEndian);
      if (length < leastBlockBytes || length % 4 !== 0 || length > mostBlockBytes) {
        throw new MalformedCapture(`a block has a length of ${length} bytes`);
      }
      if (data.length - at < length) break;
      if (view.getUint32(at + length - 4, this.#littleEndian) !== length) {
        throw new MalformedCapture("the two lengths of a block differ");
      }
      this.#block({ type, body: new DataView(data.buffer, data.byteOffset + at + 8, length - 12) }, emit);
      at += length;
    }
    return at;
  }

  #startSection(little: number, big: number): void {
    if (little !== byteOrderMagic && big !== byteOrderMagic) throw new MalformedCapture("a section has no byte order");
    this.#littleEndian = little === byteOrderMagic;
    // They are numbered from 0 in each section.
    this.#interfaces = [];
  }

  #block(block: Block, emit: (item: Item) => void): void {
    const { type, body } = block;
    switch (type) {
      case BLOCK.section: {
        const major = this.#u16(body, 4);
        if (major !== 1) throw new MalformedCapture(`its version is ${major}, not 1`);
        for (const comment of this.#comments(body, 16)) emit({ is: "comment", text: comment });
        return;
      }
      case BLOCK.interface: {
        const described = this.#interface(body);
        this.#interfaces.push(described);
        emit({ is: "interface", interface: described });
        return;
      }
      case BLOCK.enhanced:
      case BLOCK.packet:
        emit(this.#packet(body, type === BLOCK.packet));
        return;
      case BLOCK.simple:
        emit(this.#simplePacket(body));
        return;
      case BLOCK.statistics:
        emit(this.#statistics(body));
    }
  }

  #interface(body: DataView): Interface {
    const options = this.#options(body, 8);
    const optionOf = (code: number): Uint8Array | undefined => options.find((option) => option.code === code)?.value;
    const description = optionOf(OPTION.interface.description);
    const filter = optionOf(OPTION.interface.filter);
    const name = optionOf(OPTION.interface.name);
    // Microseconds unless it says otherwise; with the top bit, a power of two.
    const resolution = optionOf(OPTION.interface.resolution)?.[0] ?? 6;
    const offset = optionOf(OPTION.interface.offset);
    return {
      name: name === undefined ? `interface-${this.#interfaces.length}` : text(name),
      ...(description === undefined ? {} : { description: text(description) }),
      linkType: this.#u16(body, 0),
      snapLength: this.#u32(body, 4),
      // The first byte says in which form; 0 is text.
      ...(filter?.[0] === 0 ? { filter: text(filter.subarray(1)) } : {}),
      nanoseconds: 1_000_000_000n,
      ticks: resolution & 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution),
      offsetSeconds: offset?.length === 8 ? this.#view(offset).getBigInt64(0, this.#littleEndian) : 0n,
    };
  }

  /** @param isOld the packet block that is no longer to be written: it has no place for more than 65,536 interfaces */
  #packet(body: DataView, isOld: boolean): Item {
    const from = this.#interfaceAt(isOld ? this.#u16(body, 0) : this.#u32(body, 0));
    const captured = this.#u32(body, 12);
    const options = this.#options(body, 20 + padded(captured));
    const flags = options.find(({ code }) => code === OPTION.packet.flags)?.value;
    const bits = flags?.length === 4 ? this.#view(flags).getUint32(0, this.#littleEndian) : 0;
    return {
      is: "frame",
      frame: {
        interface: from,
        timeNs: this.#time(body, 4, from),
        direction: directions[bits & 3] ?? "unknown",
        bytes: this.#bytes(body, 20, captured),
        length: this.#u32(body, 16),
        comments: commentsOf(options),
      },
    };
  }

  /** Of the first interface, without a time, as long as the snap length allows. */
  #simplePacket(body: DataView): Item {
    const from = this.#interfaceAt(0);
    const length = this.#u32(body, 0);
    const kept = from.snapLength === 0 ? length : Math.min(length, from.snapLength);
    const bytes = this.#bytes(body, 4, kept);
    return { is: "frame", frame: { interface: from, timeNs: 0n, direction: "unknown", bytes, length, comments: [] } };
  }

  #statistics(body: DataView): Item {
    const from = this.#interfaceAt(this.#u32(body, 0));
    const options = this.#options(body, 12);
    const count = (code: number): number | undefined => {
      const value = options.find((option) => option.code === code)?.value;
      return value?.length === 8 ? Number(this.#view(value).getBigUint64(0, this.#littleEndian)) : undefined;
    };
    const received = count(OPTION.statistics.received);
    const [atInterface, atSystem] = [
      count(OPTION.statistics.droppedByInterface),
      count(OPTION.statistics.droppedBySystem),
    ];
    const dropped =
      atInterface === undefined && atSystem === undefined ? undefined : (atInterface ?? 0) + (atSystem ?? 0);
    return {
      is: "statistics",
      statistics: {
        interface: from.name,
        ...(received === undefined ? {} : { received }),
        ...(dropped === undefined ? {} : { dropped }),
        comments: commentsOf(options),
      },
    };
  }

  #interfaceAt(index: number): Interface {
    const found = this.#interfaces[index];
    if (found === undefined) throw new MalformedCapture(`a block speaks of interface ${index}, which is not described`);
    return found;
  }

  #time(body: DataView, at: number, { nanoseconds, ticks, offsetSeconds }: Interface): bigint {
    const count = (BigInt(this.#u32(body, at)) << 32n) | BigInt(this.#u32(body, at + 4));
    return (count * nanoseconds) / ticks + offsetSeconds * 1_000_000_000n;
  }

  #comments(body: DataView, start: number): readonly string[] {
    return commentsOf(this.#options(body, start));
  }

  /** There may be none, and no end of them. */
  #options(body: DataView, start: number): readonly Option[] {
    const options: Option[] = [];
    for (let at = start; body.byteLength - at >= 4; ) {
      const code = this.#u16(body, at);
      const length = this.#u16(body, at + 2);
      if (code === OPTION.end) break;
      options.push({ code, value: this.#bytes(body, at + 4, length) });
      at += 4 + padded(length);
    }
    return options;
  }

  #u16(view: DataView, at: number): number {
    if (at + 2 > view.byteLength) throw new MalformedCapture("a block is too short");
    return view.getUint16(at, this.#littleEndian);
  }

  #u32(view: DataView, at: number): number {
    if (at + 4 > view.byteLength) throw new MalformedCapture("a block is too short");
    return view.getUint32(at, this.#littleEndian);
  }

  #bytes(view: DataView, at: number, length: number): Uint8Array {
    if (at + length > view.byteLength) throw new MalformedCapture("a block is too short for what it holds");
    return new Uint8Array(view.buffer, view.byteOffset + at, length);
  }

  #view(bytes: Uint8Array): DataView {
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

const commentsOf = (options: readonly Option[]): readonly string[] =>
  options.filter(({ code }) => code === OPTION.comment).map(({ value }) => text(value));
