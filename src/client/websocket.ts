import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { dial, fieldsFor, type LabAddress, pathAt, readyEvent } from "./address.ts";
import { problemIn } from "./problems.ts";

/**
 * The client's side of a WebSocket (RFC 6455) to a lab: what `exec` needs, and quick to
 * load. The common library brings node:http and node:tls with it, which takes longer to load than a
 * command takes to run.
 */

/** Opcodes of frames (RFC 6455, 5.2). */
const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Longest head of a frame from the server: it does not mask. */
const longestHead = 10;
/** What is not read in one piece is refused: commands' output comes in pieces of a few KiB. */
const mostPayloadBytes = 64 * 1024 * 1024;
/** How long the answer to a close may take. */
const closeMs = 2_000;
/** RFC 6455, 1.3. */
const acceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const noMask = Buffer.alloc(4);
const handshakeEnd = Buffer.from("\r\n\r\n");
const mostHandshakeBytes = 16 * 1024;
/**
 * The key of RFC 6455, 1.3, and the answer that it gives there. A key is random so that no proxy's
 * cache can answer, and frames are masked (5.3) so that none can be made to take what a web page sends for a
 * request (10.3). A unix socket has no proxies: there this key will do and a mask of zeros, and node:crypto, which
 * takes longer to load than all of this, is not needed.
 */
const ownKey = "dGhlIHNhbXBsZSBub25jZQ==";
const ownAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

type Events = {
  open: [];
  text: [text: string];
  binary: [data: Buffer];
  /** The reason, when it did not end as it should. Comes once, last. */
  close: [error?: Error];
};

export class LabWebSocket extends EventEmitter<Events> {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  #state: "connecting" | "open" | "closing" | "closed" = "connecting";
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #fragments: { readonly opcode: number; readonly parts: Buffer[] } | undefined;
  #peerClosed = false;
  readonly #key: string;
  readonly #accept: string;
  readonly #newMask: () => Buffer;

  /** @param timeoutMs until the connection must be open */
  constructor(address: LabAddress, path: string, timeoutMs: number) {
    super();
    if ("socket" in address) {
      [this.#key, this.#accept, this.#newMask] = [ownKey, ownAccept, () => noMask];
    } else {
      const { createHash, randomBytes } = process.getBuiltinModule("node:crypto");
      this.#key = randomBytes(16).toString("base64");
      this.#accept = createHash("sha1").update(`${this.#key}${acceptGuid}`).digest("base64");
      this.#newMask = () => randomBytes(4);
    }
    this.#socket = dial(address);
    this.#timer = setTimeout(() => this.#fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    this.#socket.once(readyEvent(address), () => this.#socket.write(this.#handshake(address, path)));
    this.#socket.on("data", (data) => this.#receive(data));
    this.#socket.once("error", (error) => this.#fail(error));
    this.#socket.once("close", () => this.#end(this.#peerClosed ? undefined : new Error("the connection closed")));
  }

  get open(): boolean {
    return this.#state === "open";
  }

  /** Bytes that wait to be sent. */
  get bufferedAmount(): number {
    return this.#socket.writableLength;
  }

  /** @param sent called when the system has taken it, or never will */
  send(data: string | Buffer, sent?: () => void): void {
    if (this.#state !== "open") {
      sent?.();
      return;
    }
    const payload = typeof data === "string" ? Buffer.from(data) : data;
    this.#socket.cork();
    const mask = this.#newMask();
    this.#socket.write(head(typeof data === "string" ? Opcode.text : Opcode.binary, payload.length, mask));
    this.#socket.write(masked(payload, mask), () => sent?.());
    this.#socket.uncork();
  }

  /** Stops reading, which in time makes the other side stop writing. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    if (this.#state === "open") {
      this.#state = "closing";
      this.#socket.write(head(Opcode.close, 0, noMask));
      // The other side answers with its own close; one that has died never does.
      this.#socket.setTimeout(closeMs, () => this.#fail(new Error("the connection was not closed")));
    } else if (this.#state === "connecting") {
      this.#fail(new Error("closed before it was open"));
    }
  }

  #handshake(address: LabAddress, path: string): string {
    return [
      `GET ${pathAt(address, path)} HTTP/1.1`,
      ...Object.entries(fieldsFor(address)).map(([name, value]) => `${name}: ${value}`),
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${this.#key}`,
      "Sec-WebSocket-Version: 13",
      "\r\n",
    ].join("\r\n");
  }

  #receive(data: Buffer): void {
    this.#received.push(data);
    this.#receivedBytes += data.length;
    if (this.#state === "connecting" && !this.#readHandshake()) return;
    while (this.#state !== "closed" && this.#readFrame());
  }

  /** @returns whether it is complete */
  #readHandshake(): boolean {
    const bytes = this.#peek(this.#receivedBytes);
    const end = bytes.indexOf(handshakeEnd);
    if (end < 0) {
      if (bytes.length > mostHandshakeBytes) this.#fail(new Error("the answer is no WebSocket handshake"));
      return false;
    }
    const answer = bytes.toString("latin1", 0, end);
    const accepted = /^sec-websocket-accept:[ \t]*(\S+)/im.exec(answer)?.[1];
    if (!/^HTTP\/1\.1 101 /.test(answer) || accepted !== this.#accept) {
      // Why is in the body, which may come after.
      const length = Number(/^content-length:[ \t]*(\d+)/im.exec(answer)?.[1] ?? 0);
      const body = bytes.subarray(end + handshakeEnd.length);
      if (body.length < Math.min(length, mostHandshakeBytes)) return false;
      this.#fail(problemIn(body.toString()) ?? new Error(`the handshake was refused: ${answer.split("\r\n")[0]}`));
      return false;
    }
    this.#take(end + handshakeEnd.length);
    clearTimeout(this.#timer);
    this.#state = "open";
    this.emit("open");
    return true;
  }

  /** @returns whether there was a whole frame */
  #readFrame(): boolean {
    if (this.#receivedBytes < 2) return false;
    const bytes = this.#peek(Math.min(longestHead, this.#receivedBytes));
    const first = bytes.readUInt8(0);
    const short = bytes.readUInt8(1) & 0x7f;
    const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < headBytes) return false;
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (length > mostPayloadBytes) {
      this.#fail(new Error(`a frame of ${length} bytes is too long`));
      return false;
    }
    if (this.#receivedBytes < headBytes + length) return false;
    this.#take(headBytes);
    this.#handle((first & 0x80) !== 0, first & 0x0f, this.#take(length));
    return true;
  }

  #handle(final: boolean, opcode: number, payload: Buffer): void {
    switch (opcode) {
      case Opcode.text:
      case Opcode.binary:
        if (final) this.#deliver(opcode, payload);
        else this.#fragments = { opcode, parts: [payload] };
        return;
      case Opcode.continuation: {
        const fragments = this.#fragments;
        if (fragments === undefined) {
          this.#fail(new Error("a continuation of nothing"));
          return;
        }
        fragments.parts.push(payload);
        if (!final) return;
        this.#fragments = undefined;
        this.#deliver(fragments.opcode, Buffer.concat(fragments.parts));
        return;
      }
      case Opcode.ping:
        if (this.#state === "open") this.#pong(payload);
        return;
      case Opcode.pong:
        return;
      case Opcode.close:
        this.#peerClosed = true;
        this.close();
        // Both sides have said that they are done: nothing more can come.
        this.#socket.destroySoon();
        return;
      default:
        this.#fail(new Error(`unknown opcode ${opcode}`));
    }
  }

  #pong(payload: Buffer): void {
    const mask = this.#newMask();
    this.#socket.write(Buffer.concat([head(Opcode.pong, payload.length, mask), masked(payload, mask)]));
  }

