import { PacketList } from "./packet-list.ts";
import { CaptureReader, type ReaderOptions } from "./reader.ts";

/** The packets of a capture that passes by on its way elsewhere, e.g. into a file. */
export class RecordedPackets extends PacketList {
  readonly #reader: CaptureReader;

  constructor(options: ReaderOptions) {
    super();
    this.#reader = new CaptureReader(options);
  }

  /** @param piece of any size; is kept. After one that is no capture, `end` says so. */
  push(piece: Uint8Array): void {
    if (this.end !== undefined) return;
    try {
      for (const item of this.#reader.push(piece)) if (item.is === "frame") this.addFrame(item.frame);
    } catch (error) {
      this.finish(error);
    }
  }
}
