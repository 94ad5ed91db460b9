import { type FrameViews, vnetHeaderBytes } from "../../kernel/index.ts";
import { checksumOf, sumOf } from "./checksum.ts";

/**
 * struct virtio_net_hdr (linux/virtio_net.h; Virtual I/O Device (VIRTIO) 1.2, 5.1.6), which stands in
 * front of every frame here: what the sender left for the hardware to do. Offsets in it are from the
 * beginning of the frame.
 */
export const vnet = { flags: 0, gsoType: 1, headerLength: 2, gsoSize: 4, checksumStart: 6, checksumOffset: 8 } as const;

export const vnetFlags = { needsChecksum: 1 } as const;

/** GSO types; the uppermost bit says that a segment carries ECN's CWR. */
export const gso = { none: 0, tcp4: 1, tcp6: 4, udp: 5 } as const;
export const gsoTypeMask = 0x7f;

export const clearVnetHeader = (memory: FrameViews, start: number): void => {
  memory.u8.fill(0, start, start + vnetHeaderBytes);
};

/**
 * Does what the sender left: the checksum from `checksumStart` on, where the sum of the pseudo header
 * already is. The header says nothing then.
 */
export function finishChecksum(memory: FrameViews, start: number, length: number): void {
  if (((memory.u8[start + vnet.flags] as number) & vnetFlags.needsChecksum) === 0) return;
  const frame = start + vnetHeaderBytes;
  const end = start + length;
  const from = frame + (memory.u16[(start + vnet.checksumStart) >> 1] as number);
  const field = from + (memory.u16[(start + vnet.checksumOffset) >> 1] as number);
  clearVnetHeader(memory, start);
  // The kernel has checked this; it is memory that is written to, so check again.
  if (field + 2 > end || (from & 1) !== 0 || (field & 1) !== 0) return;
  memory.u16[field >> 1] = checksumOf(sumOf(memory, from, end - from));
}
