/**
 * Runs in the guest: sets netem and tbf on a jack with this project's own requests, reads them back
 * (also through tc), sends frames through them, and prints as JSON what arrived.
 */
import { execFileSync } from "node:child_process";
import {
  createNetns,
  Namespace,
  type NetemSettings,
  PacketSocket,
  RtnetlinkHandle,
} from "../../../src/kernel/index.ts";
import { awaitUp, iproute2, silence } from "../../kernel/programs/scenario.ts";

/** A frame that came: which one, when after the first was sent, and how many of its bits were changed. */
type Arrival = { readonly index: number; readonly atMs: number; readonly bits: number };

silence(Namespace.current("net"));
const panel = RtnetlinkHandle.open();
const netns = createNetns();
panel.linkAdd({ name: "jack0", ifindex: 11, peer: { name: "eth0", ifindex: 2, netns } });
panel.linkSet({ ifindex: 11, up: true });
const node = RtnetlinkHandle.openIn(netns);
node.linkSet({ ifindex: 2, up: true });
awaitUp(node, 2);
awaitUp(panel, 11);
panel.addressReplace({ ifindex: 11, address: "10.9.0.1/24" });
node.addressReplace({ ifindex: 2, address: "10.9.0.2/24" });

const netem = (settings: NetemSettings) => panel.qdiscReplace({ kind: "netem", ifindex: 11, ...settings });
const tc = () => iproute2("tc", "-s", "qdisc", "show", "dev", "jack0");

const frameOf = (index: number, bytes: number): Buffer => {
  const frame = Buffer.alloc(bytes);
  frame.write("02aaaaaaaa0102000000000188b5", "hex");
  frame.writeUInt32BE(index, 14);
  return frame;
};

/** Sends `count` frames, as fast as it can or one every `everyMs`, and waits until it has been quiet for a while. */
function pass(count: number, { bytes = 100, everyMs = 0, quietMs = 500 } = {}): readonly Arrival[] {
  using from = PacketSocket.open({ ifindex: 11 });
  using to = PacketSocket.openIn(netns, { ifindex: 2, ignoreOutgoing: true, receiveBufferBytes: 16 << 20 });
  const arrivals: Arrival[] = [];
  const start = performance.now();
  const take = (waitMs: number): boolean => {
    const frame = to.receive(waitMs);
    if (frame === undefined) return false;
    if (frame.length === bytes && frame.readUInt16BE(12) === 0x88b5) {
      const index = frame.readUInt32BE(14);
      arrivals.push({ index, atMs: performance.now() - start, bits: bitsChanged(frame, frameOf(index, bytes)) });
    }
    return true;
  };
  for (let index = 0; index < count; index++) {
    from.send(frameOf(index, bytes));
    while (take(0));
    for (let wait = start + (index + 1) * everyMs - performance.now(); wait > 0; ) {
      take(wait);
      wait = start + (index + 1) * everyMs - performance.now();
    }
  }
  while (take(quietMs));
  return arrivals;
}

function bitsChanged(a: Buffer, b: Buffer): number {
  let bits = 0;
  for (const [at, byte] of a.entries()) for (let rest = byte ^ (b[at] ?? 0); rest > 0; rest >>= 1) bits += rest & 1;
  return bits;
}

/** Times in ms between the frames sent and the same frames received. */
const delays = (everyMs: number, arrivals: readonly Arrival[]) =>
  arrivals.map(({ index, atMs }) => atMs - index * everyMs);
const kinds = ["netem", "tbf", "pfifo", "bfifo"] as const;

const result: Record<string, unknown> = {
  supported: kinds.filter((kind) => panel.supportsQueue(kind, 11)),
};

const everything = {
  delayMs: 100,
  jitterMs: 10,
  distribution: "pareto",
  loss: { gilbertElliott: { p: 0.01, r: 0.1, badLoss: 0.7, goodLoss: 0.001 } },
  duplicate: 0.01,
  corrupt: 0.02,
  reorder: { probability: 0.03, gap: 5 },
  rateBps: 80e9,
  limitPackets: 12_345,
} as const;
netem(everything);
result["everything"] = { tc: tc(), read: panel.qdiscList({ ifindex: 11 }) };
netem({ delayMs: 50 });
result["delay alone"] = { tc: tc(), read: panel.qdiscList({ ifindex: 11 }) };

result["ping"] = execFileSync("ping", ["-c", "5", "-q", "10.9.0.2"], { encoding: "utf8" });
result["delays"] = delays(20, pass(100, { everyMs: 20 }));
for (const distribution of ["uniform", "normal", "pareto"] as const) {
  netem({ delayMs: 100, jitterMs: 20, distribution });
  result[distribution] = delays(5, pass(400, { everyMs: 5 }));
}
const indexes = (arrivals: readonly Arrival[]) => arrivals.map(({ index }) => index);
netem({ delayMs: 100, jitterMs: 50 });
result["overtaking"] = indexes(pass(300));
netem({ delayMs: 100, jitterMs: 50, keepOrder: true });
result["in order"] = indexes(pass(300));
netem({ loss: { uniform: 0.2 } });
result["uniform loss"] = indexes(pass(5000));
netem({ loss: { gilbertElliott: { p: 0.05, r: 0.25, goodLoss: 0, badLoss: 1 } } });
result["bursts"] = indexes(pass(10_000));
netem({ duplicate: 1 });
result["duplicate"] = indexes(pass(50));
netem({ corrupt: 1 });
// A bit in the type makes a frame that is not counted here.
result["corrupt"] = pass(200).map(({ bits }) => bits);
netem({ delayMs: 100, reorder: { probability: 1, gap: 4 } });
result["gap"] = indexes(pass(12));

netem({ delayMs: 100 });
panel.qdiscReplace({
  kind: "tbf",
  ifindex: 11,
  parent: "netem",
  rateBps: 800e3,
  burstBytes: 1000,
  limitBytes: 1 << 30,
});
panel.qdiscReplace({ kind: "pfifo", ifindex: 11, parent: "tbf", limitPackets: 20 });
const rated = pass(40, { bytes: 1000 });
result["rate"] = { arrivals: rated, tc: tc(), read: panel.qdiscList({ ifindex: 11 }) };
panel.qdiscDelete({ kind: "netem", ifindex: 11 });
result["left"] = panel.qdiscList({ ifindex: 11 }).map(({ kind }) => kind);

process.stdout.write(JSON.stringify(result));
