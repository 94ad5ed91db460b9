import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { KeptTerminals } from "./kept-terminal.ts";
import { type ExecPlace, serveExec } from "./session.ts";

const messageBytes = 16 * 1024 * 1024;
/** How long clients may take to let go. */
const farewellMs = 1_000;

/** The commands that clients run, each over a WebSocket of its own. */
export class ExecSessions {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: messageBytes, perMessageDeflate: false });
  readonly #kept = new KeptTerminals();

  /** Takes over the connection of a request to upgrade (RFC 6455, 4.2). */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, place: ExecPlace): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => void serveExec(webSocket, place, this.#kept));
  }

  /** Tells every client that it is over, and cuts off those who do not let go. */
  async close(): Promise<void> {
    this.#kept.close();
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
