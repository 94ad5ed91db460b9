import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Debian's docker-registry (distribution), on a port of its own, which lets nobody in without these. */
export const login = { user: "netwright", password: "open sesame" } as const;
/** By htpasswd -B: the registry takes bcrypt alone. */
const passwords = `${login.user}:$2y$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n`;
const program = "/usr/bin/docker-registry";

/** Why none can be started here; undefined when one can. */
export const missingRegistry = (): string | undefined =>
  existsSync(program) ? undefined : "docker-registry is not installed (make setup-tests)";

/** How docker's config.json has a login (docker-login(1)). */
export const dockerConfig = (
  registry: string,
  { user, password }: { user: string; password: string } = login,
): string => JSON.stringify({ auths: { [registry]: { auth: Buffer.from(`${user}:${password}`).toString("base64") } } });

/** What the front does to the answers for one blob instead of handing them on. */
export type Fault =
  /** Sends so many bytes, then nothing more until `release`. */
  | { readonly do: "stall"; readonly after: number; readonly release?: Promise<void> }
  /** Sends so many bytes, then closes the connection. */
  | { readonly do: "break"; readonly after: number }
  /** One byte is another. */
  | { readonly do: "change"; readonly at: number };

/** A registry with a front before it that counts what is fetched, and can be made to fail. */
export class RegistryServer implements AsyncDisposable {
  /** `127.0.0.1:PORT` of the front. */
  readonly name: string;
  /** By digest of the blob. */
  readonly faults = new Map<string, Fault>();
  readonly #fetched: string[] = [];
  readonly #process: ChildProcess;
  readonly #front: Server;
  readonly #folder: string;
  readonly #sockets = new Set<Socket>();
  readonly #stalled = new Map<string, () => void>();

  private constructor(child: ChildProcess, port: number, front: Server, folder: string) {
    this.#process = child;
    this.#front = front;
    this.#folder = folder;
    this.name = `127.0.0.1:${(front.address() as AddressInfo).port}`;
    front.on("request", (asked: IncomingMessage, answer: ServerResponse) => this.#pass(asked, answer, port));
    front.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** @param folder where it keeps everything; removed with it */
  static async start(folder: string): Promise<RegistryServer> {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "passwords"), passwords);
    const settings = {
      version: "0.1",
      // Where it listens is among its first words.
      log: { accesslog: { disabled: true }, level: "info" },
      storage: { filesystem: { rootdirectory: join(folder, "data") }, delete: { enabled: true } },
      http: { addr: "127.0.0.1:0", secret: "of a test" },
      auth: { htpasswd: { realm: "test", path: join(folder, "passwords") } },
    };
    writeFileSync(join(folder, "config.yml"), JSON.stringify(settings));
    const child = spawn(program, ["serve", join(folder, "config.yml")], { stdio: ["ignore", "pipe", "pipe"] });
    const port = await listening(child);
    const front = createServer();
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    return new RegistryServer(child, port, front, folder);
  }

  /** The digests of blobs that were asked for since the last time. */
  takeFetched(): readonly string[] {
    return this.#fetched.splice(0);
  }

  /** Resolves when the front has sent what it sends of a blob before it stalls. */
  stalled(digest: string): Promise<void> {
    return new Promise((resolve) => this.#stalled.set(digest, resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#front.close(resolve));
    const gone = new Promise((resolve) => this.#process.once("exit", resolve));
    if (this.#process.exitCode === null && this.#process.kill("SIGKILL")) await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #pass(asked: IncomingMessage, answer: ServerResponse, port: number): void {
    const { method, url: path, headers } = asked;
    const digest = method === "GET" ? /\/blobs\/(sha256:[0-9a-f]{64})$/.exec(path ?? "")?.[1] : undefined;
    const onward = request({ host: "127.0.0.1", port, method, path, headers }, (reply) => {
      const isBlob = digest !== undefined && reply.statusCode === 200;
      if (isBlob) this.#fetched.push(digest);
      const fault = isBlob ? this.faults.get(digest) : undefined;
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      if (fault === undefined || digest === undefined) {
        reply.pipe(answer);
        return;
      }
      const pieces: Buffer[] = [];
      reply.on("data", (piece: Buffer) => pieces.push(piece));
      reply.on("end", () => void this.#fail(digest, fault, Buffer.concat(pieces), answer));
    });
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
  }

  async #fail(digest: string, fault: Fault, body: Buffer, answer: ServerResponse): Promise<void> {
    switch (fault.do) {
      case "stall":
        answer.write(body.subarray(0, fault.after), () => this.#stalled.get(digest)?.());
        await (fault.release ?? new Promise(() => undefined));
        answer.end(body.subarray(fault.after));
        return;
      case "break":
        answer.write(body.subarray(0, fault.after), () => answer.destroy());
        return;
      case "change":
        body[fault.at] = (body[fault.at] as number) ^ 1;
        answer.end(body);
        return;
      default:
        fault satisfies never;
    }
  }
}

/** @throws with what it said, when it does not come up */
async function listening(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream as NodeJS.ReadableStream }).on("line", (line) => {
      said.push(line);
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  child.once("error", reject);
  child.once("exit", () => reject(new Error(`docker-registry:\n${said.slice(-20).join("\n")}`)));
  return promise;
}
