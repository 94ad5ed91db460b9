import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endpoints } from "../../src/api/endpoints.ts";
import { routes } from "../../src/api/routes.ts";
import { LabClient } from "../../src/client/lab.ts";
import { pathOf } from "../../src/client/path.ts";
import { Transport } from "../../src/client/transport.ts";

let folder = "";
let server: Server;
let respond: (...exchange: Parameters<RequestListener>) => unknown;
const requests: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "netwright-test-transport-"));
  requests.length = 0;
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    respond(request, response);
  });
  server.listen(join(folder, "api.sock"));
  await once(server, "listening");
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const transport = () => new Transport("test", { socket: join(folder, "api.sock") });
const client = () => new LabClient("test", { socket: join(folder, "api.sock") });

const summary = {
  name: "test",
  state: "running",
  digest: "d",
  startedAt: "2026-01-01T00:00:00.000Z",
  supervisorPid: 7,
  version: "1",
  mode: "keep",
  nodes: 1,
  links: 0,
  processes: 0,
  logDirectory: "/logs",
};

const problem = {
  type: "urn:netwright:error:NODE_NOT_FOUND",
  title: "NODE_NOT_FOUND",
  status: 404,
  code: "NODE_NOT_FOUND",
  detail: 'Lab "test" has no node "h9".',
  remedy: 'Did you mean "h1"?',
  causes: ["one", "two"],
};

