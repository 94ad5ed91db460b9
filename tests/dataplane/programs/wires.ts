import type { Impairment, WireLink } from "../../../src/dataplane/contract.ts";
import { type PacketSocket, RtnetlinkHandle } from "../../../src/kernel/index.ts";
import { frames } from "../../kernel/programs/frames.ts";
import { awaitUp, main } from "../../kernel/programs/scenario.ts";
import { linkOf, makeNodes, type Node, open } from "./panel.ts";
import { type Arrival, exchange, medianOf, numbered, numbersOf } from "./traffic.ts";
import { Refusal, WireProcess } from "./wire-process.ts";

type Ends = {
  readonly wire: WireProcess;
  readonly nodes: readonly Node[];
  readonly a: PacketSocket;
  readonly b: PacketSocket;
};

/** Two nodes, a link between them, and a socket in each. */
async function twoEnds(
  impairments: { ab?: Impairment; ba?: Impairment; seed?: number } = {},
  mtu = 1500,
): Promise<Ends> {
  const nodes = makeNodes(2, mtu);
  const wire = await WireProcess.start();
  const [one, other] = nodes as [Node, Node];
  await wire.ask({ do: "link.add", links: [linkOf("l", one, other, impairments)] });
  return { wire, nodes, a: open(one), b: open(other) };
}

/** Sends every frame devices like to keep to themselves, and collects what arrives until it is quiet. */
function deliver(from: PacketSocket, to: PacketSocket, source: string, mtu: number) {
  const sent = frames(source, mtu);
  for (const frame of Object.values(sent)) from.send(frame);
  const received: string[] = [];
  for (let frame = to.receive(1000); frame !== undefined; frame = to.receive(1000))
    if (frame.toString("hex", 6, 12) === source) received.push(frame.toString("hex"));
  return {
    sent: Object.fromEntries(Object.entries(sent).map(([name, frame]) => [name, frame.toString("hex")])),
    received,
  };
}

async function anyFrame(impairment: Impairment, mtu: number) {
  const { a, b } = await twoEnds({ ab: impairment, ba: impairment }, mtu);
  return { aToB: deliver(a, b, "020000000001", mtu), bToA: deliver(b, a, "020000000002", mtu) };
}

const latencies = (arrivals: readonly Arrival[]) => {
  const values = arrivals.map(({ latencyMs }) => latencyMs);
  return { count: values.length, least: Math.min(...values), median: medianOf(values) };
};

/** The numbers of the frames that arrive, and what the wire says. */
async function numbersThrough(ab: Impairment, seed: number, count: number, everyMs: number) {
  const { wire, a, b } = await twoEnds({ ab, seed });
  const numbers = numbersOf(exchange(a, b, { count, everyMs }));
  return { numbers, stats: (await wire.stats("l")).ab };
}

async function refusal(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (error instanceof Refusal) return `${error.problem.code}: ${error.problem.message}`;
    throw error;
  }
  return "none";
}

