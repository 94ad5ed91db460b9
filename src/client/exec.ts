import { Readable, Writable } from "node:stream";
import type { ExecControl, ExecReport, ExecRequest } from "../api/exec.ts";
import { Channel, decodeFrame, encodeFrame } from "../api/exec-frame.ts";
import type { LabAddress } from "./address.ts";
import { lostConnection } from "./lost.ts";
import { pathOf } from "./path.ts";
import { errorFrom } from "./problems.ts";
import { LabWebSocket } from "./websocket.ts";

/** How a command ended: as a shell says it, 128 + the signal's number when a signal ended it. */
export type ExecExit = { readonly exitCode: number; readonly signal?: string };

/** A command that runs in a node. */
export type ExecSession = {
  /** Ending it ends the command's standard input. Writes wait while the command does not read. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Empty with a terminal, where both come as one. */
  readonly stderr: Readable;
  /** Resolves after all output has arrived; rejects when the command could not be started or the lab went away. */
  readonly exit: Promise<ExecExit>;
  resize(columns: number, rows: number): void;
  /** Sends a signal to the command's process group. */
  signal(name: NodeJS.Signals): void;
  /** Hangs up: the command gets SIGHUP, and SIGKILL when it does not end. */
  close(): void;
};

/** How long until the socket must be open. */
const connectMs = 10_000;
/** Standard input stops being read when so much of it waits to be sent. */
const sendBacklogBytes = 1 << 20;

/**
 * Runs a command in a node.
 *
 * @throws through `exit`: NODE_NOT_FOUND, NODE_HAS_NO_PROCESSES, COMMAND_NOT_STARTED, LAB_LOST, …
 */
export function exec(lab: string, address: LabAddress, node: string, request: ExecRequest): ExecSession {
  const socket = new LabWebSocket(address, pathOf("exec", { node }), connectMs);
  const { promise: exit, resolve, reject } = Promise.withResolvers<ExecExit>();
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const stdout = output(socket);
  const stderr = output(socket);
  let last: ExecExit | Error | undefined;

  socket.once("open", () => socket.send(JSON.stringify(request)));
  socket.on("binary", (frame) => {
    const { channel, data } = decodeFrame(frame);
    const stream = channel === Channel.stdout ? stdout : channel === Channel.stderr ? stderr : undefined;
    if (stream !== undefined && !stream.push(data)) socket.pause();
  });
  socket.on("text", (text) => {
    const report = JSON.parse(text) as ExecReport;
    if (report.type === "started") start();
    else if (report.type === "exit")
      last = { exitCode: report.exitCode, ...(report.signal === undefined ? {} : { signal: report.signal }) };
    else if (report.type === "error") last = errorFrom(report);
  });
  socket.once("close", (cause) => {
    start();
    stdout.push(null);
    stderr.push(null);
    last ??= lostConnection(lab, address, cause, "the connection closed while a command ran in it");
    if (last instanceof Error) reject(last);
    else resolve(last);
  });
  // Whoever waits for `exit` learns of it; nobody has to.
  exit.catch(() => {});

  const control = (message: ExecControl) => void started.then(() => socket.send(JSON.stringify(message)));
  return {
    stdin: input(socket, started, () => control({ type: "stdin-end" })),
    stdout,
    stderr,
    exit,
    resize: (columns, rows) => control({ type: "resize", columns, rows }),
    signal: (signal) => control({ type: "signal", signal }),
    close: () => socket.close(),
  };
}

/** Reading goes on when a stream that was full is wanted again. */
const output = (socket: LabWebSocket): Readable => new Readable({ read: () => socket.resume() });

function input(socket: LabWebSocket, started: Promise<void>, end: () => void): Writable {
  return new Writable({
    highWaterMark: 64 * 1024,
    write(data: Buffer, _encoding, done) {
      void started.then(() => {
        // What is sent to a command that has ended goes nowhere, as with a closed pipe; its exit tells.
        // Back-pressure: once much is under way, the next piece is taken when this one is sent.
        const wait = socket.bufferedAmount > sendBacklogBytes;
        socket.send(encodeFrame(Channel.stdin, data), wait ? () => done() : undefined);
        if (!wait) done();
      });
    },
    final(done) {
      end();
      done();
    },
  });
}
