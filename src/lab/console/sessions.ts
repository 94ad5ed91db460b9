import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { ConsoleControl, type ConsoleReport, type ConsoleSettings } from "../../api/index.ts";
import { NetwrightError } from "../../topology/index.ts";
import type { ConsoleHub, Viewer } from "./hub.ts";

const messageBytes = 16 * 1024 * 1024;
/** How long clients may take to let go. */
const farewellMs = 1_000;

type Found = { readonly hub: ConsoleHub; readonly query: ConsoleSettings };

/** The consoles that clients watch, each over a WebSocket of its own. */
export class ConsoleSessions {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: messageBytes, perMessageDeflate: false });

  /**
   * Takes over the connection of a request to upgrade (RFC 6455, 4.2).
   *
   * @param find the console, or what is wrong
   */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, find: () => Promise<Found>): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => void serveConsole(webSocket, find));
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

async function serveConsole(socket: WebSocket, find: () => Promise<Found>): Promise<void> {
  const tell = (report: ConsoleReport) => socket.send(JSON.stringify(report));
  socket.on("error", () => socket.terminate());
  try {
    // What comes before there is somewhere to put it waits.
    socket.pause();
    const { hub, query } = await find().finally(() => socket.resume());
    if (socket.readyState !== socket.OPEN) return;
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
      if (!isBinary) {
        const { success, data: control } = ConsoleControl.safeParse(parseJson(String(data)));
        if (!success) socket.close(1008, "no ConsoleControl");
        else if (control.type === "ping") tell({ type: "pong" });
        else hub.resize(viewer, control);
        return;
      }
      if (hub.type(viewer, data as Buffer)) return;
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
