import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { finished } from "node:stream/promises";
import type { CaptureStatus } from "../api/capture.ts";
import type { LabClient } from "../client/lab.ts";
import { type GrowingPackets, type Packet, RecordedPackets } from "./packets/index.ts";

export type CaptureOptions = {
  /** Takes only frames that match: an expression of pcap-filter(7). */
  readonly filter?: string;
  /** Of each frame, in bytes. */
  readonly snaplen?: number;
  /** Ends by itself after so many frames. */
  readonly count?: number;
};

/**
 * A capture of a test, into a pcapng file that grows as it goes. Its packets can be asserted and waited for
 * while it runs; they are decoded when somebody looks at them.
 */
export class TestCapture implements AsyncDisposable, GrowingPackets {
  readonly file: string;
  readonly #recorded: RecordedPackets;
  readonly #client: LabClient;
  readonly #id: string;
  readonly #written: Promise<CaptureStatus>;

  private constructor(
    client: LabClient,
    id: string,
    file: string,
    recorded: RecordedPackets,
    written: Promise<CaptureStatus>,
  ) {
    this.#recorded = recorded;
    this.#client = client;
    this.#id = id;
    this.file = file;
    this.#written = written;
    written.catch(() => undefined);
  }

  /** @internal */
  static async start(
    client: LabClient,
    targets: readonly string[],
    file: string,
    { filter, snaplen, count }: CaptureOptions,
  ): Promise<TestCapture> {
    await mkdir(dirname(file), { recursive: true });
    const { id } = await client.startCapture({
      targets: [...targets],
      ...(filter === undefined ? {} : { filter }),
      ...(snaplen === undefined ? {} : { snaplenBytes: snaplen }),
      ...(count === undefined ? {} : { maxFrames: count }),
    });
    const recorded = new RecordedPackets({ source: file });
    return new TestCapture(client, id, file, recorded, write(client, id, file, recorded));
  }

  /** Those that have come so far, in order. After `stop`, all. */
  get packets(): readonly Packet[] {
    return this.#recorded.packets;
  }

  get end(): { readonly error: unknown } | undefined {
    return this.#recorded.end;
  }

  changed(signal: AbortSignal): Promise<void> {
    return this.#recorded.changed(signal);
  }

  /** Ends it. @returns how many frames there are, and how many were lost */
  async stop(): Promise<CaptureStatus> {
    const running = (await this.#client.captures().catch(() => [])).some(
      ({ id, state }) => id === this.#id && state !== "ended",
    );
    if (running) await this.#client.stopCapture(this.#id);
    return this.#written;
  }

  /** The bytes of the file, as they are now. */
  bytes(): Promise<Buffer> {
    return readFile(this.file);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
  }
}

async function write(client: LabClient, id: string, file: string, recorded: RecordedPackets): Promise<CaptureStatus> {
  const out = createWriteStream(file);
  const stream = client.captureStream(id);
  try {
    for (;;) {
      const { done, value } = await stream.next();
      if (done) {
        recorded.finish();
        return value;
      }
      recorded.push(value);
      if (!out.write(value)) await once(out, "drain");
    }
  } catch (error) {
    recorded.finish(error);
    throw error;
  } finally {
    out.end();
    await finished(out);
  }
}
