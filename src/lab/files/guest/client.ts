import { once } from "node:events";
import type { Socket } from "node:net";
import type { CopyReport } from "../../../api/files.ts";
import { labError } from "../../../topology/index.ts";
import { switching } from "../porter-request.ts";

/** Who copies, at the other end of a connection that is upgraded when the copy begins (src/api/files.ts). */
export class Client {
  readonly #connection: Socket;
  /** What it sends cannot be followed by a report: an archive that is not at its end. */
  #isOpenEnded = false;

  constructor(connection: Socket) {
    this.#connection = connection;
  }

  begin(): void {
    this.#connection.write(`${switching}\r\n`);
  }

  /** @throws COPY_BROKEN_OFF when it has gone */
  requirePresence(): void {
    const { destroyed, writable } = this.#connection;
    if (destroyed || !writable) throw labError("COPY_BROKEN_OFF", { what: "The connection" });
  }

  /** What it sends, to the end. */
  received(): AsyncIterable<Buffer> {
    return this.#connection.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  }

  /** Nothing comes from it any more; that it goes is noticed then. */
  expectNothing(): void {
    this.#connection.resume();
  }

  /** Sends a part of an archive, and waits until there is room for more. @param whole it ends where a report may follow */
  async send(bytes: Uint8Array, whole: boolean): Promise<void> {
    this.requirePresence();
    this.#isOpenEnded = !whole;
    if (this.#connection.write(bytes)) return;
    const gone = new AbortController();
    const { signal } = gone;
    await Promise.race([
      once(this.#connection, "drain", { signal }),
      once(this.#connection, "close", { signal }),
    ]).finally(() => gone.abort());
  }

  report(one: CopyReport): void {
    this.#connection.write(`${JSON.stringify(one)}\n`);
  }

  /**
   * Says why it failed, where that can be said: in the middle of a file of an archive, only the end of the
   * connection can.
   *
   * @param after what must stand before a report: the end of the archive, where one is sent
   */
  fail(error: Extract<CopyReport, { type: "failed" }>["error"], after: Uint8Array): void {
    if (this.#isOpenEnded) this.#connection.destroy();
    else {
      this.#connection.write(after);
      this.report({ type: "failed", error });
    }
  }

  /** Ends the connection. Closing on bytes that nobody has read would take the answer back. */
  async end(): Promise<void> {
    this.#connection.resume();
    this.#connection.end();
    if (!this.#connection.closed) await once(this.#connection, "close").catch(() => undefined);
  }
}
