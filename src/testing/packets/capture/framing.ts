import type { CaptureInterface, InterfaceStatistics, PacketDirection } from "./packet.ts";

/** A frame as a capture file has it, not decoded yet. */
export type RawFrame = {
  readonly interface: CaptureInterface;
  readonly timeNs: bigint;
  readonly direction: PacketDirection;
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly comments: readonly string[];
};

/** What a capture file is made of, as far as it is of use here. */
export type Item =
  | { readonly is: "interface"; readonly interface: CaptureInterface }
  | { readonly is: "frame"; readonly frame: RawFrame }
  | { readonly is: "statistics"; readonly statistics: InterfaceStatistics }
  | { readonly is: "comment"; readonly text: string };

/** A file format, read from pieces of any size. */
export interface Framing {
  /**
   * @param data all bytes that were not consumed yet
   * @param emit is given what the consumed bytes say
   * @returns how many bytes were consumed
   * @throws MalformedCapture
   */
  read(data: Uint8Array, emit: (item: Item) => void): number;
}

/** What is read is no capture, or is broken. Turned into CAPTURE_MALFORMED, which says where. */
export class MalformedCapture extends Error {}

/** No frame is longer; a length beyond it is not one. */
export const mostBlockBytes = 64 * 1024 * 1024;
