import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Debian's (python3-keystone). */
const installed = "/usr/lib/python3/dist-packages/keystone/server/wsgi.py";

/** OpenStack Keystone of a test's own, on loopback, with a database in a folder that goes with it. */
export class TestKeystone implements AsyncDisposable {
  readonly url: string;
  readonly #folder: string;
  readonly #process: ChildProcess;
  #admin = "";

  private constructor(folder: string, process: ChildProcess, port: number) {
    this.#folder = folder;
    this.#process = process;
    this.url = `http://127.0.0.1:${port}/v3`;
  }

  /** Why it cannot run; undefined where it can. */
  static unavailable(): string | undefined {
    return existsSync(installed) ? undefined : "Keystone is not installed";
  }

  static async start(): Promise<TestKeystone> {
    const folder = await mkdtemp(join(tmpdir(), "nw-keystone-"));
    const program = join(import.meta.dirname, "programs/identity-server.py");
    const child = spawn("/usr/bin/python3", ["-B", program, folder], { stdio: ["pipe", "pipe", "pipe"] });
    const said: string[] = [];
    child.stderr.on("data", (data: Buffer) => said.push(String(data)));
    const port = await new Promise<number>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", (line) => resolve(Number(line)));
      child.once("exit", () => reject(new Error(`Keystone did not start: ${said.join("").slice(-2000)}`)));
    });
    const started = new TestKeystone(folder, child, port);
    started.#admin = await started.token("admin", "admin's password", {
      project: { name: "admin", domain: { name: "Default" } },
    });
    return started;
  }

  /** A token of somebody's. */
  async token(name: string, password: string, scope?: object): Promise<string> {
    const user = { name, password, domain: { name: "Default" } };
    const identity = { methods: ["password"], password: { user } };
    const response = await fetch(`${this.url}/auth/tokens`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ auth: { identity, ...(scope === undefined ? {} : { scope }) } }),
    });
    return response.headers.get("x-subject-token") ?? "";
  }

  /** Whether a token is good. */
  async isGood(token: string): Promise<boolean> {
    const headers = { "x-auth-token": this.#admin, "x-subject-token": token };
    return (await fetch(`${this.url}/auth/tokens`, { headers })).status === 200;
  }

  /** Asks as the administrator of Keystone. */
  async ask(method: string, path: string, body?: object): Promise<Readonly<Record<string, { id: string }>>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { "x-auth-token": this.#admin, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return text === "" ? {} : JSON.parse(text);
  }

  /** Makes a project, or a user. @returns its id */
  async make(what: "project" | "user" | "role", values: object): Promise<string> {
    return (await this.ask("POST", `/${what}s`, { [what]: values }))[what]?.id ?? "";
  }

  /** What it has written down of its requests. */
  log(): Promise<string> {
    return readFile(join(this.#folder, "keystone.log"), "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#process, "exit");
    this.#process.stdin?.end();
    await gone;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
