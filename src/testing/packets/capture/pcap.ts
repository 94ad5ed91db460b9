import { type Framing, type Item, MalformedCapture, mostBlockBytes } from "./framing.ts";
import type { CaptureInterface } from "./packet.ts";

const headerBytes = 24;
const recordBytes = 16;
/** The first four bytes say what the time stamps count, and the byte order. */
const magics: ReadonlyMap<number, { readonly nanosecondsPerTick: bigint }> = new Map([
  [0xa1b2c3d4, { nanosecondsPerTick: 1000n }],
  [0xa1b23c4d, { nanosecondsPerTick: 1n }],
]);

type Header = {
  readonly littleEndian: boolean;
  readonly nanosecondsPerTick: bigint;
  readonly interface: CaptureInterface;
};

/** The older format of libpcap (draft-ietf-opsawg-pcap), as tcpdump -w and QEMU's filter-dump write it. */
export class Pcap implements Framing {
  readonly #name: string;
  #header: Header | undefined;

  /** @param name of the interface, which the format has no place for */
  constructor(name: string) {
    this.#name = name;
  }

  static recognizes(head: DataView): boolean {
    return magics.has(head.getUint32(0)) || magics.has(head.getUint32(0, true));
  }

  read(data: Uint8Array, emit: (item: Item) => void): number {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    let at = 0;
    if (this.#header === undefined) {
      if (data.length < headerBytes) return 0;
      this.#header = this.#readHeader(view);
      emit({ is: "interface", interface: this.#header.interface });
      at = headerBytes;
    }
    const { littleEndian, nanosecondsPerTick, interface: from } = this.#header;
    while (data.length - at >= recordBytes) {
      const captured = view.getUint32(at + 8, littleEndian);
      if (captured > mostBlockBytes) throw new MalformedCapture(`a frame has a length of ${captured} bytes`);
      if (data.length - at - recordBytes < captured) break;
      const seconds = BigInt(view.getUint32(at, littleEndian));
      const ticks = BigInt(view.getUint32(at + 4, littleEndian));
      emit({
        is: "frame",
        frame: {
          interface: from,
          timeNs: seconds * 1_000_000_000n + ticks * nanosecondsPerTick,
          direction: "unknown",
          bytes: data.subarray(at + recordBytes, at + recordBytes + captured),
          length: view.getUint32(at + 12, littleEndian),
          comments: [],
        },
      });
      at += recordBytes + captured;
    }
    return at;
  }

  #readHeader(view: DataView): Header {
    const littleEndian = magics.has(view.getUint32(0, true));
    const magic = magics.get(view.getUint32(0, littleEndian));
    if (magic === undefined) throw new MalformedCapture("it does not begin as a capture");
    const snapLength = view.getUint32(16, littleEndian);
    // The upper bits tell of a frame check sequence.
    const linkType = view.getUint32(20, littleEndian) & 0xffff;
    return { littleEndian, ...magic, interface: { name: this.#name, linkType, snapLength } };
  }
}
