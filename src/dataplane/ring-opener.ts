import { close, closeSync, readSync, writeSync } from "node:fs";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { KernelError, openPipe, openRing, type RingKind } from "../kernel/index.ts";

/** How many rings are made at once. What a ring takes is waiting, and they wait together. */
const mostAtOnce = 32;

type Order = { readonly open: RingKind; readonly number: number } | { readonly close: number };
type Opened = { readonly number: number } & (
  | { readonly fd: number }
  | { readonly call: string; readonly errno: number; readonly detail?: string }
);

/** Told when all rings are there, with their file descriptors in the order asked for; or why they cannot be. */
export type RingsOpened = (fds: readonly number[] | undefined, error?: KernelError) => void;

/**
 * Makes packet sockets with rings, and closes them, on another thread: the kernel takes its time for
 * both (ring-socket.ts), in which frames would be late. The thread answers through a pipe, since the one
 * that forwards frames never returns to its event loop.
 */
export class RingOpener {
  readonly #worker: Worker;
  readonly #answersFd: number;
  readonly #waiting = new Map<number, (opened: Opened) => void>();
  #next = 0;
  #rest = "";

  /** @param program that calls `serveRingOpener` when it is not on the main thread */
  constructor(program: URL) {
    const { readFd, writeFd } = openPipe();
    this.#answersFd = readFd;
    this.#worker = new Worker(program, { workerData: writeFd });
  }

  /** Readable when there is something for `read`. */
  get fd(): number {
    return this.#answersFd;
  }

  /** All of them, or none: then those that were made are closed. `opened` is called by `read`. */
  open(rings: readonly RingKind[], opened: RingsOpened): void {
    const fds: (number | undefined)[] = rings.map(() => undefined);
    let left = rings.length;
    let failure: KernelError | undefined;
    for (const [index, ring] of rings.entries()) {
      const number = this.#next++;
      this.#waiting.set(number, (answer) => {
        if ("fd" in answer) fds[index] = answer.fd;
        else failure ??= new KernelError(answer.call, answer.errno, answer.detail);
        if (--left > 0) return;
        const made = fds.filter((fd) => fd !== undefined);
        if (failure === undefined) {
          opened(made);
          return;
        }
        for (const fd of made) this.close(fd);
        opened(undefined, failure);
      });
      this.#worker.postMessage({ open: ring, number } satisfies Order);
    }
  }

  close(fd: number): void {
    this.#worker.postMessage({ close: fd } satisfies Order);
  }

  /** Reads what the other thread has answered, and passes it on. There must be something. */
  read(): void {
    const chunk = Buffer.alloc(65_536);
    const length = readSync(this.#answersFd, chunk);
    if (length === 0) throw new Error("the thread that makes rings has ended");
    const lines = (this.#rest + chunk.toString("utf8", 0, length)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const answer = JSON.parse(line) as Opened;
      const waiting = this.#waiting.get(answer.number);
      this.#waiting.delete(answer.number);
      waiting?.(answer);
    }
  }
}

/** What the other thread does. */
export function serveRingOpener(): void {
  const answersFd = workerData as number;
  const orders: Extract<Order, { open: unknown }>[] = [];
  let busy = 0;
  const work = async () => {
    busy++;
    for (let order = orders.shift(); order !== undefined; order = orders.shift())
      writeSync(answersFd, `${JSON.stringify(await meet(order.open, order.number))}\n`);
    busy--;
  };
  // The other thread waits in a system call and hears of nothing else.
  process.on("uncaughtException", (error) => {
    writeSync(2, `netwright wire process: ${error.stack}\n`);
    closeSync(answersFd);
  });
  parentPort?.on("message", (order: Order) => {
    if ("close" in order) {
      close(order.close, (error) => {
        if (error !== null) throw error;
      });
      return;
    }
    orders.push(order);
    if (busy < mostAtOnce) void work();
  });
}

async function meet(ring: RingKind, number: number): Promise<Opened> {
  try {
    return { number, fd: await openRing(ring) };
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const { call, errno, detail } = error;
    return { number, call, errno, ...(detail === undefined ? {} : { detail }) };
  }
}
