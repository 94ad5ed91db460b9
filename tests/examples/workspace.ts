import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";

const root = join(import.meta.dirname, "../..");

export type Outcome = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/**
 * A folder of its own for somebody who works with netwright: labs, logs and home are in it, so nothing
 * is shared with other tests or with the person who runs them. Leaving it takes down what still runs.
 */
export class Workspace implements AsyncDisposable {
  readonly folder: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(folder: string, environment: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#environment = environment;
  }

  /** @param example a folder of examples/ to copy into it */
  static async open(example?: string): Promise<Workspace> {
    // Short, since a socket's path must fit in 107 bytes.
    const base = await realpath(await mkdtemp(join(tmpdir(), "netwright-")));
    // Root's labs run under ids that own nothing and must get through to it.
    await chmod(base, 0o755);
    const folder = join(base, example ?? "work");
    await mkdir(folder);
    if (example !== undefined) await cp(join(root, "examples", example), folder, { recursive: true });
    await mkdir(join(base, "bin"));
    await symlink(join(root, "bin/netwright"), join(base, "bin/netwright"));
    const { PATH = "", NODE_COMPILE_CACHE = "" } = process.env;
    return new Workspace(folder, {
      NODE_COMPILE_CACHE,
      HOME: base,
      PATH: `${join(base, "bin")}:${PATH}`,
      LANG: "C.UTF-8",
      NETWRIGHT_RUNTIME_DIR: join(base, "run"),
      NETWRIGHT_STATE_DIR: join(base, "state"),
    });
  }

  /** Runs a line of a document as a person would type it. */
  async shell(line: string): Promise<Outcome> {
    const child = spawn("sh", ["-c", line], {
      cwd: this.folder,
      env: this.#environment,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    return { exitCode: typeof exitCode === "number" ? exitCode : 128, stdout, stderr };
  }

  /** The same, which must succeed. Returns what it printed. */
  async ok(line: string): Promise<string> {
    const outcome = await this.shell(line);
    if (outcome.exitCode !== 0) throw new Error(describe(line, outcome));
    return outcome.stdout;
  }

  /** Again and again until it succeeds: for what a network needs a moment for. */
  async eventually(line: string, withinMs = 30_000): Promise<string> {
    for (const deadline = Date.now() + withinMs; ; ) {
      const outcome = await this.shell(line);
      if (outcome.exitCode === 0) return outcome.stdout;
      if (Date.now() > deadline) throw new Error(`${withinMs / 1000} s long: ${describe(line, outcome)}`);
    }
  }

  /** The folder that logs and captures of its labs are in. */
  get state(): string {
    return join(dirname(this.folder), "state");
  }

  /** Names of labs that are on disk as running. */
  async running(): Promise<readonly string[]> {
    return readdir(join(dirname(this.folder), "run")).catch(() => []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shell("netwright down --all --quiet");
    await rm(dirname(this.folder), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

export const describe = (line: string, { exitCode, stdout, stderr }: Outcome): string =>
  [`$ ${line}`, stdout.trimEnd(), stderr.trimEnd(), `exit code ${exitCode}`].filter((part) => part !== "").join("\n");
