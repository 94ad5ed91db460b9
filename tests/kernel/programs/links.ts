import { createNetns, Namespace, PacketSocket, RtnetlinkHandle } from "../../../src/kernel/index.ts";
import { frames } from "./frames.ts";
import { awaitUp, main, silence } from "./scenario.ts";

type Delivery = { sent: Record<string, string>; received: string[] };

type Ends = { readonly a: PacketSocket; readonly b: PacketSocket };

/** Sends every frame from one end and collects what arrives at the other, in order, until it is quiet. */
function deliver(from: PacketSocket, to: PacketSocket, source: string, mtu: number): Delivery {
  const sent = frames(source, mtu);
  for (const frame of Object.values(sent)) from.send(frame);
  const received: string[] = [];
  for (;;) {
    const frame = to.receive(500);
    if (frame === undefined) break;
    if (frame.toString("hex", 6, 12) === source) received.push(frame.toString("hex"));
  }
  return {
    sent: Object.fromEntries(Object.entries(sent).map(([name, frame]) => [name, frame.toString("hex")])),
    received,
  };
}

const bothWays = ({ a, b }: Ends, mtu: number) => ({
  aToB: deliver(a, b, "020000000001", mtu),
  bToA: deliver(b, a, "020000000002", mtu),
});

/** Two nodes with one interface each, their jacks 11 and 12 in this namespace, all up; `join` makes the link. */
function twoNodes(mtu: number, join: (panel: RtnetlinkHandle) => void): Ends {
  silence(Namespace.current("net"));
  const panel = RtnetlinkHandle.open();
  const nodes = [createNetns(), createNetns()] as const;
  for (const node of nodes) silence(node);
  panel.batch((batch) => {
    for (const [index, netns] of nodes.entries()) {
      batch.linkAdd({ name: `jack${index}`, ifindex: 11 + index, mtu, peer: { name: "eth0", ifindex: 2, mtu, netns } });
    }
  });
  join(panel);
  for (const [index, node] of nodes.entries()) {
    using handle = RtnetlinkHandle.openIn(node);
    handle.linkSet({ ifindex: 2, up: true });
    panel.linkSet({ ifindex: 11 + index, up: true });
    awaitUp(handle, 2);
  }
  awaitUp(panel, 11, 12);
  const open = (node: Namespace) => PacketSocket.openIn(node, { ifindex: 2, ignoreOutgoing: true });
  return { a: open(nodes[0]), b: open(nodes[1]) };
}

function kernelLink(mtu: number): Ends {
  return twoNodes(mtu, (panel) =>
    panel.batch((batch) => {
      for (const [jack, other] of [
        [11, 12],
        [12, 11],
      ] as const) {
        batch.qdiscReplace({ kind: "clsact", ifindex: jack });
        batch.filterReplace({ ifindex: jack, hook: "ingress", redirectTo: other });
      }
    }),
  );
}

function bridge(options: { stp: boolean; bridgeMask: number; portMask: number }): Ends {
  return twoNodes(1500, (panel) => {
    panel.batch((batch) => {
      batch.bridgeAdd({
        name: "switch",
        ifindex: 10,
        stp: options.stp,
        ageingSeconds: 300,
        forwardDelaySeconds: options.stp ? 2 : 0,
        groupForwardMask: options.bridgeMask,
        multicastSnooping: false,
      });
      batch.linkSet({ ifindex: 10, up: true });
      for (const jack of [11, 12]) {
        batch.linkSet({ ifindex: jack, master: 10 });
        batch.bridgePortSet({ ifindex: jack, groupForwardMask: options.portMask });
      }
    });
  });
}

/** Spanning tree lets nothing pass for twice the forward delay: asks with a frame until one does. */
function awaitForwarding({ a, b }: Ends): void {
  const probe = Buffer.from(`ffffffffffff02000000000188b5${"00".repeat(46)}`, "hex");
  for (const deadline = performance.now() + 20_000; performance.now() < deadline; ) {
    a.send(probe);
    for (let frame = b.receive(200); frame !== undefined; frame = b.receive(0)) if (frame.equals(probe)) return;
  }
  throw new Error("the switch does not forward");
}

await main({
  kernel: () => bothWays(kernelLink(1500), 1500),
  "kernel jumbo": () => bothWays(kernelLink(9000), 9000),
  "bridge forwarding all": () => bothWays(bridge({ stp: false, bridgeMask: 0x4008, portMask: 0x5 }), 1500),
  "bridge forwarding none": () => bothWays(bridge({ stp: false, bridgeMask: 0, portMask: 0 }), 1500),
  "bridge with spanning tree": () => {
    const ends = bridge({ stp: true, bridgeMask: 0x4008, portMask: 0x5 });
    awaitForwarding(ends);
    return bothWays(ends, 1500);
  },
  "carrier follows the jack": () => {
    const panel = RtnetlinkHandle.open();
    const netns = createNetns();
    panel.linkAdd({ name: "jack", ifindex: 11, peer: { name: "eth0", ifindex: 2, netns } });
    using node = RtnetlinkHandle.openIn(netns);
    node.linkSet({ ifindex: 2, up: true });
    const carrier = () => node.linkGet({ ifindex: 2 }).carrier;
    const seen = [carrier()];
    for (const up of [true, false, true]) {
      panel.linkSet({ ifindex: 11, up });
      seen.push(carrier());
    }
    return seen;
  },
});
