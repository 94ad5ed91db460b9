import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import type {
  DataplaneEvent,
  DataplaneProblem,
  LinkStats,
  Reply,
  Request,
  Results,
} from "../../../src/dataplane/contract.ts";

const program = new URL("../../../src/dataplane/main.ts", import.meta.url).pathname;
const replyWithinMs = 30_000;

/** What the wire process said to a request it does not meet. */
export class Refusal extends Error {
  readonly problem: DataplaneProblem;

  constructor(problem: DataplaneProblem) {
    super(`${problem.code}: ${problem.message}`);
    this.problem = problem;
  }
}

/** A wire process in the network namespace this process is in, and the supervisor's end of the conversation. */
export class WireProcess {
  readonly #child: ChildProcess;
  readonly #control: Duplex;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: unknown) => void }>();
  readonly events: DataplaneEvent[] = [];
  #wake: () => void = () => undefined;
  #next = 0;
  #rest = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#control = child.stdio[3] as Duplex;
    this.#control.setEncoding("utf8");
    this.#control.on("data", (text: string) => this.#read(text));
    this.#control.on("error", () => undefined);
    child.on("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the wire process ended: ${code ?? signal}`));
    });
  }

  static async start(): Promise<WireProcess> {
    const child = spawn(process.execPath, [program], {
      stdio: ["ignore", "ignore", "inherit", "pipe"],
      env: { ...process.env, UV_THREADPOOL_SIZE: "16" },
    });
    const wire = new WireProcess(child);
    await wire.event("ready");
    return wire;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** @throws {Refusal} */
  ask<Kind extends Request["do"]>(request: Extract<Request, { do: Kind }>): Promise<Results[Kind]> {
    const number = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no reply to ${request.do}`)), replyWithinMs);
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      this.#waiting.set(number, { resolve: settle(resolve as (result: unknown) => void), reject: settle(reject) });
      this.#control.write(`${JSON.stringify({ ...request, number })}\n`);
    });
  }

  async stats(link: string): Promise<LinkStats> {
    const { links } = await this.ask({ do: "stats", ids: [link] });
    return links[0] as LinkStats;
  }

  /** Waits for an event of this kind, and takes it. */
  async event<Name extends DataplaneEvent["event"]>(name: Name): Promise<Extract<DataplaneEvent, { event: Name }>> {
    const deadline = performance.now() + replyWithinMs;
    for (;;) {
      const index = this.events.findIndex(({ event }) => event === name);
      if (index >= 0) return this.events.splice(index, 1)[0] as Extract<DataplaneEvent, { event: Name }>;
      if (performance.now() > deadline) throw new Error(`no event ${name}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 100);
      });
    }
  }

  /** Closes the conversation, as a supervisor that ends does. @returns the exit code */
  async close(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.#child.once("exit", resolve));
    this.#control.destroy();
    return this.#child.exitCode ?? (await ended);
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = JSON.parse(line) as Reply | DataplaneEvent;
      if ("event" in message) {
        this.events.push(message);
        this.#wake();
        continue;
      }
      const waiting = this.#waiting.get(message.number);
      this.#waiting.delete(message.number);
      if ("error" in message) waiting?.reject(new Refusal(message.error));
      else waiting?.resolve(message.result);
    }
  }
}
