import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { ConsoleControl, type ConsoleReport, type ConsoleSettings } from "../../api/index.ts";
import { NetwrightError } from "../../topology/index.ts";
import { WebSockets } from "../server/web-sockets.ts";
import type { ConsoleHub, Viewer } from "./hub.ts";

type Found = { readonly hub: ConsoleHub; readonly query: ConsoleSettings };

/** The consoles that clients watch, each over a WebSocket of its own. */
export class ConsoleSessions {
  readonly #sockets = new WebSockets();

  /**
   * Takes over the connection of a request to upgrade.
   *
   * @param find the console, or what is wrong
   */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, find: () => Promise<Found>): void {
    this.#sockets.accept(request, socket, head, (client) => void serveConsole(client, find));
  }

  close(): Promise<void> {
    return this.#sockets.close();
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
