import { closeSync, rmSync, writeSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { within } from "../../engines/index.ts";
import {
  descriptorNote,
  type GateMessage,
  type GateProblem,
  type GateRequest,
  greetings,
  type NumberedRequest,
} from "../../gate/contract.ts";
import { sendDescriptor } from "../../kernel/index.ts";
import { labError, type NetwrightError } from "../../topology/index.ts";

const startMs = 20_000;
const answerMs = 10_000;

export type GateOptions = {
  /** Where the gate finds this process. */
  readonly socket: string;
  /** A pipe to the reaper, which starts the gate. */
  readonly opener: number;
  /** Of this process, as seen from outside the sandbox. */
  readonly pid: number;
};

/** Who is behind the ports, and is told what becomes of the gate. */
export type GateWatcher = {
  /** @returns a descriptor, which is closed when it is sent, and for UDP where its datagrams go; undefined: nobody is there */
  dial(id: string): { readonly descriptor: number; readonly address: string; readonly port: number } | undefined;
  internetEnded(node: string, how: string): void;
  /** It ended, and with it all that it had. */
  died(): void;
};

type Running = {
  readonly lines: Socket;
  readonly descriptors: Socket;
  readonly waiting: Map<number, { resolve(result: unknown): void; reject(error: unknown): void }>;
};

/** The lab's gate, from its first use on: what is asked of it is done outside the sandbox. */
export class GateProcess {
  readonly #options: GateOptions;
  readonly #watcher: GateWatcher;
  #server: Server | undefined;
  #running: Promise<Running> | undefined;
  #numbers = 0;
  #stopped = false;

  constructor(options: GateOptions, watcher: GateWatcher) {
    this.#options = options;
    this.#watcher = watcher;
  }

  /**
   * @param descriptor goes with the request; the caller closes it
   * @throws what the gate refuses with, of the error catalogue
   */
  async ask<Result>(request: GateRequest, descriptor?: number): Promise<Result> {
    this.#running ??= this.#start();
    const { lines, descriptors, waiting } = await this.#running;
    const number = ++this.#numbers;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    waiting.set(number, { resolve, reject });
    // Before the line that announces it.
    if (descriptor !== undefined) sendDescriptor(fdOf(descriptors), descriptorNote, descriptor);
    lines.write(`${JSON.stringify({ ...request, number } satisfies NumberedRequest)}\n`);
    return (await within(`The gate's answer to ${request.do}`, answerMs, promise)) as Result;
  }

  /** Says something to a gate that runs, and waits for nothing. */
  tell(request: GateRequest): void {
    if (this.#running !== undefined) void this.ask(request).catch(() => undefined);
  }

  get runs(): boolean {
    return this.#running !== undefined;
  }

  stop(): void {
    this.#stopped = true;
    this.#server?.close();
    void this.#running?.then(({ lines }) => lines.destroy()).catch(() => undefined);
  }

  async #start(): Promise<Running> {
    const { socket, opener, pid } = this.#options;
    const { promise: lines, resolve: haveLines } = Promise.withResolvers<Socket>();
    const { promise: descriptors, resolve: haveDescriptors } = Promise.withResolvers<Socket>();
    this.#server?.close();
    rmSync(socket, { force: true });
    const server = createServer((connection) => {
      connection.on("error", () => connection.destroy());
      connection.once("data", (data: Buffer) => {
        const greeting = data.toString();
        if (greeting === greetings.descriptors) haveDescriptors(connection);
        else if (greeting.startsWith(greetings.lines)) {
          connection.pause();
          connection.unshift(data.subarray(greetings.lines.length));
          haveLines(connection);
        } else connection.destroy();
      });
    });
    this.#server = server;
    const mask = process.umask(0o177);
    server.listen(socket);
    process.umask(mask);
    try {
      writeSync(opener, `open ${pid}\n`);
      const [line, descriptor] = await within("Starting the lab's gate", startMs, Promise.all([lines, descriptors]));
      return this.#follow(line, descriptor);
    } catch (error) {
      this.#running = undefined;
      throw labError(
        "GATE_NOT_STARTED",
        { reason: error instanceof Error ? error.message : String(error) },
        { cause: error },
      );
    } finally {
      server.close();
    }
  }

  #follow(lines: Socket, descriptors: Socket): Running {
    const running: Running = { lines, descriptors, waiting: new Map() };
    lines.once("close", () => {
      this.#running = undefined;
      descriptors.destroy();
      const error = labError("GATE_NOT_STARTED", { reason: "it ended" });
      for (const { reject } of running.waiting.values()) reject(error);
      if (!this.#stopped) this.#watcher.died();
    });
    createInterface({ input: lines })
      .on("error", () => undefined)
      .on("line", (line) => this.#take(JSON.parse(line) as GateMessage, running));
    return running;
  }

  #take(message: GateMessage, { lines, descriptors, waiting }: Running): void {
    if ("number" in message) {
      const asked = waiting.get(message.number);
      waiting.delete(message.number);
      if ("problem" in message) asked?.reject(errorOf(message.problem));
      else asked?.resolve(message.result);
      return;
    }
    if (message.event === "dial") this.#dialled(message, lines, descriptors);
    else if (message.event === "internet.ended") this.#watcher.internetEnded(message.node, message.how);
  }

  #dialled({ dial, id }: { readonly dial: number; readonly id: string }, lines: Socket, descriptors: Socket): void {
    const number = ++this.#numbers;
    const answer = (rest: { readonly refused: true } | { readonly address: string; readonly port: number }) => {
      lines.write(`${JSON.stringify({ do: "dialled", dial, number, ...rest } satisfies NumberedRequest)}\n`);
    };
    const dialled = this.#watcher.dial(id);
    if (dialled === undefined) {
      answer({ refused: true });
      return;
    }
    try {
      sendDescriptor(fdOf(descriptors), descriptorNote, dialled.descriptor);
      answer({ address: dialled.address, port: dialled.port });
    } catch {
      // The gate takes no more, or is gone.
      answer({ refused: true });
    } finally {
      closeSync(dialled.descriptor);
    }
  }
}

/** Codes of the gate are codes of the catalogue, and details are theirs. */
const errorOf = ({ code, details }: GateProblem): NetwrightError => labError(code, details as never);

/** Node passes descriptors only between its own processes, by a protocol of its own. */
const fdOf = (socket: Socket): number =>
  (socket as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;
