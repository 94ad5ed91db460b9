import type { StreamMessage } from "../../../src/api/stream-message.ts";
import { apiPrefix, CallError, type CallOptions, offline, placeOf } from "./call.ts";

/** As long as the server may say nothing (streamAliveMs, and what a network takes). */
const silenceMs = 25_000;

export const socketAddress = (path: string): string =>
  `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${apiPrefix}${path}`;

/**
 * Reads a stream of the server. By a WebSocket: of other requests, browsers let only six be open to a server at once,
 * of all its pages together (HTTP/1.1), so that a few streams would let none through.
 *
 * @returns what came, together, until the stream is at its end
 * @throws CallError what the server says, or OFFLINE where the connection has gone
 */
export async function* openStream(
  path: string,
  { query, signal }: Pick<CallOptions<undefined>, "query"> & { readonly signal: AbortSignal },
  onOpen?: () => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const socket = new WebSocket(socketAddress(placeOf(path, {}, query)));
  socket.binaryType = "arraybuffer";
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let end: "whole" | CallError | undefined;
  let wake: () => void = () => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const finish = (how: "whole" | CallError) => {
    end ??= how;
    clearTimeout(timer);
    wake();
  };
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      finish(offline());
      socket.close();
    }, silenceMs);
  };
  const goOffline = () => finish(offline());
  const abort = () => finish("whole");
  signal.addEventListener("abort", abort);
  window.addEventListener("offline", goOffline);
  watch();
  socket.onopen = () => {
    watch();
    onOpen?.();
  };
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    watch();
    if (typeof data !== "string") {
      parts.push(new Uint8Array(data));
      wake();
      return;
    }
    const message = JSON.parse(data) as StreamMessage;
    if (message.type === "end") finish("whole");
    if (message.type === "problem") finish(new CallError(message.problem));
  };
  socket.onclose = goOffline;
  try {
    if (signal.aborted) return;
    for (;;) {
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        if (signal.aborted) return;
        yield part;
      }
      if (end === "whole") return;
      if (end !== undefined) throw end;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    window.removeEventListener("offline", goOffline);
    socket.onclose = null;
    socket.close();
  }
}
