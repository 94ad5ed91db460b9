import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { LabWebSocket } from "../../src/client/websocket.ts";

let folder = "";
let path = "";
const closing: (() => unknown)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "netwright-test-ws-"));
  path = join(folder, "socket");
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await rm(folder, { recursive: true, force: true });
});

/** A server of the ws package, which follows the standard. */
async function standardServer(serve: (socket: WebSocket) => void): Promise<void> {
  const http: HttpServer = createHttpServer();
  const server = new WebSocketServer({ server: http });
  server.on("connection", serve);
  http.listen(path);
  await once(http, "listening");
  closing.push(() => {
    for (const client of server.clients) client.terminate();
    http.close();
  });
}

/** A server that says whatever a test wants it to. */
async function rawServer(serve: (socket: Socket) => void): Promise<void> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  server.listen(path);
  await once(server, "listening");
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

const accepted = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "\r\n",
].join("\r\n");

const connect = (timeoutMs = 5_000) => new LabWebSocket({ socket: path }, "/echo", timeoutMs);
const closeOf = async (socket: LabWebSocket) => ((await once(socket, "close")) as [Error?])[0];

describe("a WebSocket over a unix socket", () => {
  it("carries text and bytes of every length of head, both ways", async () => {
    await standardServer((socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
    const socket = connect();
    await once(socket, "open");
    for (const size of [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000]) {
      const bytes = randomBytes(size);
      socket.send(bytes);
      const [back] = (await once(socket, "binary")) as [Buffer];
      expect(back.equals(bytes)).toBe(true);
    }
    socket.send("grüße — 你好");
    expect(await once(socket, "text")).toEqual(["grüße — 你好"]);
    socket.close();
    expect(await closeOf(socket)).toBeUndefined();
  });

  it("asks for the path it was given", async () => {
    const http = createHttpServer();
    http.on("upgrade", (request, upgraded) => upgraded.end(`HTTP/1.1 404 ${request.url}\r\n\r\n`));
    http.listen(path);
    await once(http, "listening");
    closing.push(() => http.close());
    expect((await closeOf(connect()))?.message).toBe("the handshake was refused: HTTP/1.1 404 /echo");
  });

  it("puts fragments together, with a ping between them, and answers it", async () => {
    const pongs: string[] = [];
    await standardServer((socket) => {
      socket.on("pong", (data) => pongs.push(data.toString()));
      socket.send("one ", { fin: false });
      socket.ping("are you there");
      socket.send("two ", { fin: false });
      socket.send("three", { fin: true });
    });
    const socket = connect();
    expect(await once(socket, "text")).toEqual(["one two three"]);
    await expect.poll(() => pongs).toEqual(["are you there"]);
    socket.close();
  });

  it("understands frames that arrive a byte at a time, and many at once", async () => {
    const long = "x".repeat(300);
    const head = Buffer.alloc(4);
    head.writeUInt8(0x81, 0);
    head.writeUInt8(126, 1);
    head.writeUInt16BE(300, 2);
    const bytes = Buffer.concat([
      Buffer.from(accepted),
      head,
      Buffer.from(long),
      Buffer.from([0x81, 1, 0x61, 0x81, 1, 0x62]),
    ]);
    await rawServer(async (socket) => {
      socket.setNoDelay(true);
      for (const byte of bytes) {
        socket.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.write(Buffer.from([0x81, 1, 0x63, 0x81, 1, 0x64, 0x88, 0]));
    });
    const socket = connect();
    const texts: string[] = [];
    socket.on("text", (text) => texts.push(text));
    expect(await closeOf(socket)).toBeUndefined();
    expect(texts).toEqual([long, "a", "b", "c", "d"]);
  });

  it("masks what it sends, as a client must", async () => {
    let received = Buffer.alloc(0);
    await rawServer((socket) => {
      socket.once("data", () => {
        socket.write(accepted);
        socket.on("data", (data) => {
          received = Buffer.concat([received, data]);
        });
      });
    });
    const socket = connect();
    await once(socket, "open");
    socket.send(Buffer.from("hi"));
    await expect.poll(() => received.length).toBe(8);
    expect([...received]).toEqual([0x82, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
  });

  it("holds up the sender while it is paused", async () => {
    let sent = 0;
    await standardServer((socket) => {
      const piece = Buffer.alloc(64 * 1024);
      const more = () => {
        if (socket.bufferedAmount >= 1 << 20) return;
        sent += piece.length;
        socket.send(piece, () => more());
      };
      for (let count = 0; count < 8; count++) more();
    });
    const socket = connect();
    let got = 0;
    socket.on("binary", (data) => {
      got += data.length;
      if (got > 4 << 20) socket.close();
    });
    await once(socket, "binary");
    socket.pause();
    await expect
      .poll(async () => {
        const before = sent;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return sent - before;
      })
      .toBe(0);
    socket.resume();
    expect(await closeOf(socket)).toBeUndefined();
  });
});

describe("a WebSocket that goes wrong", () => {
  it("does not wait for ever to be closed", async () => {
    await rawServer((socket) => socket.once("data", () => socket.write(accepted)));
    const socket = connect();
    await once(socket, "open");
    socket.close();
    expect((await closeOf(socket))?.message).toBe("the connection was not closed");
  });

  it("says that nobody listens", async () => {
    expect(await closeOf(connect())).toMatchObject({ code: "ENOENT" });
  });

  it("does not wait for ever", async () => {
    await rawServer(() => {});
    expect((await closeOf(connect(50)))?.message).toBe("no answer within 50 ms");
  });

  it.each([
    ["ends in the handshake", "HTTP/1.1 101", /the connection closed/],
    ["has the wrong key", accepted.replace("s3pP", "xxxx"), /the handshake was refused/],
    ["is no WebSocket at all", "x".repeat(20_000), /no WebSocket handshake/],
    ["ends in a frame", `${accepted}\x82\x05abc`, /the connection closed/],
    ["continues nothing", `${accepted}\x80\x01a`, /continuation of nothing/],
    ["has a frame without bounds", `${accepted}\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff`, /too long/],
    ["has an opcode that there is not", `${accepted}\x83\x00`, /unknown opcode 3/],
  ])("that %s is told once", async (_, bytes, message) => {
    await rawServer((socket) => socket.once("data", () => socket.end(bytes, "latin1")));
    const socket = connect();
    let closes = 0;
    socket.on("close", () => {
      closes += 1;
    });
    expect((await closeOf(socket))?.message).toMatch(message);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(closes).toBe(1);
  });

  it("takes what is sent afterwards, and drops it", async () => {
    await rawServer((socket) => socket.destroy());
    const socket = connect();
    await closeOf(socket);
    await new Promise<void>((resolve) => socket.send("nobody reads this", resolve));
  });
});
