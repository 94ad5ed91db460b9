import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import {
  createNetns,
  inNamespaces,
  Namespace,
  PacketSocket,
  RtnetlinkHandle,
  setSuperFrames,
} from "../../../src/kernel/index.ts";
import { awaitUp, errorOf, iproute2, main, silence } from "./scenario.ts";

/** A jack (11) in this namespace whose other end is eth0 (2) of a node, both up. */
function jack() {
  silence(Namespace.current("net"));
  const panel = RtnetlinkHandle.open();
  const netns = createNetns();
  panel.linkAdd({ name: "jack0", ifindex: 11, peer: { name: "eth0", ifindex: 2, netns } });
  panel.linkSet({ ifindex: 11, up: true });
  const node = RtnetlinkHandle.openIn(netns);
  node.linkSet({ ifindex: 2, up: true });
  awaitUp(node, 2);
  awaitUp(panel, 11);
  return { panel, netns };
}

/** Sends so many bytes by TCP from a node to a listener here; returns how many came. */
async function transfer(from: Namespace, bytes: number): Promise<number> {
  const server = createServer();
  server.listen(0, "10.9.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const program = `require("net").connect(${port}, "10.9.0.1").end(Buffer.alloc(${bytes}))`;
  inNamespaces([from], () => spawn(process.execPath, ["-e", program], { stdio: "ignore" }));
  const [socket] = (await once(server, "connection", { signal: AbortSignal.timeout(20_000) })) as [Socket];
  let received = 0;
  socket.on("data", (data: Buffer) => (received += data.length));
  await once(socket, "close", { signal: AbortSignal.timeout(20_000) });
  server.close();
  return received;
}

const seen = () =>
  (iproute2("tc", "qdisc", "show", "dev", "jack0") as { kind: string }[]).filter(({ kind }) => kind !== "noqueue");

await main({
  tbf: () => {
    const { panel } = jack();
    const tbf = { kind: "tbf", ifindex: 11, burstBytes: 3000, limitBytes: 100_000 } as const;
    panel.batch((batch) => {
      batch.qdiscReplace({ ...tbf, rateBps: 10e6 });
      batch.qdiscReplace({ kind: "pfifo", ifindex: 11, parent: "tbf", limitPackets: 50 });
    });
    const created = seen();
    const read = panel.qdiscList({ ifindex: 11 });
    panel.qdiscReplace({ ...tbf, rateBps: 100e3, burstBytes: 2000 });
    panel.qdiscReplace({ kind: "bfifo", ifindex: 11, parent: "tbf", limitBytes: 9000 });
    const changed = seen();
    panel.qdiscReplace({ ...tbf, rateBps: 80e9 });
    const fast = seen();
    panel.qdiscDelete({ kind: "tbf", ifindex: 11 });
    return { created, read, changed, fast, left: seen() };
  },
  rate: () => {
    const { panel, netns } = jack();
    using from = PacketSocket.open({ ifindex: 11 });
    using to = PacketSocket.openIn(netns, { ifindex: 2 });
    panel.qdiscReplace({ kind: "tbf", ifindex: 11, rateBps: 800e3, burstBytes: 1000, limitBytes: 1e6 });
    panel.qdiscReplace({ kind: "pfifo", ifindex: 11, parent: "tbf", limitPackets: 20 });
    const frame = Buffer.from(`02aaaaaaaa0102000000000188b5${"00".repeat(986)}`, "hex");
    const start = performance.now();
    // A packet socket is told of a queue that dropped its frame.
    let refused = 0;
    for (let count = 0; count < 40; count++) refused += errorOf(() => from.send(frame)).code === "ENOBUFS" ? 1 : 0;
    const statistics = panel.qdiscList({ ifindex: 11 })[0]?.statistics;
    const arrivedWithinMs: number[] = [];
    for (let got = to.receive(1000); got !== undefined; got = to.receive(200))
      if (got.equals(frame)) arrivedWithinMs.push(performance.now() - start);
    return { statistics, refused, arrivedWithinMs };
  },
  supported: () => {
    const { panel } = jack();
    const supports = (kind: "tbf" | "pfifo" | "netem") => panel.supportsQueue(kind, 11);
    const found = { tbf: supports("tbf"), pfifo: supports("pfifo"), netem: supports("netem") };
    return { ...found, netemByTc: spawnSync("tc", "qdisc add dev jack0 root netem".split(" ")).status === 0 };
  },
  "super-frames": async () => {
    const { panel, netns } = jack();
    panel.linkSet({ ifindex: 1, up: true });
    using node = RtnetlinkHandle.openIn(netns);
    panel.addressReplace({ ifindex: 11, address: "10.9.0.1/24" });
    node.addressReplace({ ifindex: 2, address: "10.9.0.2/24" });
    // Listens in this namespace; the sender is the node.
    const longest = async () => {
      using seen = PacketSocket.open({ ifindex: 11, ignoreOutgoing: true, receiveBufferBytes: 8 << 20 });
      const received = await transfer(netns, 2_000_000);
      let bytes = 0;
      for (let frame = seen.receive(100); frame !== undefined; frame = seen.receive(0))
        bytes = Math.max(bytes, frame.length);
      return { received, bytes };
    };
    const allow = (allowed: boolean) => inNamespaces([netns], () => setSuperFrames("eth0", allowed));
    const whole = await longest();
    allow(false);
    const cut = await longest();
    allow(true);
    return { whole, cut, again: await longest(), refused: errorOf(() => setSuperFrames("nothing", false)) };
  },
});
