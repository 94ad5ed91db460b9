import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { labFiles } from "../src/api/locations.ts";
import type { Context } from "./case.ts";
import { as, settle } from "./sandbox.ts";

const run = promisify(execFile);

/** The package as `make build` makes it. */
const program = join(import.meta.dirname, "..", "dist", "cli", "main.js");

export type Timed = { readonly seconds: number; readonly stdout: string };

/** The built command, in a folder of its own with a lab file, run as the ordinary user. */
export class Netwright implements AsyncDisposable {
  readonly #context: Context;
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(context: Context, folder: string, environment: Readonly<Record<string, string>>) {
    this.#context = context;
    this.#environment = environment;
    this.#folder = folder;
  }

  /** @param environment beside that of the ordinary user */
  static async with(
    context: Context,
    labFile: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Netwright> {
    const folder = await mkdtemp(join(tmpdir(), "netwright-bench-"));
    const { uid, gid } = context.user;
    if (context.isRoot) await chown(folder, uid, gid);
    await writeFile(join(folder, "lab.yaml"), labFile);
    return new Netwright(context, folder, environment);
  }

  /** Runs the command to its end; wall time of the whole process. @throws when it fails */
  async run(...argv: readonly string[]): Promise<Timed> {
    return timed(process.execPath, [program, ...argv], this.#options);
  }

  /** Any other program, as the same user. */
  async other(file: string, ...argv: readonly string[]): Promise<Timed> {
    return timed(file, argv, this.#options);
  }

  /** After the kernel has freed what ran before. */
  async up(...argv: readonly string[]): Promise<Timed> {
    await settle(this.#context);
    return this.run("up", "--quiet", "--yes", ...argv);
  }

  /** Where the lab file is. */
  get folder(): string {
    return this.#folder;
  }

  /** Of the lab API of one of its labs. */
  socketOf(lab: string): string {
    return labFiles(join(this.#folder, "run"), lab).socket;
  }

  async supervisorPid(): Promise<number> {
    const { stdout } = await this.run("ps", "--json");
    return (JSON.parse(stdout) as { lab: { supervisorPid: number } }).lab.supervisorPid;
  }

  async supervisorMegabytes(): Promise<number> {
    const status = readFileSync(`/proc/${await this.supervisorPid()}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run("down", "--all").catch(() => undefined);
    // Layers belong to ids of labs: only Netwright can remove them for an ordinary user.
    if (existsSync(join(this.#folder, "cache"))) await this.run("image", "prune", "--all").catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #options() {
    const user = as(this.#context.user, this.#context.isRoot);
    const places = {
      NETWRIGHT_RUNTIME_DIR: join(this.#folder, "run"),
      NETWRIGHT_STATE_DIR: join(this.#folder, "state"),
      NETWRIGHT_CACHE_DIR: join(this.#folder, "cache"),
    };
    return {
      ...user,
      env: { ...user.env, ...places, ...this.#environment },
      cwd: this.#folder,
      timeout: 300_000,
      maxBuffer: 1 << 28,
    };
  }
}

async function timed(file: string, argv: readonly string[], options: Parameters<typeof run>[2]): Promise<Timed> {
  const began = performance.now();
  const { stdout } = await run(file, [...argv], options);
  return { seconds: (performance.now() - began) / 1000, stdout: String(stdout) };
}
