/**
 * A sender in a process of its own: frames of one length out of one interface of a network namespace,
 * at even distances in small batches.
 *
 *   node bench/programs/paced-sender.ts IFINDEX BYTES FRAMES_PER_SECOND MILLISECONDS   (namespace: fd 3)
 *
 * BYTES are those of Ethernet's frame with its check sequence, which a veth pair does not carry. Prints
 * a JSON object: { sent, tookMs }.
 */
import { Namespace, PacketSocket, setTimerSlack } from "../../src/kernel/index.ts";
import { FrameSender } from "./frame-sender.ts";

export type PacedReport = { readonly sent: number; readonly tookMs: number };

/** As often as this process wakes up. */
const everyMs = 0.25;

const [ifindex = 0, bytes = 64, framesPerSecond = 0, durationMs = 1000] = process.argv.slice(2).map(Number);
using netns = Namespace.open("/proc/self/fd/3", "net");
const socket = PacketSocket.openIn(netns, { ifindex });
const head = Buffer.from("02aaaaaaaa0102000000000188b5", "hex");
const sender = new FrameSender(socket.fd, Buffer.concat([head, Buffer.alloc(bytes - 4 - head.length)]));
setTimerSlack(1);
const pause = new Int32Array(new SharedArrayBuffer(4));
const startMs = performance.now();
let sent = 0;
for (let nowMs = startMs; nowMs < startMs + durationMs; nowMs = performance.now()) {
  const due = Math.floor(((nowMs - startMs) * framesPerSecond) / 1000) - sent;
  if (due > 0) sent += sender.send(due);
  const aheadMs = startMs + (sent * 1000) / framesPerSecond - performance.now();
  if (aheadMs > 0) Atomics.wait(pause, 0, 0, Math.max(aheadMs, everyMs));
}
process.stdout.write(JSON.stringify({ sent, tookMs: performance.now() - startMs } satisfies PacedReport));
