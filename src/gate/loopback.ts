import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Transport } from "../topology/index.ts";
import type { Dial } from "./relay.ts";

/** Both loopback addresses of this machine, the one that most programs listen on first. */
const addresses = ["127.0.0.1", "::1"] as const;

/** Takes who comes to a port of this machine's loopback, and to nothing else. */
export const dialLoopback = (protocol: Transport, port: number): Dial =>
  protocol === "tcp" ? () => dialStream(port) : () => dialDatagrams(port);

async function dialStream(port: number) {
  for (const host of addresses) {
    const socket = await attempt(connect({ host, port, allowHalfOpen: true, noDelay: true }));
    if (socket !== undefined) return { type: "stream", socket } as const;
  }
  return undefined;
}

async function attempt(socket: Socket): Promise<Socket | undefined> {
  socket.pause();
  try {
    await once(socket, "connect");
    return socket;
  } catch {
    socket.destroy();
    return undefined;
  }
}

/** UDP does not tell whether somebody listens: only IPv4 is tried. */
async function dialDatagrams(port: number) {
  const socket = createSocket("udp4");
  socket.bind(0, addresses[0]);
  await once(socket, "listening");
  return { type: "datagrams", socket, address: addresses[0], port } as const;
}
