import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CaptureSpec, CaptureStats } from "../../../src/dataplane/contract.ts";
import { RtnetlinkHandle } from "../../../src/kernel/index.ts";
import { frames as anyFrames } from "../../kernel/programs/frames.ts";
import { main } from "../../kernel/programs/scenario.ts";
import { linkOf, makeNodes, type Node, open } from "./panel.ts";
import { exchange, numbered } from "./traffic.ts";
import { Refusal, WireProcess } from "./wire-process.ts";

/** Root of this namespace is nobody special outside: a folder of its own, removed at the end. */
const folder = mkdtempSync(join(tmpdir(), "netwright-captures-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** The file goes to the test, which is not in a sandbox: tcpdump refuses to run in one. */
type Report = { readonly stats: CaptureStats; readonly base64: string };

const report = (path: string, stats: CaptureStats): Report => ({
  stats,
  base64: readFileSync(path).toString("base64"),
});

const spec = (nodes: readonly Node[], more: Partial<CaptureSpec> = {}): CaptureSpec => ({
  id: "c",
  path: join(folder, "capture.pcapng"),
  interfaces: nodes.map(({ jack }, index) => ({
    jack: { ifindex: jack },
    name: `n${index}:eth0`,
    description: "a test",
  })),
  ...more,
});

/** Joins jacks as the kernel medium does: what comes in at one is sent out of the other. */
function kernelLink(a: Node, b: Node): void {
  RtnetlinkHandle.open().batch((batch) => {
    for (const [jack, other] of [
      [a.jack, b.jack],
      [b.jack, a.jack],
    ] as const) {
      batch.qdiscReplace({ kind: "clsact", ifindex: jack });
      batch.filterReplace({ ifindex: jack, hook: "ingress", redirectTo: other });
    }
  });
}

function removeKernelLink(a: Node, b: Node): void {
  const panel = RtnetlinkHandle.open();
  for (const { jack } of [a, b]) panel.qdiscDelete({ kind: "clsact", ifindex: jack });
}

type Socket = ReturnType<typeof open>;
type Pair = readonly [Node, Node];
const pair = (mtu?: number): Pair => makeNodes(2, mtu) as unknown as Pair;

/** Frames of all kinds both ways, while a capture of both ends runs. */
async function allKinds(wire: WireProcess, nodes: Pair, mtu: number): Promise<Report & { sent: string[] }> {
  const capture = spec(nodes);
  await wire.ask({ do: "capture.start", capture });
  const [a, b] = [open(nodes[0]), open(nodes[1])];
  const sent = Object.values(anyFrames("020000000001", mtu));
  for (const frame of sent) {
    a.send(frame);
    b.receive(1000);
  }
  b.send(numbered(7));
  a.receive(1000);
  const stats = await wire.ask({ do: "capture.stop", id: "c" });
  return { ...report(capture.path, stats), sent: sent.map((frame) => frame.toString("hex")) };
}

async function refusal(action: Promise<unknown>): Promise<string> {
  try {
    await action;
    return "none";
  } catch (error) {
    if (error instanceof Refusal) return `${error.problem.code}: ${error.problem.message}`;
    throw error;
  }
}

await main({
  "of a wire": async () => {
    const nodes = pair();
    const wire = await WireProcess.start();
    await wire.ask({
      do: "link.add",
      links: [linkOf("l", ...nodes, { ab: { delayMs: 10, loss: { uniform: 0.3 } }, seed: 9 })],
    });
    const capture = spec(nodes);
    await wire.ask({ do: "capture.start", capture });
    const [a, b] = [open(nodes[0]), open(nodes[1])];
    const arrived = exchange(a, b, { count: 500, everyMs: 0.2 }, 100).map(({ number }) => number);
    const { captures } = await wire.ask({ do: "stats" });
    const stats = await wire.ask({ do: "capture.stop", id: "c" });
    return { ...report(capture.path, stats), arrived, running: captures };
  },

  "any frame, on a wire": async () => {
    const nodes = pair(9000);
    const wire = await WireProcess.start();
    await wire.ask({ do: "link.add", links: [linkOf("l", ...nodes)] });
    return allKinds(wire, nodes, 9000);
  },

  "any frame, on a kernel link": async () => {
    const nodes = pair(9000);
    kernelLink(...nodes);
    return allKinds(await WireProcess.start(), nodes, 9000);
  },

  "of two links, merged": async () => {
    const nodes = makeNodes(4) as unknown as readonly [Node, Node, Node, Node];
    const [a, b, c, d] = nodes;
    kernelLink(a, b);
    const wire = await WireProcess.start();
    await wire.ask({
      do: "link.add",
      links: [linkOf("l", c, d, { ab: { delayMs: 3, jitterMs: 3, jitterReorders: true } })],
    });
    const capture = spec(nodes);
    await wire.ask({ do: "capture.start", capture });
    const sockets = nodes.map(open);
    for (let number = 0; number < 400; number++) {
      sockets[(number % 2) * 2]?.send(numbered(number));
      if (number % 50 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 7);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    const stats = await wire.ask({ do: "capture.stop", id: "c" });
    return report(capture.path, stats);
  },

  filter: async () => {
    const nodes = makeNodes(4) as unknown as readonly [Node, Node, Node, Node];
    const [a, b, c, d] = nodes;
    kernelLink(a, b);
    const wire = await WireProcess.start();
    await wire.ask({ do: "link.add", links: [linkOf("l", c, d)] });
    const capture = spec([a, c], { filter: "vlan 100 and ether proto 0x88b5", snaplenBytes: 64 });
    await wire.ask({ do: "capture.start", capture });
    for (const node of [a, c]) {
      using socket = open(node);
      for (const frame of Object.values(anyFrames("020000000001", 1500))) socket.send(frame);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    return report(capture.path, await wire.ask({ do: "capture.stop", id: "c" }));
  },

  "count, duration and comments": async () => {
    const nodes = pair();
    const wire = await WireProcess.start();
    await wire.ask({ do: "link.add", links: [linkOf("l", ...nodes)] });
    const [a, b] = [open(nodes[0]), open(nodes[1])];
    const counted = spec([nodes[0]], { id: "counted", path: join(folder, "counted"), maxFrames: 10 });
    const timed = spec([nodes[0]], { id: "timed", path: join(folder, "timed"), durationMs: 300 });
    const remarked = spec([nodes[0]], { id: "remarked", path: join(folder, "remarked") });
    for (const capture of [counted, timed, remarked]) await wire.ask({ do: "capture.start", capture });
    exchange(a, b, { count: 5, everyMs: 1 }, 20);
    await wire.ask({ do: "capture.comment", text: "link l: down", ids: ["remarked"] });
    await wire.ask({ do: "capture.comment", text: "link l: up" });
    exchange(a, b, { count: 20, everyMs: 1, first: 5 }, 20);
    const ended = [await wire.event("capture.ended"), await wire.event("capture.ended")];
    await wire.ask({ do: "capture.comment", text: "the end" });
    const stats = await wire.ask({ do: "capture.stop", id: "remarked" });
    return {
      ended: ended.map(({ reason, capture }) => [capture.id, reason, capture.interfaces[0]?.frames]),
      files: [counted, timed, remarked].map(({ path }) => report(path, stats).base64),
      left: (await wire.ask({ do: "stats" })).captures,
    };
  },

  "a jack that comes on a wire and leaves it": async () => {
    const nodes = pair();
    kernelLink(...nodes);
    const wire = await WireProcess.start();
    const capture = spec([nodes[0]]);
    await wire.ask({ do: "capture.start", capture });
    const [a, b] = [open(nodes[0]), open(nodes[1])];
    const through = (first: number) => exchange(a, b, { count: 10, everyMs: 1, first }, 150).length;
    const counts = [through(0)];
    removeKernelLink(...nodes);
    await wire.ask({ do: "link.add", links: [linkOf("l", ...nodes)] });
    counts.push(through(10));
    await wire.ask({ do: "link.remove", ids: ["l"] });
    kernelLink(...nodes);
    counts.push(through(20));
    return { counts, ...report(capture.path, await wire.ask({ do: "capture.stop", id: "c" })) };
  },

  "an interface that moves from jack to jack": async () => {
    const nodes = makeNodes(4) as unknown as readonly [Node, Node, Node, Node];
    const [a, b, c, d] = nodes;
    kernelLink(a, b);
    const wire = await WireProcess.start();
    await wire.ask({ do: "link.add", links: [linkOf("l", c, d)] });
    const capture = spec([], { interfaces: [{ name: "s:p1" }] });
    await wire.ask({ do: "capture.start", capture });
    const [fromA, toB, fromC, toD] = nodes.map(open) as [Socket, Socket, Socket, Socket];
    const move = (more: object) => wire.ask({ do: "capture.move", id: "c", moves: [{ interface: 0, ...more }] });
    const moves = [
      { isPort: true, jack: { ifindex: a.jack } },
      { jack: { ifindex: c.jack } },
      {},
      { jack: { name: `j${b.jack}` } },
    ];
    const counts = [];
    for (const [index, where] of moves.entries()) {
      await move(where);
      for (const [from, to] of [
        [fromA, toB],
        [fromC, toD],
      ] as const)
        counts.push(
          exchange(from, to, { count: 3, everyMs: 1, first: index * 10 + (from === fromA ? 0 : 5) }, 50).length,
        );
    }
    const said = await refusal(wire.ask({ do: "capture.move", id: "c", moves: [{ interface: 1 }] }));
    return { counts, said, ...report(capture.path, await wire.ask({ do: "capture.stop", id: "c" })) };
  },

  "one file, twice": async () => {
    const nodes = pair();
    const wire = await WireProcess.start();
    await wire.ask({ do: "link.add", links: [linkOf("l", ...nodes)] });
    const [a, b] = [open(nodes[0]), open(nodes[1])];
    const capture = spec([nodes[0]], { append: true });
    for (const first of [0, 10]) {
      await wire.ask({ do: "capture.start", capture });
      exchange(a, b, { count: 10, everyMs: 1, first }, 50);
      if (first === 0) await wire.ask({ do: "capture.stop", id: "c" });
    }
    return report(capture.path, await wire.ask({ do: "capture.stop", id: "c" }));
  },

  "a stream that is read slowly": async () => {
    const nodes = pair();
    const wire = await WireProcess.start();
    await wire.ask({ do: "link.add", links: [linkOf("l", ...nodes)] });
    const [pipe, path] = [join(folder, "pipe"), join(folder, "read")];
    execFileSync("mkfifo", [pipe]);
    // It begins to read when it is told.
    const reader = spawn("sh", ["-c", 'exec 3<"$1"; read go; cat <&3 >"$2"', "sh", pipe, path], {
      stdio: ["pipe", "inherit", "inherit"],
    });
    const capture = spec([nodes[0]], { path: pipe });
    // Until the reader has opened it, nobody reads it.
    for (let tries = 0; tries < 100; tries++) {
      const said = await refusal(wire.ask({ do: "capture.start", capture }));
      if (said === "none") break;
      if (!said.includes("ENXIO")) throw new Error(said);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const a = open(nodes[0]);
    for (let number = 0; number < 20_000; number++) {
      a.send(numbered(number, 1500));
      if (number % 100 === 99) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stats = await wire.ask({ do: "capture.stop", id: "c" });
    reader.stdin.end("\n");
    await once(reader, "exit");
    return report(path, stats);
  },

  "a stream whose reader goes": async () => {
    const nodes = pair();
    const wire = await WireProcess.start();
    await wire.ask({ do: "link.add", links: [linkOf("l", ...nodes)] });
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const reader = spawn("sh", ["-c", 'exec 3<"$1"; exec sleep 60', "sh", pipe], { stdio: "inherit" });
    const gone = once(reader, "exit");
    for (let tries = 0; tries < 1000; tries++) {
      if ((await refusal(wire.ask({ do: "capture.start", capture: spec([nodes[0]], { path: pipe }) }))) === "none")
        break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    reader.kill("SIGKILL");
    await gone;
    const [a, b] = [open(nodes[0]), open(nodes[1])];
    const arrived = exchange(a, b, { count: 20, everyMs: 2 }).length;
    const { reason } = await wire.event("capture.ended");
    return { arrived, reason, left: (await wire.ask({ do: "stats" })).captures };
  },

  refusals: async () => {
    const [a] = pair();
    const wire = await WireProcess.start();
    const start = (more: Partial<CaptureSpec>) => refusal(wire.ask({ do: "capture.start", capture: spec([a], more) }));
    await wire.ask({ do: "capture.start", capture: spec([a]) });
    const said = {
      twice: await start({}),
      unwritable: await start({ id: "d", path: "/proc/nothing" }),
      filter: await start({ id: "d", path: join(folder, "d"), filter: "tcp prt 80" }),
      noJack: await start({ id: "d", path: join(folder, "d"), interfaces: [{ jack: { ifindex: 4711 }, name: "x" }] }),
      noInterfaces: await start({ id: "d", path: join(folder, "d"), interfaces: [] }),
      snaplen: await start({ id: "d", path: join(folder, "d"), snaplenBytes: 0 }),
      duration: await start({ id: "d", path: join(folder, "d"), durationMs: -1 }),
      stop: await refusal(wire.ask({ do: "capture.stop", id: "d" })),
      comment: await refusal(wire.ask({ do: "capture.comment", text: "x", ids: ["c", "d"] })),
    };
    return { said, left: (await wire.ask({ do: "stats" })).captures.map(({ id }) => id) };
  },
});
process.stdout.write("", () => process.exit(0));
