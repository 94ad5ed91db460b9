import { labError } from "../../../topology/errors/error.ts";
import { joined } from "../layers/joined.ts";
import { type Framing, type Item, MalformedCapture } from "./framing.ts";
import { Pcap } from "./pcap.ts";
import { Pcapng } from "./pcapng.ts";

export type ReaderOptions = {
  /** What the bytes are called in errors: a path, or what streams them. */
  readonly source: string;
  /** Name of the interface, for files that do not say (the older format, of tcpdump and QEMU). */
  readonly interface?: string;
};

/** Reads pcapng and the older format of libpcap from pieces of any size. */
export class CaptureReader {
  readonly #options: ReaderOptions;
  #framing: Framing | undefined;
  #rest: Uint8Array = new Uint8Array();
  #consumed = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Bytes of a part that has not come to its end. */
  get pending(): number {
    return this.#rest.length;
  }

  /**
   * @param piece is kept, not copied: frames show its bytes
   * @throws CAPTURE_MALFORMED
   */
  push(piece: Uint8Array): readonly Item[] {
    const data = this.#rest.length === 0 ? piece : joined([this.#rest, piece]);
    const items: Item[] = [];
    let used = 0;
    try {
      this.#framing ??= recognize(data, this.#options.interface ?? "interface-0");
      used = this.#framing?.read(data, (item) => items.push(item)) ?? 0;
    } catch (error) {
      if (!(error instanceof MalformedCapture)) throw error;
      const { source } = this.#options;
      throw labError(
        "CAPTURE_MALFORMED",
        { source, reason: error.message, afterBytes: this.#consumed },
        { cause: error },
      );
    }
    this.#rest = data.subarray(used);
    this.#consumed += used;
    return items;
  }
}

/** undefined: not enough bytes to tell yet. */
function recognize(data: Uint8Array, interfaceName: string): Framing | undefined {
  if (data.length < 4) return undefined;
  const head = new DataView(data.buffer, data.byteOffset, 4);
  if (Pcapng.recognizes(head)) return new Pcapng();
  if (Pcap.recognizes(head)) return new Pcap(interfaceName);
  throw new MalformedCapture("it does not begin as a capture (pcapng or pcap)");
}
