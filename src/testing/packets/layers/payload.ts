import { textOf } from "./octets.ts";
import type { Step } from "./step.ts";

/** Bytes that no decoder here reads: an application's data, or a protocol that is left to tshark. */
export type Payload = {
  readonly layer: "payload";
  readonly bytes: Uint8Array;
  readonly length: number;
  /** As UTF-8; bytes that are none become U+FFFD. */
  readonly text: string;
};

export const decodePayload = (bytes: Uint8Array): Step<Payload> => ({
  layer: {
    layer: "payload",
    bytes,
    length: bytes.length,
    // Made when asked for: most payloads are never read as text.
    get text() {
      return textOf(bytes);
    },
  },
});
