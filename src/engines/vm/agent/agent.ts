import { randomInt } from "node:crypto";
import type { Duplex } from "node:stream";
import { labError } from "../../../topology/index.ts";

type Message = Readonly<Record<string, unknown>>;
type Pending = { readonly accept: (message: Message) => void; readonly reject: (error: unknown) => void };

/** A guest that is emulated and busy takes its time. */
const silenceMs = 10_000;
const answerMs = 60_000;
/** What a piece of a file is at most, and far more. */
const mostLineBytes = 64 << 20;
/** Begins nothing in UTF-8, so both sides take it as: what came before is void. */
const delimiter = 0xff;

/**
 * Speaks with QEMU's guest agent over its port: a JSON object a line each way, one command after the
 * other (QEMU Guest Agent Protocol Reference). Whether anybody listens in the guest is only known when
 * it answers; and it says nothing of whom an answer is for, so after a silence both sides begin anew.
 */
export class GuestAgent {
  readonly #node: string;
  readonly #stream: Duplex;
  #pending: Pending | undefined;
  /** The last of those who wait for their turn. */
  #last: Promise<unknown> = Promise.resolve();
  #inStep = false;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #error: Error | undefined;

  constructor(node: string, stream: Duplex) {
    this.#node = node;
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => this.#receive(chunk));
    stream.on("error", (error) => this.#lose(error.message));
    stream.on("close", () => this.#lose("the machine has ended"));
  }

  /** Of the machine. */
  get node(): string {
    return this.#node;
  }

  /** Finds out whether it answers. @throws VM_AGENT_SILENT, VM_AGENT_LOST */
  reach(withinMs = silenceMs): Promise<void> {
    return this.#inTurn(() => this.#synchronise(withinMs));
  }

  /** @throws VM_AGENT_REFUSED with what it says, VM_AGENT_SILENT, VM_AGENT_LOST */
  execute(command: string, given: Readonly<Record<string, unknown>> = {}, withinMs = answerMs): Promise<unknown> {
    return this.#inTurn(async () => {
      if (!this.#inStep) await this.#synchronise(silenceMs);
      const line = Buffer.from(`${JSON.stringify({ execute: command, arguments: given })}\n`);
      const message = await this.#ask(line, withinMs, () => true);
      if ("return" in message) return message["return"];
      const { desc } = (message["error"] ?? {}) as { readonly desc?: string };
      throw labError("VM_AGENT_REFUSED", { node: this.#node, command, reason: desc ?? "it does not say why" });
    });
  }

  close(): void {
    this.#lose("it was closed");
    this.#stream.destroy();
  }

  #inTurn<Value>(action: () => Promise<Value>): Promise<Value> {
    const turn = this.#last.then(action);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** guest-sync-delimited: answers to what was asked before are not taken for this one's. */
  async #synchronise(withinMs: number): Promise<void> {
    const id = randomInt(1, 2 ** 31);
    const text = `${JSON.stringify({ execute: "guest-sync-delimited", arguments: { id } })}\n`;
    const line = Buffer.concat([Buffer.of(delimiter), Buffer.from(text)]);
    await this.#ask(line, withinMs, (message) => message["return"] === id);
    this.#inStep = true;
  }

  async #ask(line: Buffer, withinMs: number, isAnswer: (message: Message) => boolean): Promise<Message> {
    if (this.#error !== undefined) throw this.#error;
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    const timer = setTimeout(() => {
      this.#inStep = false;
      reject(labError("VM_AGENT_SILENT", { node: this.#node, afterMs: withinMs }));
    }, withinMs);
    this.#pending = { accept: (message) => isAnswer(message) && resolve(message), reject };
    this.#stream.write(line);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#pending = undefined;
    }
  }

  #receive(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      const line = Buffer.concat([...this.#pieces, rest.subarray(0, end)]);
      this.#pieces = [];
      this.#bytes = 0;
      rest = rest.subarray(end + 1);
      this.#handle(line.subarray(line.lastIndexOf(delimiter) + 1));
    }
    if (rest.length === 0) return;
    this.#pieces.push(rest);
    this.#bytes += rest.length;
    if (this.#bytes <= mostLineBytes) return;
    this.#lose("it sent a line without an end");
    this.#stream.destroy();
  }

  #handle(line: Buffer): void {
    let message: unknown;
    try {
      message = JSON.parse(line.toString("utf8"));
    } catch {
      // What was under way when the guest was reset is cut off.
      return;
    }
    if (typeof message === "object" && message !== null) this.#pending?.accept(message as Message);
  }

  #lose(reason: string): void {
    if (this.#error !== undefined) return;
    this.#error = labError("VM_AGENT_LOST", { node: this.#node, reason });
    this.#pending?.reject(this.#error);
  }
}
