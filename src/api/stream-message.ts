import type { Problem } from "./resources.ts";

/**
 * Streams over a WebSocket. Every route that answers with a stream (lines of JSON, bytes, server-sent events) can be
 * asked for at the same address with an upgrade to a WebSocket, which browsers do not count among the six connections
 * that HTTP/1.1 has to a server. Binary messages carry the bytes of the answer's body, server-sent events as lines of
 * JSON; text messages are these, as JSON. A stream that closes without `end` or `problem` was broken off.
 */
export type StreamMessage =
  /** Nothing has come for a while, and the server is there. Every `streamAliveMs`. */
  | { readonly type: "alive" }
  /** The stream is whole. `result`: of a stream of bytes, what came of it. */
  | { readonly type: "end"; readonly result?: unknown }
  /** What would have been the answer instead of a stream. */
  | { readonly type: "problem"; readonly problem: Problem };

/** Whoever hears nothing for more than twice as long has lost the connection. */
export const streamAliveMs = 10_000;
