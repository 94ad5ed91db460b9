import type { Duplex } from "node:stream";
import { labError } from "../../../topology/index.ts";
import { within } from "../../deadline.ts";
import { parseMessage, type QmpEvent, type QmpMessage } from "./message.ts";

/** A connection to a QEMU, and how to send a file descriptor over it where that can be done. */
export type QmpConnection = {
  readonly stream: Duplex;
  /** Sends bytes with a descriptor in them, at once. */
  readonly sendDescriptor?: (data: Uint8Array, descriptor: number) => void;
};

type Pending = {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
};

const answerMs = 10_000;
/** A line is at most so long; what is longer is no QMP, or no end in sight. */
const lineBytes = 64 * 1024 * 1024;

/** Speaks QMP, the QEMU Machine Protocol, over any stream: commands with deadlines, events as they come. */
export class QmpClient {
  readonly #node: string;
  readonly #connection: QmpConnection;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  readonly #greeted = Promise.withResolvers<string>();
  readonly #lost = Promise.withResolvers<Error>();
  #nextId = 1;
  #rest = "";
  #error: Error | undefined;
  #version = "";

  private constructor(node: string, connection: QmpConnection) {
    this.#node = node;
    this.#connection = connection;
    this.#greeted.promise.catch(() => {});
    const { stream } = connection;
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => this.#receive(text));
    stream.on("error", (error) => this.#lose(error.message));
    stream.on("close", () => this.#lose("it was closed"));
    stream.on("end", () => this.#lose("QEMU closed it"));
  }

  /**
   * Waits for the greeting and leaves the negotiation of capabilities, so that commands are taken.
   *
   * @param node whose QEMU it is, for errors
   * @throws QMP_LOST, QMP_REFUSED, TIMED_OUT
   */
  static async open(node: string, connection: QmpConnection, withinMs = answerMs): Promise<QmpClient> {
    const client = new QmpClient(node, connection);
    try {
      client.#version = await within(`The greeting of the QEMU of ${node}`, withinMs, client.#greeted.promise);
      await client.execute("qmp_capabilities", {}, { withinMs });
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Of QEMU, e.g. `7.2.22`. */
  get version(): string {
    return this.#version;
  }

  /** Resolves with the reason when the connection is lost or closed. */
  get lost(): Promise<Error> {
    return this.#lost.promise;
  }

  /**
   * @param options.descriptor a file that goes with the command (`getfd`)
   * @throws QMP_REFUSED with what QEMU says, QMP_LOST, TIMED_OUT
   */
  async execute(
    command: string,
    commandArguments: Readonly<Record<string, unknown>> = {},
    options: { readonly withinMs?: number; readonly descriptor?: number } = {},
  ): Promise<unknown> {
    if (this.#error !== undefined) throw this.#error;
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { command, resolve, reject });
    const empty = Object.keys(commandArguments).length === 0;
    this.#send(
      `${JSON.stringify({ execute: command, ...(empty ? {} : { arguments: commandArguments }), id })}\n`,
      options.descriptor,
    );
    try {
      return await within(`${command} of the QEMU of ${this.#node}`, options.withinMs ?? answerMs, promise);
    } finally {
      // An answer that comes later is to a question nobody asks any more.
      this.#pending.delete(id);
    }
  }

  /** Calls `listener` with every event to come, in order. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Events from now on, until the connection is lost or `signal` aborts. */
  async *events(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<QmpEvent, void, undefined> {
    const queue: QmpEvent[] = [];
    let wake = () => {};
    let ended = options.signal?.aborted ?? false;
    const end = () => {
      ended = true;
      wake();
    };
    const forget = this.onEvent((event) => {
      queue.push(event);
      wake();
    });
    void this.lost.then(end);
    options.signal?.addEventListener("abort", end, { once: true });
    try {
      for (;;) {
        for (let event = queue.shift(); event !== undefined; event = queue.shift()) yield event;
        if (ended) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        if (queue.length === 0 && !ended) await promise;
      }
    } finally {
      forget();
      options.signal?.removeEventListener("abort", end);
    }
  }

  /**
   * Waits for an event.
   *
   * @param what for the error
   * @throws QMP_LOST, TIMED_OUT
   */
  async event(what: string, withinMs: number, matches: (event: QmpEvent) => boolean): Promise<QmpEvent> {
    if (this.#error !== undefined) throw this.#error;
    const { promise, resolve, reject } = Promise.withResolvers<QmpEvent>();
    const forget = this.onEvent((event) => {
      if (matches(event)) resolve(event);
    });
    void this.lost.then(reject);
    promise.catch(() => {});
    try {
      return await within(what, withinMs, promise);
    } finally {
      forget();
    }
  }

  close(): void {
    this.#lose("it was closed");
    this.#connection.stream.destroy();
  }

  #send(text: string, descriptor: number | undefined): void {
    const { stream, sendDescriptor } = this.#connection;
    if (descriptor === undefined) {
      stream.write(text);
      return;
    }
    if (sendDescriptor === undefined) throw new TypeError("this connection carries no descriptors");
    sendDescriptor(Buffer.from(text), descriptor);
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > lineBytes) this.#fail("it sent a line without an end");
    for (const line of lines) {
      if (line.trim() === "") continue;
      let message: QmpMessage;
      try {
        message = parseMessage(line);
      } catch {
        this.#fail(`it sent what is no QMP: ${line.trim().slice(0, 80)}`);
        return;
      }
      this.#handle(message);
    }
  }

  #handle(message: QmpMessage): void {
    switch (message.type) {
      case "greeting":
        this.#greeted.resolve(message.version);
        return;
      case "event":
        for (const listener of [...this.#listeners]) listener(message.event);
        return;
      case "return":
        if (message.id !== undefined) this.#pending.get(message.id)?.resolve(message.value);
        return;
      case "error": {
        // Without an id it answers what QEMU could not read, and nobody knows which.
        if (message.id === undefined) this.#fail(`it did not understand: ${message.description}`);
        else this.#refuse(message.id, message.description);
        return;
      }
      default:
        message satisfies never;
    }
  }

  #refuse(id: number, reason: string): void {
    const pending = this.#pending.get(id);
    pending?.reject(labError("QMP_REFUSED", { node: this.#node, command: pending.command, reason }));
  }

  #fail(reason: string): void {
    this.#lose(reason);
    this.#connection.stream.destroy();
  }

  #lose(reason: string): void {
    if (this.#error !== undefined) return;
    this.#error = labError("QMP_LOST", { node: this.#node, reason });
    this.#greeted.reject(this.#error);
    for (const { reject } of this.#pending.values()) reject(this.#error);
    this.#lost.resolve(this.#error);
  }
}
