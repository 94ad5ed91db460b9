import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { json } from "node:stream/consumers";
import { LabClient } from "../../src/client/index.ts";
import { diskReader } from "../../src/client/lab-file.ts";
import type { Agent, AgentImage, AgentState, HostFacts } from "../../src/controller/agent/agent.ts";
import { hostFacts } from "../../src/controller/agent/host-facts.ts";
import { Controller, type ControllerOptions } from "../../src/controller/controller.ts";
import type { OidcSettings } from "../../src/controller/identity/oidc.ts";
import { noRules, type ServerRules } from "../../src/controller/policy/rules.ts";
import { type LinkDefinition, withLink, withoutLink } from "../../src/topology/edit-links.ts";
import { endpointText, type Lab, labError } from "../../src/topology/index.ts";
import { freePort } from "../free-port.ts";
import { type Answer, ask, type Credentials, signIn } from "./caller.ts";
import { onLoopback } from "./serve.ts";

const refused = { type: "failed", errors: [{ code: "X", message: "It cannot be." }] };

/** Labs that only pretend to run: each answers on a socket with what it is asked. */
export class PretendedAgent implements Agent {
  readonly #folder: string;
  readonly #labs = new Map<string, { lab: Lab; readonly server: Server }>();
  /** Starts wait for it. */
  hold: Promise<void> = Promise.resolve();
  /** What it is asked fails; its labs go on. */
  isGone = false;
  /** The next start fails, since nothing can be written. */
  isFull = false;
  /** The next start fails. */
  failsNext = false;
  /** How many it was asked to start, and how many it has. */
  asked = 0;
  started = 0;
  refusesApply = false;
  readonly pulled: AgentImage[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(lab: Lab, _digest: string, signal: AbortSignal): Promise<void> {
    this.asked += 1;
    await this.hold;
    if (signal.aborted) throw labError("UP_ABORTED", { lab: lab.name });
    // The system's own error (full(4)).
    if (this.isFull) await writeFile("/dev/full", "a log");
    if (this.failsNext) {
      this.failsNext = false;
      throw labError("LAB_EXISTS", { lab: lab.name, changed: false });
    }
    this.started += 1;
    let captures = 0;
    const server = createServer((request, response) => {
      const isOfCaptures = request.url === "/v1/captures";
      if (isOfCaptures && request.method === "POST") captures += 1;
      if (isOfCaptures && request.method === "GET") {
        const running = { id: "1", state: "running", startedAt: "2026-01-01T00:00:00Z", bytes: 0, interfaces: [] };
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ captures: Array(captures).fill({ ...running, interruptions: 0 }) }));
        return;
      }
      if (request.url === "/v1/apply") {
        request.resume();
        response.end(`${JSON.stringify(this.refusesApply ? refused : { type: "running", summary: {} })}\n`);
        return;
      }
      response.setHeader("content-type", "application/json");
      const known = this.#labs.get(lab.name);
      if (known !== undefined && request.url === "/v1/config") {
        response.end(JSON.stringify(known.lab));
        return;
      }
      if (known !== undefined && request.url?.startsWith("/v1/links") && request.method !== "GET") {
        void this.#changeLinks(known, request).then((answer) => response.end(JSON.stringify(answer)));
        return;
      }
      response.end(
        JSON.stringify({ name: lab.name, asked: `${request.method} ${request.url}`, headers: request.headers }),
      );
    });
    server.on("upgrade", (_request, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.pipe(socket);
    });
    server.listen(this.#socket(lab.name));
    await once(server, "listening");
    this.#labs.set(lab.name, { lab, server });
  }

  async stop(name: string): Promise<void> {
    if (this.isGone) throw new Error("no route to the host");
    const known = this.#labs.get(name);
    this.#labs.delete(name);
    known?.server.closeAllConnections();
    await new Promise((resolve) => (known === undefined ? resolve(undefined) : known.server.close(resolve)));
  }

  list(): Promise<ReadonlyMap<string, AgentState>> {
    if (this.isGone) return Promise.reject(new Error("no route to the host"));
    return Promise.resolve(new Map([...this.#labs.keys()].map((name) => [name, "running"])));
  }

  client(name: string): LabClient {
    return new LabClient(name, { socket: this.#socket(name) });
  }

  captureFile(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  placesOf(name: string): readonly string[] {
    return [join(this.#folder, name), this.#folder];
  }

  async connect(name: string): Promise<Duplex> {
    const socket = createConnection(this.#socket(name));
    await once(socket, "connect");
    return socket;
  }

  /** The lab as it was told to run. */
  given(name: string): Lab | undefined {
    return this.#labs.get(name)?.lab;
  }

  host(): Promise<HostFacts> {
    return hostFacts(this.#folder, this.#labs.size);
  }

  images(): Promise<readonly AgentImage[]> {
    return Promise.resolve(this.pulled);
  }

  pullImage(reference: string): Promise<string> {
    const at = "2026-01-01T00:00:00Z";
    this.pulled.push({ name: reference, reference, id: "sha256:0", at, bytes: 1, labs: [] });
    return Promise.resolve(reference);
  }

  removeImage(reference: string): Promise<void> {
    const index = this.pulled.findIndex((image) => image.reference === reference);
    if (index < 0) throw labError("IMAGE_NOT_FOUND", { image: reference, where: "on this machine" });
    this.pulled.splice(index, 1);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    for (const name of [...this.#labs.keys()]) await this.stop(name);
  }

  /** As a lab does it: a link more, or one less. */
  async #changeLinks(known: { lab: Lab }, request: IncomingMessage): Promise<unknown> {
    if (request.method === "DELETE") {
      known.lab = withoutLink(known.lab, decodeURIComponent(request.url?.split("/").at(-1) ?? ""));
      return {};
    }
    const { lab, link } = withLink(known.lab, (await json(request)) as LinkDefinition, diskReader);
    known.lab = lab;
    const [a, b] = [endpointText(link.a), endpointText(link.b)];
    return { id: link.id, a, b, medium: "kernel", state: "up", mtu: link.mtu };
  }

  #socket(name: string): string {
    return join(this.#folder, `${name}.sock`);
  }
}

/** A server with a database of its own, and people who call it. */
export class TestServer implements AsyncDisposable {
  readonly agent: PretendedAgent;
  readonly faults: unknown[] = [];
  readonly notices: string[] = [];
  rules: ServerRules = noRules;
  now = Date.parse("2026-01-01T00:00:00Z");
  readonly folder: string;
  readonly database: string;
  /** Of a server whose address is in its settings, and has to be known before. */
  #port = 0;
  #more: Partial<ControllerOptions> = {};
  #oidc: ((address: string) => OidcSettings) | undefined;
  #controller: Controller | undefined;

  private constructor(folder: string, database: string) {
    this.folder = folder;
    this.database = database;
    this.agent = new PretendedAgent(folder);
  }

  /** @param database where it is; one of SQLite that goes with the server when absent */
  static async start(
    database?: string,
    oidc?: (address: string) => OidcSettings,
    more: Partial<ControllerOptions> = {},
  ): Promise<TestServer> {
    const folder = await mkdtemp(join(tmpdir(), "nw-server-"));
    await mkdir(join(folder, "pages/assets"), { recursive: true });
    await writeFile(join(folder, "pages/index.html"), "<!doctype html>pages");
    await writeFile(join(folder, "pages/assets/app-1a2b.js"), "export {};");
    const server = new TestServer(folder, database ?? `sqlite:${join(folder, "server.db")}`);
    server.#oidc = oidc;
    server.#more = more;
    if (oidc !== undefined) server.#port = await freePort();
    await server.open();
    await server.#running.ensureAdministrator("root", "root's password");
    return server;
  }

  async open(): Promise<void> {
    this.#controller = await Controller.start({
      ...onLoopback,
      database: this.database,
      agent: this.agent,
      listen: { host: "127.0.0.1", port: this.#port },
      ...(this.#oidc === undefined ? {} : { oidc: this.#oidc(`http://127.0.0.1:${this.#port}`) }),
      rules: this.rules,
      pages: join(this.folder, "pages"),
      ...this.#more,
      onFault: (error) => this.faults.push(error),
      onNotice: (text) => this.notices.push(text),
      clock: () => this.now,
    });
  }

  /** Ends it as if it were told to; its labs and its database stay. */
  async shut(): Promise<void> {
    await this.#controller?.[Symbol.asyncDispose]();
    this.#controller = undefined;
  }

  get #running(): Controller {
    if (this.#controller === undefined) throw new Error("the server is shut");
    return this.#controller;
  }

  get port(): number {
    return this.#running.port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  call(method: string, path: string, more?: Parameters<typeof ask>[3]): Promise<Answer> {
    return ask(this.address, method, path, more);
  }

  signIn(name: string, password: string): Promise<Credentials> {
    return signIn(this.address, name, password);
  }

  /** Makes the project demo, in which the lab `lab` of two hosts runs. */
  async deploy(headers: Credentials): Promise<void> {
    const text = "nodes: {h1: {}, h2: {}}\nlinks: [[h1, h2]]\n";
    await this.call("POST", "/projects", { headers, body: { name: "demo" } });
    await this.call("POST", "/projects/demo/labs", { headers, body: { name: "lab", text } });
    await until(
      () => this.call("GET", "/projects/demo/labs/lab", { headers }),
      ({ body }) => body.state === "running",
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shut();
    await this.agent.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Until `wanted` is so of what is asked for, or too long. */
export async function until<Value>(ask: () => Promise<Value>, wanted: (value: Value) => boolean): Promise<Value> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = await ask();
    if (wanted(value)) return value;
    if (Date.now() > deadline) throw new Error(`it stayed ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
