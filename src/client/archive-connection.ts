import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { archiveUpgrade, endpoints } from "../api/endpoints.ts";
import type { CopyReport, ReadChangesQuery, ReadFilesQuery, WriteFilesQuery } from "../api/files.ts";
import { type HandedFile, handOverField } from "../archive/hand-over.ts";
import { readReport, wholeReport } from "../archive/report.ts";
import { labError } from "../topology/errors/error.ts";
import { dial, fieldsFor, type LabAddress, pathAt } from "./address.ts";
import { lostConnection } from "./lost.ts";
import { pathOf } from "./path.ts";
import { errorFrom, problemIn } from "./problems.ts";

/** For the answer, in which a node may have to start; and between two pieces of an archive. */
const answerMs = 60_000;
const stallMs = 120_000;
const readBytes = 1 << 20;
const mostHeadBytes = 1 << 16;
/** Between two looks at how much of a handed file has been read; and how long it may stand still, on a slow disk, before its end counts as missed. */
const handLookMs = 5;
const handIdleMs = 10_000;

export type ArchiveTarget = { readonly lab: string; readonly address: LabAddress; readonly node: string };
type Waiting = { readonly signal?: AbortSignal };
/** Takes bytes, which are valid until it returns, or what it returns resolves. */
type Taker = (bytes: Buffer) => void | Promise<void>;

/**
 * The connection of one copy, upgraded: an archive and a report come out of it, or go into it
 * (src/api/files.ts). Node's HTTP client would give it in small pieces, each in a buffer of its own,
 * which takes several times as long.
 */
export class ArchiveConnection implements Disposable {
  readonly #socket: Socket;
  readonly #lab: string;
  readonly #signal: AbortSignal | undefined;
  readonly #closed: Promise<void>;
  /** Who reads now; what comes while nobody does is kept. */
  #taker: Taker | undefined;
  #kept: Buffer[] = [];
  #error: unknown;
  #ended = false;
  #answered = false;
  #takesDescriptors = false;
  readonly #address: LabAddress;
  readonly #isHere: boolean;