  #deliver(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.text) this.emit("text", payload.toString("utf8"));
    else this.emit("binary", payload);
  }

  /** The first bytes received, in one piece, left where they are. */
  #peek(count: number): Buffer {
    const [first] = this.#received;
    if (first !== undefined && first.length >= count) return first;
    const joined = Buffer.concat(this.#received);
    this.#received = [joined];
    return joined;
  }

  /** The first bytes received, taken out. */
  #take(count: number): Buffer {
    const bytes = this.#peek(count);
    const rest = bytes.subarray(count);
    if (rest.length === 0) this.#received.shift();
    else this.#received[0] = rest;
    this.#receivedBytes -= count;
    return bytes.subarray(0, count);
  }

  #fail(error: Error): void {
    this.#socket.destroy();
    this.#end(error);
  }

  #end(error: Error | undefined): void {
    if (this.#state === "closed") return;
    clearTimeout(this.#timer);
    this.#state = "closed";
    if (error === undefined) this.emit("close");
    else this.emit("close", error);
  }
}

/**
 * The head of a frame from a client, in one piece (RFC 6455, 5.2).
 *
 * @param mask four bytes
 */
function head(opcode: number, length: number, mask: Buffer): Buffer {
  const isMasked = 0x80;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(2 + lengthBytes + 4);
  frame.writeUInt8(0x80 | opcode, 0);
  if (lengthBytes === 0) {
    frame.writeUInt8(isMasked | length, 1);
  } else if (lengthBytes === 2) {
    frame.writeUInt8(isMasked | 126, 1);
    frame.writeUInt16BE(length, 2);
  } else {
    frame.writeUInt8(isMasked | 127, 1);
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.set(mask, 2 + lengthBytes);
  return frame;
}

/** The payload as it is sent: in place as it was, where the mask is none. */
function masked(payload: Buffer, mask: Buffer): Buffer {
  if (mask === noMask) return payload;
  return Buffer.from(payload.map((byte, index) => byte ^ (mask[index & 3] as number)));
}
