import { createReadStream } from "node:fs";
import { labError } from "../../../topology/errors/error.ts";
import { packetOf } from "./frame-packet.ts";
import type { Item, RawFrame } from "./framing.ts";
import type { CaptureInterface, InterfaceStatistics, Packet } from "./packet.ts";
import { CaptureReader } from "./reader.ts";

/** A finished capture. */
export type Capture = {
  readonly interfaces: readonly CaptureInterface[];
  /** In the order of the file, which Netwright writes in the order of time. */
  readonly packets: readonly Packet[];
  /** Of each interface, where the capture came to its end. */
  readonly statistics: readonly InterfaceStatistics[];
  /** Of the file as a whole. */
  readonly comments: readonly string[];
  /** The file ends in the middle of a packet: whoever wrote it did not come to the end. */
  readonly isTruncated: boolean;
};

export type ReadOptions = {
  /** Name of the interface, for files that do not say (the older format, of tcpdump and QEMU). */
  readonly interface?: string;
};

/**
 * Reads a capture file, of pcapng or the older format of libpcap, and decodes what is in it.
 *
 * @throws CAPTURE_UNREADABLE, CAPTURE_MALFORMED
 */
export async function readCapture(file: string, options: ReadOptions = {}): Promise<Capture> {
  const reader = new CaptureReader({ ...options, source: file });
  const items: Item[] = [];
  try {
    for await (const piece of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
      for (const item of reader.push(piece as Buffer)) items.push(item);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    throw labError("CAPTURE_UNREADABLE", { file, reason: code ?? message }, { cause: error });
  }
  return captureOf(items, reader.pending > 0);
}

/**
 * The same of bytes in memory.
 *
 * @throws CAPTURE_MALFORMED
 */
export function parseCapture(bytes: Uint8Array, options: ReadOptions = {}): Capture {
  const reader = new CaptureReader({ ...options, source: "the capture" });
  const items = reader.push(bytes);
  return captureOf(items, reader.pending > 0);
}

/**
 * Reads a capture while it is written, packet by packet. Leaving the loop ends the stream.
 *
 * @param stream pieces of any size, e.g. `LabClient.captureStream`
 * @throws CAPTURE_MALFORMED, and what the stream throws
 */
export async function* readPackets(
  stream: AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): AsyncGenerator<Packet, void, undefined> {
  let number = 0;
  for await (const frame of readFrames(stream, options)) {
    number += 1;
    yield packetOf(frame, number);
  }
}

/** The same without decoding. */
export async function* readFrames(
  stream: AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
): AsyncGenerator<RawFrame, void, undefined> {
  const reader = new CaptureReader({ ...options, source: "the stream of packets" });
  for await (const piece of stream) {
    for (const item of reader.push(piece)) if (item.is === "frame") yield item.frame;
  }
}

function captureOf(items: readonly Item[], isTruncated: boolean): Capture {
  const interfaces: CaptureInterface[] = [];
  const packets: Packet[] = [];
  const statistics: InterfaceStatistics[] = [];
  const comments: string[] = [];
  for (const item of items) {
    switch (item.is) {
      case "interface":
        interfaces.push(item.interface);
        break;
      case "frame":
        packets.push(packetOf(item.frame, packets.length + 1));
        break;
      case "statistics":
        statistics.push(item.statistics);
        break;
      case "comment":
        comments.push(item.text);
        break;
      default:
        item satisfies never;
    }
  }
  return { interfaces, packets, statistics, comments, isTruncated };
}
