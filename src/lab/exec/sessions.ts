import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSockets } from "../server/web-sockets.ts";
import { KeptTerminals } from "./kept-terminal.ts";
import { type ExecPlace, serveExec } from "./session.ts";

/** The commands that clients run, each over a WebSocket of its own. */
export class ExecSessions {
  readonly #sockets = new WebSockets();
  readonly #kept = new KeptTerminals();

  /** Takes over the connection of a request to upgrade. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, place: ExecPlace): void {
    this.#sockets.accept(request, socket, head, (client) => void serveExec(client, place, this.#kept));
  }

  async close(): Promise<void> {
    this.#kept.close();
    await this.#sockets.close();
  }
}
