import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import { Channel, type ExecReport, takenOver } from "../../api/index.ts";
import type { Program } from "../../engines/index.ts";
import { labError } from "../../topology/index.ts";
import { drained } from "../drain.ts";
import { drainMs, exitReport, hangUp, sendOutput, takeMessage, tell } from "./exchange.ts";
import { Tail } from "./tail.ts";

/** Of output, for whoever comes back. */
const tailBytes = 256 * 1024;
/** A client that does not answer for so long has gone, whatever TCP thinks of it. */
const pingMs = 20_000;
/** Without a client. What is one more is ended, who has been alone longest first. */
const mostAlone = 64;
const normalClosure = 1000;

/** The terminals of a lab that outlive their connections. */
export class KeptTerminals {
  readonly #terminals = new Map<string, KeptTerminal>();

  /** Keeps a program's terminal, for the client that asked for it first. */
  begin(node: string, program: Program, keepMs: number, client: WebSocket): void {
    const terminal = new KeptTerminal(node, program, keepMs, {
      gone: () => this.#terminals.delete(terminal.id),
      alone: () => {
        // In the order in which they were left.
        this.#terminals.delete(terminal.id);
        this.#terminals.set(terminal.id, terminal);
        const alone = [...this.#terminals.values()].filter(({ isAlone }) => isAlone);
        for (const one of alone.slice(0, Math.max(0, alone.length - mostAlone))) one.hangUp();
      },
    });
    this.#terminals.set(terminal.id, terminal);
    // Who has gone already cannot come back, for the name of the session was not told.
    if (client.readyState !== client.OPEN) terminal.hangUp();
    else terminal.attach(client, { type: "started", pid: program.pid, session: terminal.id }, 0);
  }

  /** @throws TERMINAL_GONE */
  resume(node: string, session: string, received: number, client: WebSocket): void {
    const terminal = this.#terminals.get(session);
    if (terminal === undefined || terminal.node !== node) throw labError("TERMINAL_GONE", { node });
    terminal.attach(client, undefined, received);
  }

  /** The lab ends, and its programs with it. */
  close(): void {
    for (const terminal of this.#terminals.values()) terminal.forget();
  }
}

type Heard = { readonly gone: () => void; readonly alone: () => void };

class KeptTerminal {
  readonly id = randomBytes(16).toString("hex");
  readonly node: string;
  readonly #program: Program;
  readonly #keepMs: number;
  readonly #heard: Heard;
  readonly #tail = new Tail(tailBytes);
  #client: WebSocket | undefined;
  #exit: ExecReport | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(node: string, program: Program, keepMs: number, heard: Heard) {
    this.node = node;
    this.#program = program;
    this.#keepMs = keepMs;
    this.#heard = heard;
    const { stdout } = program;
    stdout.on("data", (data: Buffer) => {
      this.#tail.push(data);
      this.#show(data);
    });
    stdout.on("error", () => stdout.destroy());
    const closed = new Promise((resolve) => stdout.once("close", resolve));
    void program.exit.then(async (exit) => {
      await drained(closed, drainMs);
      this.#exit = exitReport(exit);
      this.#tellExit();
    });
  }

  get isAlone(): boolean {
    return this.#client === undefined;
  }

  /** Gives the terminal to a client, and takes it from the one before. */
  attach(client: WebSocket, first: ExecReport | undefined, received: number): void {
    clearTimeout(this.#timer);
    // One that has come back by itself would take it back again, and so on: it is told.
    this.#client?.close(takenOver, "taken over");
    this.#client = client;
    const { bytes, missed } = this.#tail.since(received);
    tell(client, first ?? { type: "resumed", missed });
    let hasAnswered = true;
    const pings = setInterval(() => {
      if (!hasAnswered) client.terminate();
      hasAnswered = false;
      client.ping();
    }, pingMs);
    client.on("pong", () => {
      hasAnswered = true;
    });
    client.on("message", (data, isBinary) => {
      if (this.#client === client) takeMessage(client, this.#program, true, data, isBinary);
    });
    client.once("close", (code) => {
      clearInterval(pings);
      if (this.#client === client) this.#leave(code);
    });
    if (bytes.length > 0) this.#show(bytes);
    this.#program.stdout.resume();
    if (this.#exit !== undefined) this.#tellExit();
  }

  /** Nobody comes back. */
  hangUp(): void {
    this.forget();
    this.#program.stdout.resume();
    if (this.#exit !== undefined) return;
    void hangUp(this.#program);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#heard.gone();
  }

  #leave(code: number): void {
    this.#client = undefined;
    if (code === normalClosure) {
      this.hangUp();
      return;
    }
    // What nobody reads must not keep the program from going on.
    this.#program.stdout.resume();
    this.#timer = setTimeout(() => this.hangUp(), this.#keepMs);
    this.#heard.alone();
  }

  #show(data: Buffer): void {
    if (this.#client !== undefined) sendOutput(this.#client, this.#program.stdout, Channel.stdout, data);
  }

  /** To who is there, or else to who comes back. */
  #tellExit(): void {
    const client = this.#client;
    if (client === undefined || this.#exit === undefined) return;
    tell(client, this.#exit);
    this.#client = undefined;
    client.close();
    this.forget();
    for (const stream of [this.#program.stdin, this.#program.stdout]) stream?.destroy();
  }
}
