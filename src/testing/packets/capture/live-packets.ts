import type { RawFrame } from "./framing.ts";
import { PacketList } from "./packet-list.ts";
import { type ReadOptions, readFrames } from "./read.ts";

/** A stream that does not end when it is asked to is left alone after this. */
const closeMs = 1_000;

/** The packets of a stream, kept as they come: a list that grows. Frames are decoded when somebody looks at them. */
export class LivePackets extends PacketList implements AsyncDisposable {
  readonly #iterator: AsyncIterator<RawFrame, void>;
  readonly #stop = new AbortController();

  /** @param open gives the stream, which should end at once when the signal is aborted */
  constructor(open: (signal: AbortSignal) => AsyncIterable<RawFrame>) {
    super();
    this.#iterator = open(this.#stop.signal)[Symbol.asyncIterator]() as AsyncIterator<RawFrame, void>;
    void this.#collect();
  }

  /** Leaves the stream. The packets stay. */
  async close(): Promise<void> {
    if (this.end !== undefined) return;
    this.finish();
    this.#stop.abort();
    // A generator that waits for its next piece, and knows no signal, returns only after it.
    const returned = Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, closeMs);
    await Promise.race([returned, promise]);
    clearTimeout(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #collect(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#iterator.next();
        if (done || this.end !== undefined) break;
        this.addFrame(value);
      }
      this.finish();
    } catch (error) {
      this.finish(error);
    }
  }
}

/** Bytes of a capture, in pieces of any size. A function is given a signal that ends the stream when it is left. */
export type CaptureStream = AsyncIterable<Uint8Array> | ((signal: AbortSignal) => AsyncIterable<Uint8Array>);

/**
 * Collects the packets of a capture while it runs, for waits and assertions:
 *
 *     await using live = collectPackets((signal) => client.captureStream(capture.id, { signal }));
 *     await waitForPacket(live, { dhcp: { messageType: "offer" } });
 */
export const collectPackets = (stream: CaptureStream, options: ReadOptions = {}): LivePackets =>
  new LivePackets((signal) => readFrames(typeof stream === "function" ? stream(signal) : stream, options));
