import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

const messageBytes = 16 * 1024 * 1024;
/** How long clients may take to let go. */
const farewellMs = 1_000;

/** Connections that are WebSockets. */
export class WebSockets {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: messageBytes, perMessageDeflate: false });

  /** Takes over the connection of a request to upgrade (RFC 6455, 4.2). */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, serve: (client: WebSocket) => void): void {
    this.#server.handleUpgrade(request, socket, head, serve);
  }

  /** Tells every client that it is over, and cuts off those who do not let go. */
  async close(): Promise<void> {
    const clients = [...this.#server.clients];
    const gone = Promise.all(clients.map((client) => new Promise((resolve) => client.once("close", resolve))));
    for (const client of clients) client.close();
    const timer = setTimeout(() => {
      for (const client of clients) client.terminate();
    }, farewellMs);
    await gone;
    clearTimeout(timer);
  }
}
