import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { ConsoleReport, ConsoleSettings } from "../../api/index.ts";
import { NetwrightError } from "../../topology/index.ts";
import type { ConsoleHub, Viewer } from "./hub.ts";

const messageBytes = 16 * 1024 * 1024;
/** How long clients may take to let go. */
const farewellMs = 1_000;

/** The consoles that clients watch, each over a WebSocket of its own. */
export class ConsoleSessions {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: messageBytes, perMessageDeflate: false });

  /**
   * Takes over the connection of a request to upgrade (RFC 6455, 4.2).
   *
   * @param find the console, or what is wrong
   */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    find: () => { readonly hub: ConsoleHub; readonly query: ConsoleSettings },
  ): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => serveConsole(webSocket, find));
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

function serveConsole(
  socket: WebSocket,
  find: () => { readonly hub: ConsoleHub; readonly query: ConsoleSettings },
): void {
  const tell = (report: ConsoleReport) => socket.send(JSON.stringify(report));
  socket.on("error", () => socket.terminate());
  try {
    const { hub, query } = find();
    const viewer: Viewer = {
      show: (data) => socket.send(data),
      get backlog() {
        return socket.bufferedAmount;
      },
      tell: (state) => tell({ type: "state", state }),
      drop: (reason) => socket.close(1013, reason),
    };
    const detach = hub.attach(viewer, query.mode, query.history);
    socket.once("close", detach);
    socket.on("message", (data, isBinary) => {
      if (!isBinary || hub.type(viewer, data as Buffer)) return;
      socket.pause();
      void hub.drained().then(() => socket.resume());
    });
  } catch (error) {
    const { code, message, remedy } =
      error instanceof NetwrightError
        ? error.toReport()
        : { code: "BAD_REQUEST", message: error instanceof Error ? error.message : String(error), remedy: undefined };
    tell({ type: "error", code, message, ...(remedy === undefined ? {} : { remedy }) });
    socket.close();
  }
}
