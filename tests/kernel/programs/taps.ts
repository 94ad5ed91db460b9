import { createNetns, inNamespaces, PacketSocket, RtnetlinkHandle, Tap } from "../../../src/kernel/index.ts";
import { awaitUp, errorOf, main, silence } from "./scenario.ts";

const frame = Buffer.from(`02aaaaaaaa0102000000000188b5${"5a".repeat(64)}`, "hex");
const vnetHeaderBytes = 10;

/** A tap in a namespace of its own, up, and a packet socket on the interface. */
function tapAndSocket(vnetHeader: boolean) {
  const netns = createNetns();
  silence(netns);
  const tap = inNamespaces([netns], () => Tap.open({ name: "tap0", vnetHeader }));
  const handle = RtnetlinkHandle.openIn(netns);
  const { ifindex } = handle.linkGet({ name: "tap0" });
  handle.linkSet({ ifindex, up: true });
  return { tap, handle, ifindex, socket: PacketSocket.openIn(netns, { ifindex, ignoreOutgoing: true }) };
}

await main({
  frames: () => {
    const { tap, handle, ifindex, socket } = tapAndSocket(false);
    tap.send(frame);
    const fromTap = socket.receive(2000)?.equals(frame);
    socket.send(frame);
    const toTap = tap.receive(2000)?.equals(frame);
    const nothing = [tap.receive(20) ?? null, socket.receive(20) ?? null];
    handle.linkSet({ ifindex, up: false });
    const down = [errorOf(() => tap.send(frame)).code, errorOf(() => socket.send(frame)).code];
    tap.close();
    return {
      fromTap,
      toTap,
      nothing,
      down,
      left: handle.linkList().map(({ name }) => name),
      closed: errorOf(() => tap.send(frame)).code,
    };
  },
  "vnet header": () => {
    const { tap, socket } = tapAndSocket(true);
    tap.send(Buffer.concat([Buffer.alloc(vnetHeaderBytes), frame]));
    const fromTap = socket.receive(2000)?.equals(frame);
    socket.send(frame);
    const read = tap.receive(2000);
    return { fromTap, toTap: read?.subarray(vnetHeaderBytes).equals(frame), length: read?.length };
  },
  "packet sockets": () => {
    const netns = createNetns();
    silence(netns);
    const handle = RtnetlinkHandle.openIn(netns);
    handle.linkAdd({ name: "a", ifindex: 11, mtu: 1500, peer: { name: "b", ifindex: 12 } });
    for (const ifindex of [11, 12]) handle.linkSet({ ifindex, up: true });
    awaitUp(handle, 11, 12);
    const sender = PacketSocket.openIn(netns, { ifindex: 11 });
    const quiet = PacketSocket.openIn(netns, { ifindex: 11, ignoreOutgoing: true });
    const observer = PacketSocket.openIn(netns, { ifindex: 11 });
    sender.send(frame);
    const seen = { observer: observer.receive(1000)?.equals(frame), quiet: quiet.receive(100) ?? null };
    const long = errorOf(() => sender.send(Buffer.concat([frame, Buffer.alloc(1500)])));
    handle.linkSet({ ifindex: 11, up: false });
    const down = errorOf(() => sender.send(frame)).code;
    const noInterface = errorOf(() => PacketSocket.openIn(netns, { ifindex: 99 }));
    sender.close();
    return { seen, long, down, noInterface, closed: errorOf(() => sender.send(frame)).code };
  },
  names: () => ({
    long: errorOf(() => Tap.open({ name: "sixteen-letters-" })),
    taken: errorOf(() => [Tap.open({ name: "tap0" }), Tap.open({ name: "tap0" })]),
  }),
});