await main({
  "any frame": () => anyFrame({}, 1500),
  "any frame, impaired": () => anyFrame({ delayMs: 1, rateBps: 1e9 }, 1500),
  "any frame, jumbo": () => anyFrame({}, 9000),
  "any frame, jumbo, impaired": () => anyFrame({ delayMs: 1 }, 9000),

  delay: async () => {
    const { a, b } = await twoEnds({ ab: { delayMs: 20 }, ba: { delayMs: 5 } });
    return {
      aToB: latencies(exchange(a, b, { count: 200, everyMs: 2 })),
      bToA: latencies(exchange(b, a, { count: 200, everyMs: 2 })),
    };
  },

  "delay of the first": async () => {
    const { a, b } = await twoEnds({ ab: { delayMs: 20 } });
    return latencies(exchange(a, b, { count: 40, everyMs: 0.1 }));
  },

  "jitter keeps order": () => numbersThrough({ delayMs: 10, jitterMs: 10 }, 3, 1000, 0.5),
  "jitter reorders": () => numbersThrough({ delayMs: 10, jitterMs: 10, jitterReorders: true }, 3, 1000, 0.5),
  reorder: () => numbersThrough({ delayMs: 20, reorder: { probability: 0.2, gap: 2 } }, 3, 1000, 0.5),
  loss: () => numbersThrough({ loss: { uniform: 0.01 }, delayMs: 2 }, 7, 20_000, 0.05),
  "burst loss": () =>
    numbersThrough({ loss: { gilbertElliott: { p: 0.02, r: 0.2, goodLoss: 0.001, badLoss: 0.6 } } }, 7, 20_000, 0.05),
  duplicate: () => numbersThrough({ duplicate: 0.1, loss: { uniform: 0.1 } }, 5, 5000, 0.1),

  corrupt: async () => {
    const { wire, a, b } = await twoEnds({ ab: { corrupt: 0.1 }, seed: 21 });
    const count = 2000;
    const received: string[] = [];
    for (let number = 0; number < count; number++) {
      a.send(numbered(number, 100));
      const frame = b.receive(5000);
      if (frame !== undefined) received.push(frame.toString("hex"));
    }
    return {
      sent: Array.from({ length: count }, (_, number) => numbered(number, 100).toString("hex")),
      received,
      stats: (await wire.stats("l")).ab,
    };
  },

  rate: async () => {
    const rateBps = 10_000_000;
    const bytes = 1250;
    const { wire, a, b } = await twoEnds({ ab: { rateBps, queue: { packets: 2000 } } });
    const count = 1500;
    const startMs = performance.now();
    const arrivals = exchange(a, b, { count, everyMs: 0, bytes });
    return {
      count: arrivals.length,
      tookMs: (arrivals.at(-1)?.atMs ?? 0) - startMs,
      expectedMs: (count * bytes * 8000) / rateBps,
      stats: (await wire.stats("l")).ab,
    };
  },

  queue: async () => {
    const { wire, a, b } = await twoEnds({ ab: { rateBps: 1_000_000, queue: { packets: 20 } } });
    // 10 ms each: none has been sent before the last has come, on any machine that is not stuck.
    const byPackets = numbersOf(exchange(a, b, { count: 100, everyMs: 0, bytes: 1250 }));
    const afterPackets = (await wire.stats("l")).ab.droppedByQueue;
    await wire.ask({ do: "link.set", changes: [{ id: "l", ab: { rateBps: 1_000_000, queue: { bytes: 12_500 } } }] });
    const byBytes = numbersOf(exchange(a, b, { count: 100, everyMs: 0, bytes: 1250 }));
    return { byPackets, afterPackets, byBytes, stats: (await wire.stats("l")).ab };
  },

  "live change": async () => {
    const { wire, a, b } = await twoEnds();
    const numbers: number[] = [];
    // Each with how many frames are sent under it; a round ends with its last frame, with frames in flight.
    const rounds: readonly (readonly [Impairment, number])[] = [
      [{ delayMs: 100 }, 100],
      [{ delayMs: 5, jitterMs: 5 }, 100],
      [{ delayMs: 50, rateBps: 5_000_000, queue: { packets: 5000 } }, 100],
      [{}, 100],
      [{ delayMs: 20, rateBps: 1_000_000, queue: { packets: 5000 } }, 100],
      // What is in flight now meets a queue that has no room for it.
      [{ rateBps: 2_000_000, queue: { packets: 1 }, delayMs: 20 }, 0],
      [{}, 100],
    ];
    let first = 0;
    for (const [ab, count] of rounds) {
      await wire.ask({ do: "link.set", changes: [{ id: "l", ab }] });
      if (count > 0) numbers.push(...numbersOf(exchange(a, b, { count, everyMs: 0.5, bytes: 200, first }, 0)));
      first += count;
    }
    numbers.push(...numbersOf(exchange(a, b, { count: 1, everyMs: 0, first }, 1000)));
    return { numbers, count: first + 1, stats: (await wire.stats("l")).ab };
  },

  "jack down and up": async () => {
    const { wire, nodes, a, b } = await twoEnds({ ab: { delayMs: 5 } });
    const [, other] = nodes as [Node, Node];
    const panel = RtnetlinkHandle.open();
    const through = (first: number) => numbersOf(exchange(a, b, { count: 10, everyMs: 1, first }, 200)).length;
    const before = through(0);
    panel.linkSet({ ifindex: other.jack, up: false });
    const down = exchangeIntoNothing(a, 10);
    const downStats = (await wire.stats("l")).ab;
    panel.linkSet({ ifindex: other.jack, up: true });
    awaitUp(panel, other.jack);
    using inside = RtnetlinkHandle.openIn(other.netns);
    awaitUp(inside, 2);
    const idle = (await wire.ask({ do: "stats" })).cpuMs;
    await new Promise((resolve) => setTimeout(resolve, 500));
    const idleCpuMs = (await wire.ask({ do: "stats" })).cpuMs - idle;
    return { before, down, droppedAtJack: downStats.droppedAtJack, after: throughAgain(a, other), idleCpuMs };
  },

  "many links": async () => {
    const nodes = makeNodes(60);
    const wire = await WireProcess.start();
    const links: WireLink[] = Array.from({ length: 30 }, (_, index) => {
      const [one, other] = [nodes[2 * index], nodes[2 * index + 1]] as [Node, Node];
      return linkOf(`l${index}`, one, other, { ab: { delayMs: 5 }, ba: { delayMs: 5 }, seed: index });
    });
    await wire.ask({ do: "link.add", links });
    const counts = links.map((_, index) => {
      using a = open(nodes[2 * index] as Node);
      using b = open(nodes[2 * index + 1] as Node);
      return numbersOf(exchange(a, b, { count: 20, everyMs: 0 }, 60)).length;
    });
    await wire.ask({ do: "link.remove", ids: links.slice(0, 15).map(({ id }) => id) });
    await wire.ask({ do: "link.add", links: links.slice(0, 15) });
    using a = open(nodes[0] as Node);
    using b = open(nodes[1] as Node);
    const again = numbersOf(exchange(a, b, { count: 20, everyMs: 0 }, 60)).length;
    const { links: stats, frameMemoryBytes } = await wire.ask({ do: "stats" });
    return { counts, again, links: stats.length, frameMemoryBytes };
  },

  refusals: async () => {
    const nodes = makeNodes(4) as readonly [Node, Node, Node, Node];
    const wire = await WireProcess.start();
    const [a, b, c, d] = nodes;
    await wire.ask({ do: "link.add", links: [linkOf("l", a, b)] });
    const add = (...links: WireLink[]) => refusal(() => wire.ask({ do: "link.add", links }));
    const spare = linkOf("spare", c, d);
    const said = {
      id: await add(spare, linkOf("l", c, d)),
      twice: await add(spare, linkOf("spare", a, b)),
      jack: await add(spare, linkOf("m", a, c)),
      itself: await add(linkOf("m", c, c)),
      noInterface: await add(spare, { ...linkOf("m", a, b), a: { ifindex: 4711 }, b: { ifindex: 4712 } }),
      noName: await add({ ...spare, a: { name: "nothing" } }),
      loss: await add({ ...spare, ab: { loss: { uniform: 2 } } }),
      seed: await add({ ...spare, seed: -1 }),
      set: await refusal(() =>
        wire.ask({
          do: "link.set",
          changes: [
            { id: "l", ab: { delayMs: 50 } },
            { id: "m", ab: {} },
          ],
        }),
      ),
      setImpossible: await refusal(() =>
        wire.ask({
          do: "link.set",
          changes: [
            { id: "l", ab: { delayMs: 50 } },
            { id: "l", ba: { rateBps: 0 } },
          ],
        }),
      ),
      remove: await refusal(() => wire.ask({ do: "link.remove", ids: ["l", "m"] })),
      stats: await refusal(() => wire.ask({ do: "stats", ids: ["m"] })),
      nonsense: await refusal(() => wire.ask({ do: "nonsense" } as never)),
    };
    const { links } = await wire.ask({ do: "stats" });
    // Nothing was changed: the link is there, undelayed, and the other jacks are free.
    const latency = latencies(exchange(open(a), open(b), { count: 20, everyMs: 1 }, 100)).median;
    await wire.ask({ do: "link.add", links: [{ ...spare, a: { name: "j13" }, b: { name: "j14" } }] });
    return { said, links: links.map(({ id }) => id), latency, end: await wire.close() };
  },
});
// The wire process goes with this one, the first of its PID namespace.
process.stdout.write("", () => process.exit(0));

/** Sends to a node whose jack is down: the socket there would only say so. */
function exchangeIntoNothing(from: PacketSocket, count: number): number {
  for (let number = 0; number < count; number++) from.send(numbered(number));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  return count;
}

function throughAgain(from: PacketSocket, to: Node): number {
  using socket = open(to);
  return numbersOf(exchange(from, socket, { count: 10, everyMs: 1, first: 100 }, 200)).length;
}
