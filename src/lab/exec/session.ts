import type { Readable } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { Channel, ExecRequest, ExecResume } from "../../api/index.ts";
import type { Program, ProgramRequest } from "../../engines/index.ts";
import { NetwrightError } from "../../topology/index.ts";
import { drained } from "../drain.ts";
import { drainMs, exitReport, hangUp, sendOutput, takeMessage, tell } from "./exchange.ts";
import type { KeptTerminals } from "./kept-terminal.ts";

/** In which node a command is to run, and how it is run. */
export type ExecPlace = { readonly node: string; readonly run: (request: ProgramRequest) => Promise<Program> };

/** Serves one exec WebSocket: the request, then bytes both ways, then the exit. */
export async function serveExec(socket: WebSocket, { node, run }: ExecPlace, kept: KeptTerminals): Promise<void> {
  const backlog: (readonly [RawData, boolean])[] = [];
  const queue = (data: RawData, isBinary: boolean) => backlog.push([data, isBinary]);
  let isKept = false;
  socket.on("error", () => socket.terminate());
  try {
    const first: unknown = JSON.parse(await firstMessage(socket));
    if (typeof first === "object" && first !== null && "session" in first) {
      const { session, received } = ExecResume.parse(first);
      kept.resume(node, session, received, socket);
      isKept = true;
      return;
    }
    const request = ExecRequest.parse(first);
    socket.on("message", queue);
    const program = await run({
      argv: request.argv,
      environment: request.tty ? { TERM: "xterm-256color", ...request.environment } : request.environment,
      stdin: true,
      ...(request.directory === undefined ? {} : { directory: request.directory }),
      ...(request.user === undefined ? {} : { user: request.user }),
      ...(request.tty ? { terminal: { columns: request.columns, rows: request.rows } } : {}),
    });
    socket.off("message", queue);
    if (request.tty && request.keepMs !== undefined) {
      kept.begin(node, program, request.keepMs, socket);
      isKept = true;
      for (const [data, isBinary] of backlog) socket.emit("message", data, isBinary);
      return;
    }
    tell(socket, { type: "started", pid: program.pid });
    const receive = (data: RawData, isBinary: boolean) =>
      takeMessage(socket, program, request.tty ?? false, data, isBinary);
    for (const [data, isBinary] of backlog) receive(data, isBinary);
    socket.on("message", receive);
    let hasEnded = false;
    socket.once("close", () => {
      if (!hasEnded) void hangUp(program);
    });
    const output = Promise.all([
      forward(socket, program.stdout, Channel.stdout),
      ...(program.stderr === undefined ? [] : [forward(socket, program.stderr, Channel.stderr)]),
    ]);
    const exit = await program.exit;
    hasEnded = true;
    await sent(output, socket);
    tell(socket, exitReport(exit));
    for (const stream of [program.stdin, program.stdout, program.stderr]) stream?.destroy();
  } catch (error) {
    const { code, message, remedy } =
      error instanceof NetwrightError
        ? error.toReport()
        : { code: "INTERNAL", message: error instanceof Error ? error.message : String(error), remedy: undefined };
    tell(socket, { type: "error", code, message, ...(remedy === undefined ? {} : { remedy }) });
  } finally {
    if (!isKept) socket.close();
  }
}

async function firstMessage(socket: WebSocket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.once("message", (data) => resolve(String(data)));
  socket.once("close", () => reject(new Error("the client went away")));
  return promise;
}

/** Resolves when the stream has ended. */
function forward(socket: WebSocket, stream: Readable, channel: Channel): Promise<void> {
  stream.on("data", (data: Buffer) => sendOutput(socket, stream, channel, data));
  stream.on("error", () => stream.destroy());
  return new Promise((resolve) => stream.once("close", () => resolve()));
}

/** Everything the program wrote, however slow the client; of what its children still write, a moment's worth. */
async function sent(output: Promise<unknown>, socket: WebSocket): Promise<void> {
  let done = false;
  const finished = output.then(() => {
    done = true;
  });
  do {
    await drained(finished, drainMs);
  } while (!done && socket.readyState === socket.OPEN && socket.bufferedAmount > 0);
}
