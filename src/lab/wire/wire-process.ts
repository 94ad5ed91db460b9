import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import type {
  CaptureMove,
  CaptureSpec,
  CaptureStats,
  DataplaneEvent,
  DataplaneProblem,
  LinkStats,
  NumberedRequest,
  Reply,
  Request,
  StatsResult,
  WireChange,
  WireLink,
} from "../../dataplane/contract.ts";
import { within } from "../../engines/index.ts";
import { labError } from "../../topology/index.ts";
import type { EventLog } from "../events.ts";
import type { LogSink } from "../log-store.ts";
import { programOf } from "../program.ts";

const startMs = 30_000;
const answerMs = 20_000;
/** Its end is noticed at once; a new one that ends as soon as it starts is not started faster than this. */
const restartPauseMs = 200;

/** Who has captures in the wire process, and is told what becomes of them. */
export type CaptureWatcher = {
  /** Whether the process is to be started again when it dies. */
  readonly isNeeded: boolean;
  /** A capture ended by itself. */
  ended(event: Extract<DataplaneEvent, { event: "capture.ended" }>): void;
  /** The process died, and all captures with it. */
  died(how: string): void;
  /** It runs again, with its links and without captures. */
  restarted(): Promise<void>;
};

/** Makes an error of what the process says it cannot do. */
type Refusal = (problem: DataplaneProblem) => Error;
const refused: Refusal = ({ subject, message }) =>
  labError("WIRE_REFUSED", { subject: subject ?? "the wire", reason: message });

type Running = {
  readonly child: ChildProcess;
  readonly socket: Socket;
  readonly waiting: Map<number, (reply: Reply) => void>;
};

/**
 * The lab's wire process, from its first use on: it carries the links that the kernel's own path
 * cannot. When it dies it is started again and given all its links.
 */
export class WireProcess {
  readonly #openLog: () => LogSink;
  #log: LogSink | undefined;
  readonly #events: EventLog;
  /** What it should carry. */
  readonly #links = new Map<string, WireLink>();
  #running: Promise<Running> | undefined;
  #watcher: CaptureWatcher | undefined;
  #numbers = 0;
  #stopped = false;

  /** @param openLog called when the process is first needed */
  constructor(openLog: () => LogSink, events: EventLog) {
    this.#openLog = openLog;
    this.#events = events;
  }

  async add(link: WireLink): Promise<void> {
    await this.#ask({ do: "link.add", links: [link] });
    this.#links.set(link.id, link);
  }

  /** Resolves when the process runs: what is asked of it then is done at once. */
  async ready(): Promise<void> {
    this.#running ??= this.#start();
    await this.#running;
  }

  /** Replaces what is given; frames in flight are not lost. */
  async set(changes: readonly WireChange[]): Promise<void> {
    await this.#ask({ do: "link.set", changes });
    for (const change of changes) {
      const link = this.#links.get(change.id);
      if (link !== undefined) this.#links.set(change.id, { ...link, ...change });
    }
  }

  async remove(id: string): Promise<void> {
    if (!this.#links.delete(id)) return;
    await this.#ask({ do: "link.remove", ids: [id] });
  }

  async stats(ids: readonly string[]): Promise<readonly LinkStats[]> {
    const carried = ids.filter((id) => this.#links.has(id));
    if (carried.length === 0) return [];
    return ((await this.#ask({ do: "stats", ids: carried })) as StatsResult).links;
  }

  watchCaptures(watcher: CaptureWatcher): void {
    this.#watcher = watcher;
  }

  /** Resolves when frames are being captured. @param refusal makes the error of a problem */
  async startCapture(capture: CaptureSpec, refusal: Refusal): Promise<void> {
    await this.#ask({ do: "capture.start", capture }, refusal);
  }

  /** Resolves when all that passed until now is in the capture. */
  async stopCapture(id: string, refusal: Refusal): Promise<CaptureStats> {
    return (await this.#ask({ do: "capture.stop", id }, refusal)) as CaptureStats;
  }

  async moveCapture(id: string, moves: readonly CaptureMove[], refusal: Refusal): Promise<void> {
    await this.#ask({ do: "capture.move", id, moves }, refusal);
  }

  /** @param ids all captures when absent */
  async comment(text: string, ids?: readonly string[]): Promise<void> {
    await this.#ask({ do: "capture.comment", text, ...(ids === undefined ? {} : { ids }) });
  }

  async captureStats(): Promise<readonly CaptureStats[]> {
    return ((await this.#ask({ do: "stats", ids: [] })) as StatsResult).captures;
  }

  /** Ends it for good. */
  stop(): void {
    this.#stopped = true;
    void this.#running?.then(({ child }) => child.kill("SIGKILL")).catch(() => undefined);
  }

  async #ask(request: Request, refusal = refused): Promise<unknown> {
    this.#running ??= this.#start();
    const running = await this.#running;
    const number = ++this.#numbers;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    running.waiting.set(number, resolve);
    running.socket.write(`${JSON.stringify({ ...request, number } satisfies NumberedRequest)}\n`);
    const reply = await within("The answer of the wire process", answerMs, promise);
    if ("error" in reply) throw refusal({ subject: request.do, ...reply.error });
    return reply.result;
  }

  async #start(): Promise<Running> {
    this.#log ??= this.#openLog();
    const log = this.#log;
    const child = spawn(process.execPath, [programOf("dataplane/main")], {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    const socket = child.stdio[3] as Socket;
    const running: Running = { child, socket, waiting: new Map() };
    child.stderr?.on("data", (data: Buffer) => log.write("stderr", data));
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    const lines = createInterface({ input: socket });
    // ECONNRESET: it died with requests that it had not read. The reader of lines passes the socket's error on.
    lines.on("error", () => undefined);
    lines.on("line", (line) => {
      const message = JSON.parse(line) as Reply | DataplaneEvent;
      if ("number" in message) {
        running.waiting.get(message.number)?.(message);
        running.waiting.delete(message.number);
      } else if (message.event === "ready") resolve();
      else this.#watcher?.ended(message);
    });
    socket.on("error", () => socket.destroy());
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      reject(labError("WIRE_ENDED", { how }));
      const error = { code: "request-invalid", message: `the wire process ended (${how})` } as const;
      for (const [number, answer] of running.waiting) answer({ number, error });
      void this.#startAgain(how);
    });
    await within("Starting the wire process", startMs, ready);
    return running;
  }

  /** Carries on with the same links after the process was killed or failed. */
  async #startAgain(how: string): Promise<void> {
    this.#running = undefined;
    if (this.#stopped) return;
    this.#watcher?.died(how);
    if (this.#links.size === 0 && this.#watcher?.isNeeded !== true) return;
    const diedAt = Date.now();
    await new Promise((resolve) => setTimeout(resolve, restartPauseMs));
    if (this.#stopped) return;
    try {
      await this.#ask({ do: "link.add", links: [...this.#links.values()] });
      const tookMs = Date.now() - diedAt;
      this.#events.record("wire.restarted", "wire", `The wire process ended (${how}) and was started again`, {
        links: this.#links.size,
        tookMs,
      });
      await this.#watcher?.restarted();
    } catch (error) {
      // Its exit comes here again; anything else is for the log.
      this.#log?.write("stderr", Buffer.from(`${String(error)}\n`));
    }
  }
}
