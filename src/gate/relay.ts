import type { Socket as Datagrams } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, isIPv6, Socket } from "node:net";
import type { Transport } from "../topology/index.ts";

/** Where a connection or a datagram's sender is taken. A dialled TCP socket may still be on its way. */
export type Dialled =
  | { readonly type: "stream"; readonly socket: Socket }
  | { readonly type: "datagrams"; readonly socket: Datagrams; readonly address: string; readonly port: number };
export type Dial = () => Promise<Dialled | undefined>;

/** A port that takes who comes elsewhere, until it is closed. */
export type Relay = { readonly port: number; close(): void };

/** Of a socket that exists already, or an address of the gate's own network. */
export type Place =
  | { readonly fd: number; readonly family: 4 | 6 }
  | { readonly address: string; readonly port: number };

/** A peer's way back is kept this long after its last datagram (RFC 4787, 4.3 asks for two minutes of NATs). */
const idleMs = 120_000;
const mostPeers = 4096;

/** @throws the error of listen(2) or bind(2), as Node gives it */
export const openRelay = (protocol: Transport, at: Place, dial: Dial): Promise<Relay> =>
  protocol === "tcp" ? relayStreams(at, dial) : relayDatagrams(at, dial);

async function relayStreams(at: Place, dial: Dial): Promise<Relay> {
  const open = new Set<Socket>();
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
    keep(client);
    client.on("error", () => client.destroy());
    void dial().then((dialled) => {
      if (dialled?.type !== "stream") return void client.resetAndDestroy();
      keep(dialled.socket);
      join(client, dialled.socket);
    });
  });
  if ("fd" in at) server.listen({ fd: at.fd });
  else server.listen({ host: at.address, port: at.port, ipv6Only: true, exclusive: true });
  await once(server, "listening");
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : 0,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** What one says, the other hears; when one ends, so does the other, each direction for itself. */
function join(a: Socket, b: Socket): void {
  for (const [one, other] of [[a, b] as const, [b, a] as const]) {
    one.on("error", () => other.resetAndDestroy());
    // Ended without an error and without saying so first.
    one.once("close", () => {
      if (!other.destroyed && !one.readableEnded) other.destroy();
    });
    one.pipe(other);
  }
}

async function relayDatagrams(at: Place, dial: Dial): Promise<Relay> {
  const isV6 = "fd" in at ? at.family === 6 : isIPv6(at.address);
  const host = createSocket({ type: isV6 ? "udp6" : "udp4", ipv6Only: isV6 });
  const peers = new Map<string, { readonly way: Promise<Dialled | undefined>; timer: NodeJS.Timeout }>();
  const forget = (key: string) => {
    const peer = peers.get(key);
    if (peer === undefined) return;
    peers.delete(key);
    clearTimeout(peer.timer);
    void peer.way.then((way) => way?.socket && way.type === "datagrams" && way.socket.close());
  };
  host.on("error", () => undefined);
  host.on("message", (data, { address, port }) => {
    const key = `${address} ${port}`;
    let peer = peers.get(key);
    if (peer === undefined) {
      if (peers.size >= mostPeers) forget(peers.keys().next().value as string);
      const way = dial().then((dialled) => {
        if (dialled?.type !== "datagrams") return undefined;
        dialled.socket.on("error", () => forget(key));
        dialled.socket.on("message", (answer) => {
          peers.get(key)?.timer.refresh();
          host.send(answer, port, address);
        });
        return dialled;
      });
      peer = { way, timer: setTimeout(() => forget(key), idleMs) };
      peers.set(key, peer);
    }
    peer.timer.refresh();
    void peer.way.then((way) => {
      if (way === undefined) forget(key);
      else if (way.type === "datagrams") way.socket.send(data, way.port, way.address);
    });
  });
  const listening = once(host, "listening");
  if ("fd" in at) host.bind({ fd: at.fd });
  else host.bind({ address: at.address, port: at.port, exclusive: true });
  // Rejects when the socket says "error" first.
  await listening;
  return {
    port: host.address().port,
    close: () => {
      for (const key of peers.keys()) forget(key);
      host.close();
    },
  };
}

/** A connected, or connecting, TCP socket by its descriptor, which is the socket's from now on. */
export const streamOf = (fd: number): Socket => new Socket({ fd, allowHalfOpen: true, readable: true, writable: true });

/** A bound UDP socket by its descriptor. */
export async function datagramsOf(fd: number, address: string): Promise<Datagrams> {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  const listening = once(socket, "listening");
  socket.bind({ fd });
  await listening;
  return socket;
}
