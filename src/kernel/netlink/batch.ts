import { KernelError } from "../errno.ts";
import { MessageWriter } from "./codec.ts";
import { NLM_F_ACK, NLM_F_REQUEST } from "./headers/netlink.ts";
import { bytesPerSend, type NetlinkSocket, type RequestFailure, requestsPerSend } from "./socket.ts";
import { RtnetlinkVerbs } from "./verbs.ts";

/** One request of a batch that the kernel refused; `index` counts the requests of the batch from 0. */
export type BatchFailure = { readonly index: number; readonly error: KernelError };

/** Some requests of a batch were refused; the others were carried out. */
export class BatchError extends Error {
  override readonly name = "BatchError";
  readonly failures: readonly BatchFailure[];

  constructor(failures: readonly BatchFailure[]) {
    const [first] = failures;
    const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : "";
    super(`${first?.error.message ?? "no failure"}${more}`, { cause: first?.error });
    this.failures = failures;
  }
}

/**
 * Requests that are sent many at a time: a thousand take a dozen system calls. The kernel carries them
 * out in order and goes on after one it refuses.
 */
export class RtnetlinkBatch extends RtnetlinkVerbs {
  readonly #socket: NetlinkSocket;
  readonly #writer = new MessageWriter(4096);
  readonly #failures: BatchFailure[] = [];
  /** Of the requests in the writer. */
  #calls: string[] = [];
  #firstSequence = 0;
  #lastStart = 0;
  #sent = 0;

  constructor(socket: NetlinkSocket) {
    super();
    this.#socket = socket;
  }

  /** How many requests were made so far: the index that the next one will have in a BatchFailure. */
  get length(): number {
    return this.#sent + this.#calls.length;
  }

  protected override request(call: string, type: number, flags: number, encode: (writer: MessageWriter) => void): void {
    const sequence = this.#socket.nextSequence();
    if (this.#calls.length === 0) this.#firstSequence = sequence;
    this.#writer.begin(type, NLM_F_REQUEST | flags, sequence);
    try {
      encode(this.#writer);
    } catch (error) {
      this.#writer.abandon();
      throw error;
    }
    this.#lastStart = this.#writer.end();
    this.#calls.push(call);
    if (this.#calls.length >= requestsPerSend || this.#writer.length >= bytesPerSend) this.#send();
  }

  /** Sends what was not sent yet. @throws {BatchError} with every request of the batch that was refused */
  finish(): void {
    this.#send();
    if (this.#failures.length > 0) throw new BatchError(this.#failures);
  }

  #send(): void {
    const calls = this.#calls;
    if (calls.length === 0) return;
    this.#calls = [];
    // Failures are reported unasked; one acknowledgement, of the last, tells that all are done.
    this.#writer.addFlags(this.#lastStart, NLM_F_ACK);
    const first = this.#firstSequence;
    const failures = this.#socket.transact(this.#writer.bytes, first + calls.length - 1);
    this.#writer.clear();
    for (const failure of failures) this.#failures.push(this.#describe(failure, failure.sequence - first, calls));
    this.#sent += calls.length;
  }

  #describe({ errno, detail }: RequestFailure, offset: number, calls: readonly string[]): BatchFailure {
    return { index: this.#sent + offset, error: new KernelError(calls[offset] ?? "netlink", errno, detail) };
  }
}
