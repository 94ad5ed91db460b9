/**
 * What a wire does, measured from outside it: nodes in namespaces of their own, joined by the wire
 * process as a lab's are. Runs in a sandbox (bench/sandbox.ts).
 *
 *   node bench/programs/wire.ts SCENARIO [wirefilter]
 *
 * Prints what the scenario returns, as a JSON object.
 */
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Impairment, LinkStats, WireLink } from "../../src/dataplane/contract.ts";
import { inNamespaces, type Namespace, PacketSocket, RtnetlinkHandle } from "../../src/kernel/index.ts";
import { Prober, type Sending, type Sent } from "../../src/lab/verify/prober.ts";
import { addressOf, eth0, giveAddresses, linkOf, makeNodes, type Node } from "../../tests/dataplane/programs/panel.ts";
import { numbered } from "../../tests/dataplane/programs/traffic.ts";
import { WireProcess } from "../../tests/dataplane/programs/wire-process.ts";
import type { PacedReport } from "./paced-sender.ts";
import { vdePair } from "./wirefilter.ts";

export type FramesReport = {
  readonly rounds: readonly {
    readonly offeredPerSecond: number;
    readonly carriedPerSecond: number;
    readonly deliveredPerSecond: number;
    readonly overruns: number;
    readonly cpu: number;
  }[];
};
/** Bits per second of each round; `wirefilter` is empty where it is not asked for. */
export type TcpReport = Readonly<Record<"offload" | "perFrame" | "plainFrames" | "wirefilter", readonly number[]>>;
/** Milliseconds, of each frame. */
export type LatencyReport = { readonly kernel: readonly number[]; readonly wire: readonly number[] };
export type DelayReport = {
  readonly latencies: readonly number[];
  readonly lost: number;
  readonly worstSendMs: number;
  /** The share of the time in which the wire process had work and no processor. */
  readonly waited: number;
};
export type LossReport = { readonly sent: number; readonly lost: number; readonly stats: LinkStats };
export type RateReport = { readonly achieved: Readonly<Record<string, readonly number[]>> };
export type ManyReport = {
  readonly links: number;
  readonly sentPerSecond: number;
  /** Directions that did not deliver each frame. */
  readonly starved: number;
  readonly worstLatenessMs: number;
  readonly medianLatenessMs: number;
  /** Of one processor. */
  readonly cpu: number;
};

type Pair = { readonly wire: WireProcess; readonly a: Node; readonly b: Node };

async function pair(impairments: { ab?: Impairment; ba?: Impairment; seed?: number } = {}): Promise<Pair> {
  const [a, b] = makeNodes(2) as unknown as readonly [Node, Node];
  const wire = await WireProcess.start();
  await wire.ask({ do: "link.add", links: [linkOf("l", a, b, impairments)] });
  return { wire, a, b };
}

/** A sender of its own process in a node. */
async function send(node: Node, bytes: number, framesPerSecond: number, durationMs: number): Promise<PacedReport> {
  const program = new URL("paced-sender.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [program, eth0, bytes, framesPerSecond, durationMs].map(String), {
    stdio: ["ignore", "pipe", "inherit", node.netns.fd],
  });
  let text = "";
  child.stdout?.on("data", (data: Buffer) => {
    text += data.toString();
  });
  await new Promise((resolve) => child.once("close", resolve));
  return JSON.parse(text) as PacedReport;
}

const received = (netns: Namespace): number => {
  using handle = RtnetlinkHandle.openIn(netns);
  return handle.linkGet({ ifindex: eth0 }).statistics?.rxPackets ?? 0;
};

/** Frames of 64 bytes in one direction, more than it carries, so that it carries what it can. */
async function frames(): Promise<FramesReport> {
  const { wire, a, b } = await pair({ ab: { delayMs: 10, loss: { uniform: 0.01 } }, seed: 1 });
  const rounds = [];
  for (const offered of [170_000, 200_000, 250_000, 300_000, 400_000]) {
    const before = await wire.stats("l");
    const cpuBefore = (await wire.ask({ do: "stats" })).cpuMs;
    const receivedBefore = received(b.netns);
    const { sent, tookMs } = await send(a, 64, offered, 3000);
    await sleep(100);
    const after = await wire.stats("l");
    const seconds = tookMs / 1000;
    rounds.push({
      offeredPerSecond: sent / seconds,
      carriedPerSecond: (after.ab.frames - before.ab.frames) / seconds,
      deliveredPerSecond: (received(b.netns) - receivedBefore) / seconds,
      overruns: after.ab.overruns - before.ab.overruns,
      cpu: ((await wire.ask({ do: "stats" })).cpuMs - cpuBefore) / tookMs,
    });
  }
  return { rounds };
}

