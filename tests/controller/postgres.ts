import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "./test-server.ts";

const run = promisify(execFile);
/** Where Debian has them (postgresql-common). */
const versions = "/usr/lib/postgresql";

/** PostgreSQL of a test's own: on a unix socket, in a folder that goes with it. */
export class TestPostgres implements AsyncDisposable {
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #databases = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Why it cannot run; undefined where it can. */
  static unavailable(): string | undefined {
    if (process.getuid?.() === 0) return "PostgreSQL refuses to run as root";
    return binaries() === undefined ? "PostgreSQL is not installed" : undefined;
  }

  static async start(): Promise<TestPostgres> {
    const folder = await mkdtemp(join(tmpdir(), "nw-pg-"));
    const started = new TestPostgres(folder);
    const how = ["-U", "test", "-A", "trust", "--no-sync", "-E", "UTF8"];
    await run(join(binaries() ?? "", "initdb"), ["-D", started.#data, ...how]);
    await started.run();
    return started;
  }

  get #data(): string {
    return join(this.#folder, "data");
  }

  /** After a stop, again. */
  async run(): Promise<void> {
    const bin = binaries() ?? "";
    const settings = ["listen_addresses=", "fsync=off", `unix_socket_directories=${this.#folder}`];
    this.#process = spawn(join(bin, "postgres"), ["-D", this.#data, ...settings.flatMap((one) => ["-c", one])], {
      stdio: "ignore",
    });
    await until(
      () =>
        run(join(bin, "pg_isready"), ["-h", this.#folder]).then(
          () => true,
          () => false,
        ),
      Boolean,
    );
  }

  /** Ends it, and every connection with it. */
  async stop(): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    this.#process = undefined;
    const gone = once(running, "exit");
    running.kill("SIGINT");
    await gone;
  }

  /** Makes another database. @returns its address */
  async database(): Promise<string> {
    const name = `test_${++this.#databases}`;
    await run(join(binaries() ?? "", "createdb"), ["-h", this.#folder, "-U", "test", name]);
    return `postgres://test@localhost/${name}?host=${encodeURIComponent(this.#folder)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function binaries(): string | undefined {
  if (!existsSync(versions)) return undefined;
  const [newest] = readdirSync(versions).toSorted((a, b) => Number(b) - Number(a));
  const bin = `${versions}/${newest}/bin`;
  return existsSync(`${bin}/postgres`) ? bin : undefined;
}
