import { Duplex } from "node:stream";
import type { ConsoleControl, ConsoleQuery, ConsoleReport } from "../api/console.ts";
import type { LabAddress } from "./address.ts";
import { lostConnection } from "./lost.ts";
import { pathOf } from "./path.ts";
import { errorFrom } from "./problems.ts";
import { LabWebSocket } from "./websocket.ts";

/** A node's console, both ways. It goes on through resets and power-offs, until it is destroyed or the lab ends. */
export type ConsoleStream = Duplex & {
  /** Calls `listener` when the machine gains or loses power, and at once with how it is. */
  onState(listener: (state: "on" | "off") => void): void;
  /** Says how large the window is that it is shown in: a terminal takes the size of who typed last. */
  resize(columns: number, rows: number): void;
};

/** How long until the socket must be open. */
const connectMs = 10_000;
/** What is typed waits when so much of it waits to be sent. */
const sendBacklogBytes = 1 << 20;

/**
 * Opens the console of a node. The stream ends with the lab; it fails with what is wrong.
 *
 * @throws NODE_NOT_FOUND, CONSOLE_MISSING, CONSOLE_TAKEN, LAB_LOST, SERVER_BROKE_OFF
 */
export async function openConsole(
  lab: string,
  address: LabAddress,
  node: string,
  query: ConsoleQuery,
): Promise<ConsoleStream> {
  const socket = new LabWebSocket(address, pathOf("console", { node }, query), connectMs);
  const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
  const listeners: ((state: "on" | "off") => void)[] = [];
  let state: "on" | "off" | undefined;
  let failure: Error | undefined;
  const duplex = new Duplex({
    read: () => socket.resume(),
    write(data: Buffer, _encoding, done) {
      const wait = socket.bufferedAmount > sendBacklogBytes;
      socket.send(data, wait ? () => done() : undefined);
      if (!wait) done();
    },
    destroy(error, done) {
      // A socket that is not read never learns that the other side is done, too.
      socket.resume();
      socket.close();
      done(error);
    },
  });
  socket.on("binary", (data) => {
    if (!duplex.destroyed && !duplex.push(data)) socket.pause();
  });
  socket.on("text", (text) => {
    const report = JSON.parse(text) as ConsoleReport;
    if (report.type === "error") {
      failure = errorFrom(report);
      return;
    }
    if (report.type !== "state") return;
    state = report.state;
    resolve();
    for (const listener of listeners) listener(report.state);
  });
  socket.once("close", (cause) => {
    failure ??=
      // Of a lab behind a server, a connection that breaks is no end of it.
      state === undefined || (cause !== undefined && !("socket" in address) && !duplex.destroyed)
        ? lostConnection(lab, address, cause)
        : undefined;
    reject(failure ?? new Error("closed"));
    if (failure === undefined) duplex.push(null);
    else duplex.destroy(failure);
  });
  // Whoever waits for the opening learns of it, and later whoever reads.
  duplex.on("error", () => {});
  await opened;
  return Object.assign(duplex, {
    resize: (columns: number, rows: number) => {
      const control: ConsoleControl = { type: "resize", columns, rows };
      if (!duplex.destroyed) socket.send(JSON.stringify(control));
    },
    onState: (listener: (now: "on" | "off") => void) => {
      listeners.push(listener);
      if (state !== undefined) listener(state);
    },
  });
}