  private constructor(lab: string, address: LabAddress, signal: AbortSignal | undefined) {
    this.#lab = lab;
    this.#signal = signal;
    this.#address = address;
    this.#isHere = "socket" in address;
    this.#socket = dial(address, {
      onread: {
        buffer: Buffer.allocUnsafeSlow(readBytes),
        callback: (length, buffer) => this.#take(Buffer.from(buffer.buffer, buffer.byteOffset, length)),
      },
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = promise;
    this.#socket.on("error", (error) => {
      this.#error ??= error;
    });
    this.#socket.once("end", () => {
      this.#ended = true;
      resolve();
    });
    this.#socket.once("close", () => resolve());
    signal?.addEventListener("abort", () => this.#socket.destroy(), { once: true });
  }

  static reading(target: ArchiveTarget, query: ReadFilesQuery, options: Waiting = {}): Promise<ArchiveConnection> {
    return ArchiveConnection.#open("readFiles", target, query, options);
  }

  static writing(target: ArchiveTarget, query: WriteFilesQuery, options: Waiting = {}): Promise<ArchiveConnection> {
    return ArchiveConnection.#open("writeFiles", target, query, options);
  }

  /** What a node of an image has changed. */
  static changes(target: ArchiveTarget, query: ReadChangesQuery, options: Waiting = {}): Promise<ArchiveConnection> {
    return ArchiveConnection.#open("readChanges", target, query, options);
  }

  static async #open(
    route: "readFiles" | "writeFiles" | "readChanges",
    { lab, address, node }: ArchiveTarget,
    query: Readonly<Record<string, unknown>>,
    { signal }: Waiting,
  ): Promise<ArchiveConnection> {
    signal?.throwIfAborted();
    const connection = new ArchiveConnection(lab, address, signal);
    try {
      connection.#stallAfter(answerMs);
      const request = `${endpoints[route].method} ${pathAt(address, pathOf(route, { node }, query))} HTTP/1.1`;
      const own = Object.entries(fieldsFor(address)).map(([name, value]) => `${name}: ${value}`);
      const fields = [...own, "connection: Upgrade", `upgrade: ${archiveUpgrade}`];
      connection.#socket.write([request, ...fields, "", ""].join("\r\n"));
      await connection.#upgraded();
      connection.#stallAfter(stallMs);
      return connection;
    } catch (error) {
      connection.close();
      signal?.throwIfAborted();
      throw error;
    }
  }

  /** A report came. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Whether files can be handed over. */
  get takesDescriptors(): boolean {
    return this.#takesDescriptors;
  }

  /**
   * Hands a file over, after all that was sent, and waits while it is read.
   *
   * @param onProgress how much of it has been read
   * @returns false when nobody takes any more
   */
  async hand(file: HandedFile, onProgress: (bytes: number) => void): Promise<boolean> {
    const { sendFile, positionOf } = await import("../archive/hand.ts");
    const { fd } = (this.#socket as unknown as { readonly _handle: { readonly fd: number } })._handle;
    const isGone = () => this.#answered || this.#socket.destroyed || !this.#socket.writable;
    while (!isGone() && !sendFile(fd, file)) await pause(handLookMs);
    // What has been read shows in the position that both share. Nothing depends on the end being seen.
    let [last, movedAt] = [0, performance.now()];
    while (!isGone() && last < file.sizeBytes && performance.now() - movedAt < handIdleMs) {
      await pause(handLookMs);
      const now = positionOf(file.fd);
      if (now === last) continue;
      [last, movedAt] = [now, performance.now()];
      onProgress(now);
      this.#stallAfter(stallMs);
    }
    return !isGone();
  }

  /** Sends a piece, which may be used again when this resolves. @returns false when nobody takes any more */
  send(piece: Uint8Array): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (this.#answered || !this.#socket.writable) return Promise.resolve(false);
    const gone = () => resolve(false);
    this.#socket.once("close", gone);
    this.#socket.write(piece, (error) => {
      this.#socket.off("close", gone);
      resolve(error === undefined || error === null);
    });
    return promise;
  }

  /** Ends the sending: with how it went, unless that was in what was sent. */
  end(report?: CopyReport): void {
    if (report !== undefined) this.#socket.write(`${JSON.stringify(report)}\n`);
    // Proxies take the end of one direction for the end of both: through them, the report says that all was sent.
    if (this.#isHere) this.#socket.end();
  }

  /** Gives all that comes to `take`, to its end. @throws LAB_LOST, TIMED_OUT, and what `take` throws */
  async receive(take: Taker): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    const fail = (error: unknown) => {
      failure = { error };
      this.#socket.destroy();
    };
    let last: Promise<void> | undefined;
    const attempt: Taker = (bytes) => {
      if (failure !== undefined) return;
      try {
        last = take(bytes)?.catch(fail);
        return last;
      } catch (error) {
        fail(error);
      }
    };
    for (const bytes of this.#kept.splice(0)) await attempt(bytes);
    this.#taker = attempt;
    this.#socket.resume();
    await this.#closed;
    await last;
    this.#signal?.throwIfAborted();
    if (failure !== undefined) throw failure.error;
    if (!this.#ended) throw this.#lost();
  }

  /** The report that comes instead of an archive. @throws LAB_LOST, TIMED_OUT, COPY_BROKEN_OFF when none comes */
  async report(): Promise<CopyReport> {
    const pieces: Buffer[] = [];
    let report: CopyReport | undefined;
    await this.receive((piece) => {
      this.#answered = true;
      pieces.push(Buffer.from(piece));
      report ??= wholeReport(pieces) as CopyReport | undefined;
      if (report !== undefined) this.#socket.end();
    }).catch((error: unknown) => {
      if (report === undefined) throw error;
    });
    report ??= readReport(pieces) as CopyReport | undefined;
    if (report === undefined) throw labError("COPY_BROKEN_OFF", { what: "The other side" });
    return report;
  }

  close(): void {
    this.#socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @returns whether more may come now */
  #take(bytes: Buffer): boolean {
    if (this.#taker === undefined) {
      this.#kept.push(Buffer.from(bytes));
      return false;
    }
    const taken = this.#taker(bytes);
    if (taken === undefined) return true;
    void taken.then(() => this.#socket.resume());
    return false;
  }

  /** Reads the answer's head (RFC 9112). @throws what the supervisor reports */
  async #upgraded(): Promise<void> {
    const pieces: Buffer[] = [];
    const { promise: whole, resolve } = Promise.withResolvers<number>();
    this.#taker = (bytes) => {
      pieces.push(Buffer.from(bytes));
      const end = Buffer.concat(pieces).indexOf("\r\n\r\n");
      if (end >= 0 || pieces.length > mostHeadBytes) resolve(end);
    };
    this.#socket.resume();
    const end = await Promise.race([whole, this.#closed.then(() => -1)]);
    if (end < 0) throw this.#lost();
    const all = Buffer.concat(pieces);
    // Of a lab that is elsewhere there is nothing between us but bytes.
    this.#takesDescriptors = this.#isHere && all.toString("latin1", 0, end).includes(`\r\n${handOverField}`);
    const status = /^HTTP\/1\.1 (\d{3})/.exec(all.toString("latin1", 0, end))?.[1];
    if (status === "101") {
      this.#taker = undefined;
      this.#kept = [Buffer.concat(pieces).subarray(end + 4)].filter(({ length }) => length > 0);
      return;
    }
    await this.#closed;
    const body = Buffer.concat(pieces).toString("utf8", end + 4);
    throw problemIn(body) ?? errorFrom({ code: "INTERNAL", message: `The supervisor answered ${status}: ${body}` });
  }

  #stallAfter(afterMs: number): void {
    this.#socket.removeAllListeners("timeout");
    this.#socket.setTimeout(afterMs, () =>
      this.#socket.destroy(labError("TIMED_OUT", { what: `The copy in lab "${this.#lab}"`, afterMs })),
    );
  }

  #lost(): Error {
    return lostConnection(this.#lab, this.#address, this.#error);
  }
}