const tcpSeconds = 4;
const tcpRounds = 3;

function iperf(from: Namespace, to: string): number {
  const said = inNamespaces([from], () =>
    execFileSync("iperf3", ["--client", to, "--time", String(tcpSeconds), "--omit", "1", "--json"], {
      encoding: "utf8",
      timeout: 60_000,
    }),
  );
  return (JSON.parse(said) as { end: { sum_received: { bits_per_second: number } } }).end.sum_received.bits_per_second;
}

/** TCP from a to b: whole offload frames; split ones that are delayed; ones that were never more than 1,500 bytes. */
async function tcp(): Promise<TcpReport> {
  const vde = process.argv[3] === "wirefilter" ? await vdePair() : undefined;
  if (vde !== undefined) inNamespaces([vde.b], () => spawn("iperf3", ["--server"], { stdio: "ignore" }));
  const { wire, a, b } = await pair();
  giveAddresses([a, b]);
  inNamespaces([b.netns], () => spawn("iperf3", ["--server"], { stdio: "ignore" }));
  await sleep(500);
  const offloads = (on: "on" | "off") => {
    for (const { netns } of [a, b])
      inNamespaces([netns], () =>
        execFileSync("ethtool", ["-K", "eth0", "tso", on, "gso", on, "gro", on], { stdio: "ignore" }),
      );
  };
  const set = (one: Impairment) => wire.ask({ do: "link.set", changes: [{ id: "l", ab: one, ba: one }] });
  const report = {
    offload: [] as number[],
    perFrame: [] as number[],
    plainFrames: [] as number[],
    wirefilter: [] as number[],
  };
  for (let round = 0; round < tcpRounds; round++) {
    await set({});
    report.offload.push(iperf(a.netns, addressOf(1)));
    await set({ delayMs: 1 });
    report.perFrame.push(iperf(a.netns, addressOf(1)));
    await set({});
    offloads("off");
    report.plainFrames.push(iperf(a.netns, addressOf(1)));
    offloads("on");
    if (vde !== undefined) report.wirefilter.push(iperf(vde.a, "10.9.0.2"));
  }
  vde?.stop();
  return report;
}

const steady = (count: number, everyMs: number, quietMs: number): Sending => ({
  count,
  bytes: 60,
  dueMs: (number) => number * everyMs,
  untilMs: 4 * count * everyMs,
  quietMs,
  copiesMs: quietMs,
  eachCounts: true,
});

const latenciesOf = ({ sentMs, arrivalMs }: Sent): readonly number[] =>
  [...arrivalMs].map((arrival, number) => arrival - (sentMs[number] as number)).filter(Number.isFinite);

const probe = (a: Node, b: Node): Promise<Prober> =>
  Prober.open(1, { netns: a.netns, ifindex: eth0 }, { netns: b.netns, ifindex: eth0 });

function flow(prober: Prober, sending: Sending): Sent {
  const [sent] = prober.exchange([sending, undefined], () => undefined);
  if (sent === undefined) throw new Error("nothing was measured");
  return sent;
}

/** Frames over a wire and over a redirect in the kernel, as links are made, in turns. */
async function latency(): Promise<LatencyReport> {
  const [a, b, c, d] = makeNodes(4) as unknown as readonly [Node, Node, Node, Node];
  const wire = await WireProcess.start();
  await wire.ask({ do: "link.add", links: [linkOf("l", a, b)] });
  const panel = RtnetlinkHandle.open();
  panel.batch((batch) => {
    for (const [jack, other] of [
      [c.jack, d.jack],
      [d.jack, c.jack],
    ] as const) {
      batch.qdiscReplace({ kind: "clsact", ifindex: jack });
      batch.filterReplace({ ifindex: jack, hook: "ingress", redirectTo: other });
    }
  });
  const probers = { wire: await probe(a, b), kernel: await probe(c, d) };
  const report = { kernel: [] as number[], wire: [] as number[] };
  for (let round = 0; round < 5; round++) {
    for (const way of ["kernel", "wire"] as const)
      report[way].push(...latenciesOf(flow(probers[way], steady(1000, 1, 50))));
  }
  return report;
}

/** How long the main thread of a process has stood in line for a processor: Documentation/scheduler/sched-stats.rst. */
const waitedMs = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1] ?? Number.NaN) / 1e6;

