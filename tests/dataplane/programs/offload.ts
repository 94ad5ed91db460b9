import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { DirectionStats, Impairment } from "../../../src/dataplane/contract.ts";
import { inNamespaces } from "../../../src/kernel/index.ts";
import { main } from "../../kernel/programs/scenario.ts";
import { addressOf, giveAddresses, linkOf, makeNodes, type Node } from "./panel.ts";
import { WireProcess } from "./wire-process.ts";

const program = new URL("peer.py", import.meta.url).pathname;
const port = 5000;

/** A role of peer.py running in a node. */
class Peer {
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  #output = "";

  constructor(node: Node, role: string, ...parameters: readonly (string | number)[]) {
    this.#child = inNamespaces([node.netns], () =>
      spawn("python3", [program, role, ...parameters.map(String)], { stdio: ["ignore", "pipe", "inherit"] }),
    );
    this.#child.stdout.on("data", (data: Buffer) => {
      this.#output += data.toString();
    });
  }

  async ready(): Promise<this> {
    while (!this.#output.includes("ready\n")) await once(this.#child.stdout, "data");
    return this;
  }

  async result(): Promise<unknown> {
    if (this.#child.exitCode === null) await once(this.#child, "close");
    return JSON.parse(this.#output.replace("ready\n", ""));
  }
}

type Report = {
  readonly sent: unknown;
  readonly received: unknown;
  readonly ab: DirectionStats;
  readonly ba: DirectionStats;
};

async function between(
  impairment: Impairment,
  send: (a: Node, b: Node) => Promise<[unknown, unknown]>,
): Promise<Report> {
  const nodes = makeNodes(2);
  giveAddresses(nodes);
  const [a, b] = nodes as [Node, Node];
  const wire = await WireProcess.start();
  await wire.ask({ do: "link.add", links: [linkOf("l", a, b, { ab: impairment, ba: impairment, seed: 4 })] });
  const [sent, received] = await send(a, b);
  const { ab, ba } = await wire.stats("l");
  return { sent, received, ab, ba };
}

/** A stream of TCP from a to b, to an address of b. */
async function stream(a: Node, b: Node, host: string, bytes: number): Promise<[unknown, unknown]> {
  const sink = await new Peer(b, "tcp-sink", port, host.includes(":") ? 1 : 0).ready();
  const source = new Peer(a, "tcp-source", host, port, bytes);
  return [await source.result(), await sink.result()];
}

const ip = (node: Node, ...parameters: readonly string[]) =>
  inNamespaces([node.netns], () => execFileSync("ip", parameters, { stdio: ["ignore", "ignore", "inherit"] }));

/** The same through a tunnel, whose super-frames are split with it around them. */
async function tunnelled(a: Node, b: Node, kind: readonly string[]): Promise<[unknown, unknown]> {
  for (const [node, own, other, inner] of [
    [a, addressOf(0), addressOf(1), "192.168.7.1/24"],
    [b, addressOf(1), addressOf(0), "192.168.7.2/24"],
  ] as const) {
    const places = { LOCAL: own, REMOTE: other } as Readonly<Record<string, string>>;
    ip(node, "link", "add", "tunnel0", "type", ...kind.map((word) => places[word] ?? word));
    ip(node, "address", "add", inner, "dev", "tunnel0");
    ip(node, "link", "set", "tunnel0", "up");
  }
  return stream(a, b, "192.168.7.2", 8_000_000);
}

const vxlan = ["vxlan", "id", "7", "local", "LOCAL", "remote", "REMOTE", "dstport", "4789"];
const toB = (bytes: number) => (a: Node, b: Node) => stream(a, b, addressOf(1), bytes);
const impaired: Impairment = { delayMs: 1 };

await main({
  "tcp, transport": () => between({}, toB(30_000_000)),
  "tcp, impaired": () => between(impaired, toB(30_000_000)),
  "tcp, losses": () => between({ delayMs: 1, loss: { uniform: 0.002 }, duplicate: 0.002 }, toB(8_000_000)),
  "tcp, rate": () => between({ rateBps: 50_000_000, queue: { packets: 200 } }, toB(3_000_000)),
  "tcp, ipv6": () =>
    between(impaired, (a, b) => {
      for (const [node, own] of [
        [a, "fd00::1/64"],
        [b, "fd00::2/64"],
      ] as const) {
        inNamespaces([node.netns], () =>
          execFileSync("sh", ["-c", "echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6"]),
        );
        ip(node, "address", "add", own, "dev", "eth0", "nodad");
      }
      return stream(a, b, "fd00::2", 8_000_000);
    }),
  "tcp, vxlan, transport": () => between({}, (a, b) => tunnelled(a, b, vxlan)),
  "tcp, vxlan, impaired": () => between(impaired, (a, b) => tunnelled(a, b, vxlan)),
  "udp, impaired": () =>
    between(impaired, async (a, b) => {
      const sink = await new Peer(b, "udp-sink", port, 21).ready();
      const source = new Peer(a, "udp-gso-source", addressOf(1), port, 25_000, 1200);
      return [await source.result(), await sink.result()];
    }),
});
process.stdout.write("", () => process.exit(0));
