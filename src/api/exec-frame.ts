/** Which stream the bytes of a binary exec message are of. */
export const Channel = { stdin: 0, stdout: 1, stderr: 2 } as const;
export type Channel = (typeof Channel)[keyof typeof Channel];

/** Puts a channel byte in front of `data`. */
export function encodeFrame(channel: Channel, data: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(data.length + 1);
  frame[0] = channel;
  frame.set(data, 1);
  return frame;
}

/** The channel and the bytes of a binary message; the bytes are a view, not a copy. */
export function decodeFrame(frame: Buffer): { readonly channel: number; readonly data: Buffer } {
  return { channel: frame[0] ?? -1, data: frame.subarray(1) };
}

/** With which a connection to a terminal is closed (RFC 6455, 7.4.2) when another one has resumed it. */
export const takenOver = 4001;
