import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { openFolder } from "../lab/running-lab.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export type Called = {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Buffer;
};
export type CallOptions = {
  readonly input?: string | Buffer;
  readonly environment?: Readonly<Record<string, string>>;
  /** Below the folder; the folder itself when absent. */
  readonly directory?: string;
};

/** The command line, with folders of its own for labs and their files; what runs in it ends with it. */
export class Netwright implements AsyncDisposable {
  readonly folder: string;
  readonly runtime: string;
  readonly state: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.runtime = join(folder, "run");
    this.state = join(folder, "state");
  }

  static async open(files: Readonly<Record<string, string>> = {}): Promise<Netwright> {
    const netwright = new Netwright(await openFolder("cli"));
    netwright.write(files);
    return netwright;
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = join(this.folder, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  /** The environment of its calls: nothing of the tests' own but where programs are, and what Node has made of them. */
  get environment(): Record<string, string> {
    const { PATH = "", NODE_COMPILE_CACHE = "" } = process.env;
    return {
      PATH,
      NODE_COMPILE_CACHE,
      HOME: this.folder,
      NETWRIGHT_RUNTIME_DIR: this.runtime,
      NETWRIGHT_STATE_DIR: this.state,
    };
  }

  /** The program and the first arguments that call it. */
  get program(): readonly [string, ...string[]] {
    return [process.execPath, "--disable-warning=ExperimentalWarning", main];
  }

  spawn(argv: readonly string[], options: CallOptions = {}): ChildProcess {
    const [program, ...first] = this.program;
    return spawn(program, [...first, ...argv], {
      cwd: join(this.folder, options.directory ?? "."),
      env: { ...this.environment, ...options.environment },
      stdio: ["pipe", "pipe", "pipe"],
    });
  }

  async call(argv: readonly string[], options: CallOptions = {}): Promise<Called> {
    return finished(this.spawn(argv, options), options.input);
  }

  /** Standard output of a call that must succeed. */
  async ok(...argv: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.call(argv);
    if (exitCode !== 0) throw new Error(`netwright ${argv.join(" ")}: exit code ${exitCode}\n${stdout}${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.call(["down", "--all", "--timeout", "5"]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

export async function finished(child: ChildProcess, input: string | Buffer = ""): Promise<Called> {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new TypeError("its streams must be pipes");
  stdin.on("error", () => {});
  stdin.end(input);
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [bytes, errors, exitCode] = await Promise.all([buffer(stdout), buffer(stderr), exit]);
  return { exitCode, bytes, stdout: bytes.toString(), stderr: errors.toString() };
}

/** Two hosts on one link, h1 with 10.0.0.1 and h2 with 10.0.0.2. */
export const twoHosts = `name: two
nodes: {h1: {}, h2: {}}
links:
  - {endpoints: [h1, h2], subnet: 10.0.0.0/24}
`;
