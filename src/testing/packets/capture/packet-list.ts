import { packetOf } from "./frame-packet.ts";
import type { RawFrame } from "./framing.ts";
import type { Packet } from "./packet.ts";

/** Packets that become more: what waits look at. */
export type GrowingPackets = {
  /** Those that have come so far, in order. */
  readonly packets: readonly Packet[];
  /** There when no more can come; with the error that was the reason, if one was. */
  readonly end: { readonly error: unknown } | undefined;
  /** Resolves when there are more packets than now, when no more can come, or when `signal` is aborted. */
  changed(signal: AbortSignal): Promise<void>;
};

/** A list of packets that grows. Frames are decoded when somebody looks at them. */
export class PacketList implements GrowingPackets {
  readonly #packets: Packet[] = [];
  #frames: RawFrame[] = [];
  readonly #waiting = new Set<() => void>();
  #end: { readonly error: unknown } | undefined;

  get packets(): readonly Packet[] {
    for (const frame of this.#frames) this.#packets.push(packetOf(frame, this.#packets.length + 1));
    this.#frames = [];
    return this.#packets;
  }

  get end(): { readonly error: unknown } | undefined {
    return this.#end;
  }

  async changed(signal: AbortSignal): Promise<void> {
    if (this.#end !== undefined || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = (): void => resolve();
    this.#waiting.add(resolve);
    signal.addEventListener("abort", stop, { once: true });
    await promise;
    this.#waiting.delete(resolve);
    signal.removeEventListener("abort", stop);
  }

  addFrame(frame: RawFrame): void {
    this.#frames.push(frame);
    this.#wake();
  }

  addPacket(packet: Packet): void {
    this.#packets.push(packet);
    this.#wake();
  }

  /** No more will come. The first word about it stands. */
  finish(error?: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }
}
