import { readlinkSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { Channel, decodeFrame, ExecControl, type ExecReport, encodeFrame } from "../../api/index.ts";
import { type Program, shellStatus } from "../../engines/index.ts";

/** Above this many bytes not yet sent to the client, the output is not read. */
const sendBacklogBytes = 1024 * 1024;
/** After a program's end, output of children that hold its pipes or its terminal is waited for no longer than this. */
export const drainMs = 300;
/** From the hang-up of a client that went away to SIGKILL. */
const hangUpMs = 2_000;
/** A message that no client should send (RFC 6455, 7.4.1). */
const policyViolation = 1008;

export const tell = (client: WebSocket, report: ExecReport): void => client.send(JSON.stringify(report));

/**
 * Takes a message of a client's: bytes for the program, or what is to be done to it. One that is neither ends the
 * connection.
 */
export function takeMessage(client: WebSocket, program: Program, tty: boolean, data: RawData, isBinary: boolean): void {
  try {
    if (isBinary) feed(client, program, data as Buffer);
    else control(client, program, tty, ExecControl.parse(JSON.parse(String(data))));
  } catch {
    client.close(policyViolation, "no ExecControl");
  }
}

function feed(client: WebSocket, { stdin }: Program, frame: Buffer): void {
  const { channel, data } = decodeFrame(frame);
  if (channel !== Channel.stdin || stdin === undefined || !stdin.writable || stdin.write(data)) return;
  client.pause();
  stdin.once("drain", () => client.resume());
  stdin.once("close", () => client.resume());
}

function control(client: WebSocket, program: Program, tty: boolean, message: ExecControl): void {
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
      if (!(message.signal in constants.signals)) throw new TypeError(`no signal ${message.signal}`);
      program.signal(message.signal as NodeJS.Signals);
      return;
    case "ping":
      tell(client, { type: "pong" });
      return;
    case "folder":
      tell(client, folderOf(program.pid));
      return;
    default:
      message satisfies never;
  }
}

/** proc(5): as the process sees it, for what it has as its root is that of its mount namespace. */
function folderOf(pid: number): ExecReport {
  try {
    const path = readlinkSync(`/proc/${pid}/cwd`);
    return path.startsWith("/") && !path.endsWith(" (deleted)") ? { type: "folder", path } : { type: "folder" };
  } catch {
    return { type: "folder" };
  }
}

/** Sends what has been read of an output, which is not read on while the client does not keep up. */
export function sendOutput(client: WebSocket, stream: Readable, channel: Channel, data: Buffer): void {
  client.send(encodeFrame(channel, data), () => {
    if (stream.isPaused() && client.bufferedAmount < sendBacklogBytes) stream.resume();
  });
  if (client.bufferedAmount >= sendBacklogBytes) stream.pause();
}

export function exitReport(exit: Awaited<Program["exit"]>): ExecReport {
  const { signal } = exit;
  const exitCode = shellStatus(exit, constants.signals);
  return { type: "exit", exitCode, ...(signal === undefined ? {} : { signal }) };
}

/** Nobody is there any more: SIGHUP, as a terminal does whose line is cut, and SIGKILL for what does not end. */
export async function hangUp(program: Program): Promise<void> {
  program.signal("SIGHUP");
  const timer = setTimeout(() => program.signal("SIGKILL"), hangUpMs);
  await program.exit;
  clearTimeout(timer);
}
