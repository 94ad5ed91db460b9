import { StreamSocket } from "../kernel/index.ts";
import type { DataplaneEvent, NumberedRequest, Reply } from "./contract.ts";

/** The supervisor's end of the conversation: JSON objects, one a line. */
export class ControlChannel {
  readonly #socket: StreamSocket;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(fd: number) {
    this.#socket = new StreamSocket(fd);
  }

  get fd(): number {
    return this.#socket.fd;
  }

  /** Whether something could not be sent yet. */
  get isFull(): boolean {
    return this.#socket.isFull;
  }

  /**
   * The requests that have come.
   *
   * @returns undefined when the supervisor has gone
   * @throws SyntaxError for a line that is not JSON, which no supervisor sends
   */
  read(): readonly NumberedRequest[] | undefined {
    this.#socket.flush();
    const data = this.#socket.read();
    if (data === undefined) return undefined;
    const lines = (this.#rest + this.#decoder.decode(data, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as NumberedRequest);
  }

  write(message: Reply | DataplaneEvent): void {
    this.#socket.write(Buffer.from(`${JSON.stringify(message)}\n`));
  }
}
