import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { RawData, WebSocket } from "ws";
import {
  Channel,
  decodeFrame,
  ExecControl,
  type ExecReport,
  ExecRequest,
  ExecResume,
  encodeFrame,
} from "../../api/index.ts";
import { type Program, type ProgramRequest, shellStatus } from "../../engines/index.ts";
import { NetwrightError } from "../../topology/index.ts";
import { folderOf, type KeptTerminals } from "./kept-terminal.ts";

/** Above this many bytes not yet sent to the client, the program's output is not read. */
const sendBacklogBytes = 1024 * 1024;
/** After the program's end, output of children that hold its pipes is waited for no longer than this. */
const drainMs = 300;
/** From the hang-up of a client that went away to SIGKILL. */
const hangUpMs = 2_000;

/** In which node a command is to run, and how it is run. */
export type ExecPlace = { readonly node: string; readonly run: (request: ProgramRequest) => Promise<Program> };

/** Serves one exec WebSocket: the request, then bytes both ways, then the exit. */
export async function serveExec(socket: WebSocket, { node, run }: ExecPlace, kept: KeptTerminals): Promise<void> {
  const send = (report: ExecReport) => socket.send(JSON.stringify(report));
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
    send({ type: "started", pid: program.pid });
    const receive = (data: RawData, isBinary: boolean) =>
      isBinary ? feed(socket, program, data as Buffer) : control(program, data, request.tty, send);
    for (const [data, isBinary] of backlog) receive(data, isBinary);
    socket.on("message", receive);
    const ended = new AbortController();
    socket.once("close", () => void hangUp(program, ended.signal));
    const output = Promise.all([
      forward(socket, program.stdout, Channel.stdout),
      ...(program.stderr === undefined ? [] : [forward(socket, program.stderr, Channel.stderr)]),
    ]);
    const exit = await program.exit;
    ended.abort();
    await drained(output, socket);
    send({
      type: "exit",
      exitCode: shellStatus(exit, constants.signals),
      ...(exit.signal === undefined ? {} : { signal: exit.signal }),
    });
    for (const stream of [program.stdin, program.stdout, program.stderr]) stream?.destroy();
  } catch (error) {
    const { code, message, remedy } =
      error instanceof NetwrightError
        ? error.toReport()
        : { code: "INTERNAL", message: error instanceof Error ? error.message : String(error), remedy: undefined };
    send({ type: "error", code, message, ...(remedy === undefined ? {} : { remedy }) });
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

function feed(socket: WebSocket, program: Program, frame: Buffer): void {
  const { channel, data } = decodeFrame(frame);
  if (channel !== Channel.stdin || program.stdin === undefined || !program.stdin.writable) return;
  if (program.stdin.write(data)) return;
  socket.pause();
  program.stdin.once("drain", () => socket.resume());
  program.stdin.once("close", () => socket.resume());
}

function control(program: Program, data: RawData, tty: boolean, send: (report: ExecReport) => void): void {
  const message = ExecControl.parse(JSON.parse(String(data)));
  switch (message.type) {
    case "stdin-end":
      // End of file on a terminal is a character (VEOF, termios(3)), when its reader is in line mode.
      if (tty) program.stdin?.write("\u0004");
      else program.stdin?.end();
      return;
    case "resize":
      program.resize(message);
      return;
    case "signal":
      program.signal(message.signal as NodeJS.Signals);
      return;
    case "ping":
      send({ type: "pong" });
      return;
    case "folder":
      send(folderOf(program.pid));
      return;
    default:
      message satisfies never;
  }
}

/** Resolves when the stream has ended. */
function forward(socket: WebSocket, stream: Readable, channel: Channel): Promise<void> {
  stream.on("data", (data: Buffer) => {
    socket.send(encodeFrame(channel, data), () => {
      if (stream.isPaused() && socket.bufferedAmount < sendBacklogBytes) stream.resume();
    });
    if (socket.bufferedAmount >= sendBacklogBytes) stream.pause();
  });
  stream.on("error", () => stream.destroy());
  return new Promise((resolve) => stream.once("close", () => resolve()));
}

/** Everything the program wrote, however slow the client; of what its children still write, a moment's worth. */
async function drained(output: Promise<unknown>, socket: WebSocket): Promise<void> {
  let done = false;
  const finished = output.then(() => {
    done = true;
  });
  do {
    await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, drainMs))]);
  } while (!done && socket.readyState === socket.OPEN && socket.bufferedAmount > 0);
}

async function hangUp(program: Program, ended: AbortSignal): Promise<void> {
  if (ended.aborted) return;
  program.signal("SIGHUP");
  const timer = setTimeout(() => program.signal("SIGKILL"), hangUpMs);
  await program.exit;
  clearTimeout(timer);
}
