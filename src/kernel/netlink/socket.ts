import { closeSync } from "node:fs";
import { KernelError } from "../errno.ts";
import { check, lastErrno, libc, pinned } from "../libc.ts";
import { SO_RCVBUF, SO_RCVTIMEO, SO_SNDBUF, SOCK_CLOEXEC, SOCK_RAW, SOL_SOCKET, setOption } from "../sockets.ts";
import { Attributes, type Message, MessageWriter, readMessages } from "./codec.ts";
import * as nl from "./headers/netlink.ts";

const EINTR = 4;
const EAGAIN = 11;
const ENOBUFS = 105;
const ETIMEDOUT = 110;
const MSG_TRUNC = 0x20;

/** How long to wait for an answer. The kernel works on a request while it is being sent, so its answer is there at once. */
const answerTimeoutMs = 10_000;
/** How often a list is asked for again when it changed while it was being read. */
const listAttempts = 20;
/** Answers to this many failed requests fit the smallest usual receive buffer (net.core.rmem_default). */
export const requestsPerSend = 128;
/** Well below what net.core.wmem_default lets a socket send at once. */
export const bytesPerSend = 65_536;

/** What went wrong with one request of several. */
export type RequestFailure = { readonly sequence: number; readonly errno: number; readonly detail: string | undefined };

/**
 * A NETLINK_ROUTE socket in the network namespace that was this thread's when it was opened; it acts
 * there for as long as it is open, wherever the thread goes. Blocking: requests are carried out by
 * the kernel before `send` returns, and there is nothing to wait for.
 */
export class NetlinkSocket {
  /** -1 after `close`: its number may be another file's by then. */
  #fd: number;
  readonly #received: Buffer;
  #sequence = 1;

  private constructor(fd: number, received: Buffer) {
    this.#fd = fd;
    this.#received = received;
  }

  /** @param received memory to receive into, at least 32 KiB; sockets may share it, since each uses it within one call */
  static open(received: Buffer = pinned(65_536)): NetlinkSocket {
    const fd = check("socket NETLINK_ROUTE", libc.socket(nl.AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, nl.NETLINK_ROUTE));
    try {
      const on = Buffer.of(1, 0, 0, 0);
      const buffer = Buffer.alloc(4);
      buffer.writeUInt32LE(1 << 20);
      const timeout = Buffer.alloc(16);
      timeout.writeBigInt64LE(BigInt(answerTimeoutMs / 1000));
      setOption(fd, SOL_SOCKET, SO_RCVTIMEO, timeout);
      // As far as net.core.rmem_max and wmem_max allow.
      setOption(fd, SOL_SOCKET, SO_RCVBUF, buffer);
      setOption(fd, SOL_SOCKET, SO_SNDBUF, buffer);
      setOption(fd, nl.SOL_NETLINK, nl.NETLINK_CAP_ACK, on);
      setOption(fd, nl.SOL_NETLINK, nl.NETLINK_EXT_ACK, on);
      setOption(fd, nl.SOL_NETLINK, nl.NETLINK_GET_STRICT_CHK, on);
      return new NetlinkSocket(fd, received);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** The number for the next request; any two requests in flight must differ. */
  nextSequence(): number {
    const sequence = this.#sequence;
    this.#sequence = sequence === 0xffff_ffff ? 1 : sequence + 1;
    return sequence;
  }

  /**
   * Sends the messages in `bytes`, of which the last asks for an acknowledgement, and collects the
   * failures: the kernel carries them out in order, goes on after one that fails, and reports each.
   *
   * @throws {KernelError} when sending fails as a whole, or answers were lost
   */
  transact(bytes: Buffer, lastSequence: number): readonly RequestFailure[] {
    this.#send(bytes);
    const failures: RequestFailure[] = [];
    for (;;) {
      for (const message of this.#receive()) {
        if (message.type !== nl.NLMSG_ERROR) continue;
        const failure = readFailure(message);
        if (failure.errno !== 0) failures.push(failure);
        if (message.sequence === lastSequence) return failures;
      }
    }
  }

  /** Asks for one thing, and returns the answer; undefined when the kernel acknowledges without one. */
  get(call: string, type: number, encode: (writer: MessageWriter) => void): Message | undefined {
    const sequence = this.nextSequence();
    this.#send(this.#request(type, nl.NLM_F_REQUEST | nl.NLM_F_ACK, sequence, encode));
    let answer: Message | undefined;
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        if (message.type === nl.NLMSG_ERROR) {
          const { errno, detail } = readFailure(message);
          if (errno !== 0) throw new KernelError(call, errno, detail);
          return answer;
        }
        // The acknowledgement arrives in the same memory.
        answer = { ...message, payload: Buffer.from(message.payload) };
      }
    }
  }