describe("calls of the lab API", () => {
  it("go where the table of routes says", () => {
    for (const [name, { method, path }] of Object.entries(routes)) {
      expect(endpoints[name as keyof typeof endpoints]).toMatchObject({ method, path });
    }
    expect(pathOf("node", { node: "a/b c" })).toBe("/v1/nodes/a%2Fb%20c");
    expect(pathOf("logs", {}, { of: "a,b", follow: true, tail: undefined })).toBe("/v1/logs?of=a%2Cb&follow=true");
  });

  it("give what the route's schema promises, and refuse what does not fit it", async () => {
    respond = (_, response) => response.end(JSON.stringify(summary));
    expect(await client().summary()).toEqual(summary);
    respond = (_, response) => response.end(JSON.stringify({ ...summary, nodes: "many" }));
    await expect(client().summary()).rejects.toThrow(/nodes/);
  });

  it("turn problems into the errors that they were", async () => {
    respond = (_, response) => response.writeHead(404).end(JSON.stringify(problem));
    await expect(client().node("h9")).rejects.toMatchObject({
      name: "NetwrightError",
      code: "NODE_NOT_FOUND",
      message: problem.detail,
      remedy: problem.remedy,
      exitCode: 1,
      cause: { errors: [{ message: "one" }, { message: "two" }] },
    });
    expect(requests).toEqual(["GET /v1/nodes/h9"]);
  });

  it("survive an answer that is no problem document", async () => {
    respond = (_, response) => response.writeHead(500).end("oops");
    await expect(client().summary()).rejects.toMatchObject({
      code: "INTERNAL",
      message: "The supervisor answered 500: oops",
    });
  });

  it("end when the answer does not begin in time", async () => {
    respond = () => {};
    await expect(transport().call("labSummary", { timeoutMs: 50 })).rejects.toMatchObject({ code: "TIMED_OUT" });
  });

  it("say that the lab was lost when it goes away, before or amid the answer", async () => {
    respond = (request) => request.socket.destroy();
    await expect(client().summary()).rejects.toMatchObject({ code: "LAB_LOST" });
    respond = (_, response) => {
      response.writeHead(200, { "content-length": 1000 });
      response.write("{");
      setTimeout(() => response.destroy(), 10);
    };
    await expect(client().summary()).rejects.toMatchObject({ code: "LAB_LOST" });
    await expect(new LabClient("gone", { socket: join(folder, "nothing") }).summary()).rejects.toMatchObject({
      code: "LAB_LOST",
      cause: { code: "ENOENT" },
    });
  });

  it("of a server tell that the connection broke, which says nothing of the lab", async () => {
    const far = createServer((request, response) => respond(request, response));
    await once(far.listen(0, "127.0.0.1"), "listening");
    const { port } = far.address() as AddressInfo;
    const upgraded: ((socket: Socket) => void)[] = [];
    far.on("upgrade", ({ headers }, socket: Socket) => {
      const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
      const fields = ["upgrade: websocket", "connection: Upgrade", `sec-websocket-accept: ${accept.digest("base64")}`];
      socket.write(["HTTP/1.1 101 Switching Protocols", ...fields, "", ""].join("\r\n"));
      upgraded.shift()?.(socket);
    });
    const url = new URL(`http://127.0.0.1:${port}/api/v1/projects/p/labs/test`);
    const lab = new LabClient("test", { url, token: "t" });
    const broken = {
      code: "SERVER_BROKE_OFF",
      message: expect.stringMatching(/^The connection to lab "test" of the server http:\S+ broke: .* may go on there/),
      remedy: expect.not.stringContaining("supervisor"),
    };
    respond = (_, response) => {
      response.write(`${JSON.stringify({ type: "node.up", subject: "h1" })}\n`);
      setTimeout(() => response.destroy(), 10);
    };
    const read = async (stream: AsyncIterable<unknown>) => {
      for await (const _ of stream);
    };
    await expect(lab.summary()).rejects.toMatchObject(broken);
    await expect(read(lab.events({ follow: true }))).rejects.toMatchObject(broken);
    await expect(read(lab.logs({ follow: true }))).rejects.toMatchObject(broken);
    await expect(read(lab.captureStream("c1"))).rejects.toMatchObject(broken);
    upgraded.push((socket) => socket.once("data", () => socket.destroy()));
    await expect((await lab.exec("h1", { argv: ["true"] })).exit).rejects.toMatchObject(broken);
    upgraded.push((socket) => socket.resetAndDestroy());
    await expect(lab.getFile("h1", "/a")).rejects.toMatchObject(broken);
    // One that was open, too: it is no end of the machine's.
    const state = Buffer.from('{"type":"state","state":"on"}');
    let connection: Socket | undefined;
    upgraded.push((socket) => {
      connection = socket;
      socket.write(Buffer.concat([Buffer.from([0x81, state.length]), state]));
    });
    const console = await lab.console("h1", {});
    const ended = once(console, "close").catch((error: unknown) => error);
    connection?.destroy();
    expect(await ended).toMatchObject(broken);
    far.close();
    far.closeAllConnections();
    await once(far, "close");
    await expect(lab.summary()).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect((await lab.exec("h1", { argv: ["true"] })).exit).rejects.toMatchObject({
      code: "SERVER_UNREACHABLE",
    });
  });

  it("end with the caller's signal", async () => {
    respond = () => {};
    const controller = new AbortController();
    const waiting = client().outcome({ signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("streams of the lab API", () => {
  const event = (id: number) => ({
    id,
    at: "2026-01-01T00:00:00.000Z",
    type: "lab.running",
    subject: "test",
    message: "",
  });

  it("give an item a line, wherever the bytes are cut", async () => {
    respond = async (_, response) => {
      for (const byte of Buffer.from(`${[1, 2, 3].map((id) => JSON.stringify(event(id))).join("\n")}\n`)) {
        response.write(Buffer.from([byte]));
        if (byte === 44) await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    };
    const ids: number[] = [];
    for await (const { id } of client().events({ from: 1 })) ids.push(id);
    expect(ids).toEqual([1, 2, 3]);
    expect(requests).toEqual(["GET /v1/events?from=1"]);
  });

  it("let go of the server when the reader leaves", async () => {
    let closed = false;
    respond = (request, response) => {
      request.socket.on("close", () => {
        closed = true;
      });
      response.write(`${JSON.stringify(event(1))}\n`);
    };
    for await (const { id } of client().events({ follow: true })) {
      expect(id).toBe(1);
      break;
    }
    await expect.poll(() => closed).toBe(true);
  });

  it("just end when the caller's signal says so", async () => {
    respond = (_, response) => response.write(`${JSON.stringify(event(1))}\n`);
    const controller = new AbortController();
    let count = 0;
    for await (const _ of client().events({ follow: true, signal: controller.signal })) {
      count += 1;
      controller.abort();
    }
    expect(count).toBe(1);
  });

  it("do not pass a cut stream off as a whole one", async () => {
    respond = (_, response) => {
      response.write(`${JSON.stringify(event(1))}\n`);
      setTimeout(() => response.destroy(), 10);
    };
    const read = async () => {
      for await (const _ of client().events()) {
        // Only how it ends matters here.
      }
    };
    await expect(read()).rejects.toMatchObject({ code: "LAB_LOST" });
  });
});
