/**
 * What the way through the patch panel costs: two nodes joined by one veth pair, against two nodes
 * joined as Netwright joins them, by two pairs whose jacks redirect to each other. In alternating
 * rounds, since the machine has other things to do too. Runs in a sandbox (bench/sandbox.ts).
 *
 *   node bench/programs/link-path.ts ROUNDS
 *
 * Prints a JSON object: { rounds: [{ direct: Rate, panel: Rate }, …] }.
 */
import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createNetns, inNamespaces, type Namespace, PacketSocket, RtnetlinkHandle } from "../../src/kernel/index.ts";
import { flood } from "./frame-sender.ts";

/** Bits of TCP payload and 64-byte frames (60 and the check sequence, which veth has not) delivered per second. */
export type Rate = { readonly tcpBps: number; readonly framesPerSecond: number };
export type LinkPathReport = { readonly rounds: readonly { readonly direct: Rate; readonly panel: Rate }[] };

const ifindex = 2;
const tcpSeconds = 2;
const framesMs = 1000;
const mac = { a: "02:00:00:00:00:0a", b: "02:00:00:00:00:0b" } as const;

type Path = {
  readonly a: Namespace;
  readonly b: Namespace;
  readonly counter: RtnetlinkHandle;
  readonly sender: PacketSocket;
};

/** Two nodes with addressed interfaces, up; `join` makes the pairs. */
function path(panel: RtnetlinkHandle, join: (a: Namespace, b: Namespace) => void): Path {
  const [a, b] = [createNetns(), createNetns()];
  join(a, b);
  for (const [node, address] of [
    [a, "10.0.0.1/24"],
    [b, "10.0.0.2/24"],
  ] as const) {
    using handle = RtnetlinkHandle.openIn(node);
    handle.batch((batch) => {
      batch.linkSet({ ifindex: 1, up: true });
      batch.addressReplace({ ifindex, address });
      batch.linkSet({ ifindex, up: true });
    });
  }
  for (const { ifindex: jack, name } of panel.linkList())
    if (name.startsWith("jack")) panel.linkSet({ ifindex: jack, up: true });
  inNamespaces([b], () => spawn("iperf3", ["--server"], { stdio: "ignore" }));
  return { a, b, counter: RtnetlinkHandle.openIn(b), sender: PacketSocket.openIn(a, { ifindex }) };
}

const direct = (panel: RtnetlinkHandle): Path =>
  path(panel, (a, b) =>
    panel.linkAdd({
      name: "eth0",
      ifindex,
      mac: mac.a,
      netns: a,
      peer: { name: "eth0", ifindex, mac: mac.b, netns: b },
    }),
  );

const throughPanel = (panel: RtnetlinkHandle): Path =>
  path(panel, (a, b) =>
    panel.batch((batch) => {
      batch.linkAdd({ name: "jack-a", ifindex: 11, peer: { name: "eth0", ifindex, mac: mac.a, netns: a } });
      batch.linkAdd({ name: "jack-b", ifindex: 12, peer: { name: "eth0", ifindex, mac: mac.b, netns: b } });
      for (const [jack, other] of [
        [11, 12],
        [12, 11],
      ] as const) {
        batch.qdiscReplace({ kind: "clsact", ifindex: jack });
        batch.filterReplace({ ifindex: jack, hook: "ingress", redirectTo: other });
      }
    }),
  );

function measureTcp({ a }: Path): number {
  const report = inNamespaces([a], () =>
    execFileSync("iperf3", ["--client", "10.0.0.2", "--time", String(tcpSeconds), "--json"], {
      encoding: "utf8",
      timeout: 30_000,
    }),
  );
  return (JSON.parse(report) as { end: { sum_received: { bits_per_second: number } } }).end.sum_received
    .bits_per_second;
}

/** Counts what arrived, not what was sent. */
function measureFrames({ counter, sender }: Path): number {
  const frame = Buffer.from(`${mac.b}${mac.a}88b5${"00".repeat(46)}`.replaceAll(":", ""), "hex");
  const received = () => counter.linkGet({ ifindex }).statistics?.rxPackets ?? 0;
  const before = received();
  const started = performance.now();
  flood(sender.fd, frame, framesMs);
  return ((received() - before) * 1000) / (performance.now() - started);
}

const measure = (one: Path): Rate => ({ tcpBps: measureTcp(one), framesPerSecond: measureFrames(one) });

for (const scope of ["all", "default"]) writeFileSync(`/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`, "1");
const panel = RtnetlinkHandle.open();
const paths = { direct: direct(panel), panel: throughPanel(panel) };
// The servers need a moment to listen; a client that comes too early is refused.
await sleep(500);

const rounds = Array.from({ length: Number(process.argv[2] ?? 5) }, () => ({
  direct: measure(paths.direct),
  panel: measure(paths.panel),
}));
process.stdout.write(JSON.stringify({ rounds } satisfies LinkPathReport), () => process.exit(0));
