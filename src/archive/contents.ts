import { readSync } from "node:fs";

/** What is read at once. */
export const pieceBytes = 1 << 20;

/**
 * The contents of a file that may change meanwhile: exactly `sizeBytes`, as its header says. What is
 * missing is zeros, and told.
 *
 * @param piece memory for what is yielded, which is valid until the next is asked for
 */
export function* contentsOf(
  fd: number,
  sizeBytes: number,
  piece: Buffer,
  failed: (error: unknown) => void,
): Generator<Uint8Array> {
  let left = sizeBytes;
  while (left > 0) {
    let read = 0;
    try {
      read = readSync(fd, piece, 0, Math.min(piece.length, left), null);
      if (read === 0) failed(new Error("it became shorter while it was read"));
    } catch (error) {
      failed(error);
    }
    if (read > 0) {
      yield piece.subarray(0, read);
      left -= read;
      continue;
    }
    piece.fill(0);
    for (; left > 0; left -= Math.min(left, piece.length)) yield piece.subarray(0, Math.min(left, piece.length));
  }
}