  /**
   * Asks for a list, and returns what `decode` makes of each entry (undefined: leave out).
   *
   * @throws {KernelError} EINTR when the list changed under every attempt to read it
   */
  dump<T>(
    call: string,
    type: number,
    encode: (writer: MessageWriter) => void,
    decode: (message: Message) => T | undefined,
  ): T[] {
    for (let attempt = 0; attempt < listAttempts; attempt++) {
      const entries = this.#dumpOnce(call, type, encode, decode);
      if (entries !== undefined) return entries;
    }
    throw new KernelError(call, EINTR, `the list changed while it was read, ${listAttempts} times`);
  }

  close(): void {
    if (this.#fd === -1) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }

  #dumpOnce<T>(
    call: string,
    type: number,
    encode: (writer: MessageWriter) => void,
    decode: (message: Message) => T | undefined,
  ): T[] | undefined {
    const sequence = this.nextSequence();
    this.#send(this.#request(type, nl.NLM_F_REQUEST | nl.NLM_F_DUMP, sequence, encode));
    const entries: T[] = [];
    let changed = false;
    for (;;) {
      for (const message of this.#receive()) {
        if (message.sequence !== sequence) continue;
        changed ||= (message.flags & nl.NLM_F_DUMP_INTR) !== 0;
        if (message.type === nl.NLMSG_ERROR || message.type === nl.NLMSG_DONE) {
          const { errno, detail } = readFailure(message);
          if (errno !== 0) throw new KernelError(call, errno, detail);
          return changed ? undefined : entries;
        }
        const entry = decode(message);
        if (entry !== undefined) entries.push(entry);
      }
    }
  }

  #request(type: number, flags: number, sequence: number, encode: (writer: MessageWriter) => void): Buffer {
    const writer = new MessageWriter(256);
    writer.begin(type, flags, sequence);
    encode(writer);
    writer.end();
    return writer.bytes;
  }

  #send(bytes: Buffer): void {
    check("send netlink", libc.send(this.#fd, bytes, bytes.length, 0));
  }

  #receive(): Generator<Message> {
    const received = this.#received;
    for (;;) {
      // MSG_TRUNC: the true length, so that a datagram too long for the memory is noticed.
      const length = libc.recv(this.#fd, received, received.length, MSG_TRUNC);
      if (length > received.length) throw new KernelError("recv netlink", 90, `an answer of ${length} bytes`);
      if (length >= 0) return readMessages(received.subarray(0, length));
      const errno = lastErrno();
      // Signals interrupt a receive that has a time limit even where their handlers restart calls (signal(7)).
      if (errno === EINTR) continue;
      if (errno === EAGAIN)
        throw new KernelError("recv netlink", ETIMEDOUT, `no answer within ${answerTimeoutMs / 1000} s`);
      if (errno === ENOBUFS) throw new KernelError("recv netlink", ENOBUFS, "answers were lost");
      throw new KernelError("recv netlink", errno);
    }
  }
}

/** struct nlmsgerr: the negated error number, the header of the request, and with NLM_F_ACK_TLVS what the kernel says about it. */
function readFailure(message: Message): RequestFailure {
  const errno = message.payload.length < 4 ? 0 : -message.payload.readInt32LE(0);
  if (errno === 0 || (message.flags & nl.NLM_F_ACK_TLVS) === 0)
    return { sequence: message.sequence, errno, detail: undefined };
  // NLMSG_DONE ends a list with the number alone in front.
  let fixed = 4;
  if (message.type === nl.NLMSG_ERROR) {
    fixed += (message.flags & nl.NLM_F_CAPPED) !== 0 ? nl.NLMSG_HDRLEN : message.payload.readUInt32LE(4);
  }
  const attributes = Attributes.read(message.payload, fixed);
  const missing = attributes.u32(nl.NLMSGERR_ATTR_MISS_TYPE);
  const detail =
    attributes.string(nl.NLMSGERR_ATTR_MSG) ?? (missing === undefined ? undefined : `attribute ${missing} is missing`);
  return { sequence: message.sequence, errno, detail };
}