async function delay(): Promise<DelayReport> {
  const { wire, a, b } = await pair({ ab: { delayMs: 10 } });
  const prober = await probe(a, b);
  // What runs for the first time is compiled while it does.
  flow(prober, steady(20_000, 0.1, 50));
  const before = waitedMs(wire.pid);
  const startMs = performance.now();
  const sent = flow(prober, steady(50_000, 0.1, 50));
  const waited = (waitedMs(wire.pid) - before) / (performance.now() - startMs);
  const latencies = latenciesOf(sent);
  return { latencies, lost: sent.sentMs.length - latencies.length, worstSendMs: sent.worstSendMs, waited };
}

async function loss(): Promise<LossReport> {
  const { wire, a, b } = await pair({ ab: { loss: { uniform: 0.01 } }, seed: 20_260 });
  const sent = flow(await probe(a, b), { ...steady(200_000, 0.05, 300), eachCounts: false });
  return { sent: 200_000, lost: sent.copies.filter((copies) => copies === 0).length, stats: await wire.stats("l") };
}

async function rate(): Promise<RateReport> {
  const { wire, a, b } = await pair();
  const prober = await probe(a, b);
  const achieved: Readonly<Record<string, number[]>> = { 10_000_000: [], 100_000_000: [] };
  for (let round = 0; round < 3; round++) {
    for (const rateBps of Object.keys(achieved).map(Number)) {
      await wire.ask({ do: "link.set", changes: [{ id: "l", ab: { rateBps } }] });
      const bytes = 1514;
      const everyMs = (bytes * 8000) / rateBps / 1.25;
      const sent = flow(prober, { ...steady(Math.round(3000 / everyMs), everyMs, 1500), bytes, eachCounts: false });
      const { orderMs } = sent;
      const tookMs = (orderMs.at(-1) ?? 0) - (orderMs[0] ?? 0);
      achieved[rateBps]?.push(((orderMs.length - 1) * bytes * 8000) / tookMs);
    }
  }
  return { achieved };
}

const manyLinks = 500;
const manySeconds = 20;

/** All impaired; each way a frame a millisecond, on each link in turn. */
async function many(): Promise<ManyReport> {
  const nodes = makeNodes(2 * manyLinks);
  const wire = await WireProcess.start();
  const links: WireLink[] = Array.from({ length: manyLinks }, (_, index) =>
    linkOf(`l${index}`, nodes[2 * index] as Node, nodes[2 * index + 1] as Node, {
      ab: { delayMs: 20, jitterMs: 5, rateBps: 10_000_000 },
      ba: { delayMs: 20 },
      seed: index,
    }),
  );
  await wire.ask({ do: "link.add", links });
  const sockets = nodes.map((node) => PacketSocket.openIn(node.netns, { ifindex: eth0 }));
  const before = nodes.map(({ netns }) => received(netns));
  const { cpuMs } = await wire.ask({ do: "stats", reset: true });
  const frame = numbered(0);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const count = manySeconds * 1000;
  const startMs = performance.now();
  for (let number = 0; number < count; number++) {
    while (performance.now() < startMs + number) Atomics.wait(pause, 0, 0, 0.1);
    const link = number % manyLinks;
    sockets[2 * link]?.send(frame);
    sockets[2 * link + 1]?.send(frame);
  }
  const tookMs = performance.now() - startMs;
  await sleep(300);
  const { links: stats, cpuMs: cpuAfterMs } = await wire.ask({ do: "stats" });
  const each = count / manyLinks;
  const starved = nodes.filter(({ netns }, index) => received(netns) - (before[index] ?? 0) < each).length;
  const lateness = stats.flatMap(({ ab, ba }) => [ab.worstLatenessMs, ba.worstLatenessMs]).toSorted((x, y) => x - y);
  return {
    links: manyLinks,
    sentPerSecond: (2 * count * 1000) / tookMs,
    starved,
    worstLatenessMs: lateness.at(-1) ?? 0,
    medianLatenessMs: lateness[lateness.length >> 1] ?? 0,
    cpu: (cpuAfterMs - cpuMs) / tookMs,
  };
}

const scenarios: Readonly<Record<string, () => Promise<unknown>>> = { frames, tcp, latency, delay, loss, rate, many };
const scenario = scenarios[process.argv[2] ?? ""];
if (scenario === undefined) throw new Error(`there are ${Object.keys(scenarios).join(", ")}`);
process.stdout.write(JSON.stringify(await scenario()), () => process.exit(0));
