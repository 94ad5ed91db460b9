import type { CopyResult } from "../api/files.ts";
import type { NodeAction, NodeDetail } from "../api/resources.ts";
import type { CopyOptions } from "../client/files.ts";
import type { LabClient } from "../client/lab.ts";
import { type CommandOptions, type CommandResult, RunningCommand } from "./command.ts";
import { type ConsoleOptions, TestConsole } from "./console/index.ts";
import type { StepLog } from "./steps.ts";
import {
  type HttpOptions,
  type HttpResult,
  httpArguments,
  type Iperf3Options,
  type Iperf3Result,
  iperf3Arguments,
  type PingOptions,
  type PingResult,
  pingArguments,
  readHttp,
  readIperf3,
  readPing,
} from "./tools.ts";

export type ExecOptions = CommandOptions & {
  /** Any exit code will do; otherwise another one than 0 is an error. */
  readonly anyExitCode?: boolean;
};

const commandMs = 60_000;
const serverMs = 10_000;

/** A machine of a test's lab. */
export class TestNode {
  readonly name: string;
  readonly #client: LabClient;
  readonly #log: StepLog;

  constructor(name: string, client: LabClient, log: StepLog) {
    this.name = name;
    this.#client = client;
    this.#log = log;
  }

  /**
   * Runs a command to its end: an argument array, without a shell.
   *
   * @throws CommandError for another exit code than 0, and after `timeoutMs` (one minute when absent)
   */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<CommandResult> {
    const { timeoutMs = commandMs, anyExitCode = false } = options;
    const running = await this.spawn(argv, { input: "", ...options });
    return anyExitCode ? running.result({ timeoutMs }) : running.success({ timeoutMs });
  }

  /** Runs a line of sh(1) to its end, and returns what it printed to standard output. */
  async sh(line: string, options: ExecOptions = {}): Promise<string> {
    return (await this.exec(["sh", "-c", line], options)).stdout;
  }

  /** Starts a command that goes on beside the test; it ends with the lab at the latest. */
  async spawn(argv: readonly string[], options: CommandOptions = {}): Promise<RunningCommand> {
    const { environment, directory, user } = options;
    this.#log.debug(`${this.name}: ${argv.join(" ")}`);
    const session = await this.#client.exec(this.name, {
      argv: [...argv],
      ...(environment === undefined ? {} : { environment: { ...environment } }),
      ...(directory === undefined ? {} : { directory }),
      ...(user === undefined ? {} : { user }),
    });
    return new RunningCommand(this.name, argv, session, options, this.#log);
  }

  /**
   * The console of the node, from its power-on (up to 1 MiB back): the serial one of a virtual machine, a
   * terminal with a login shell of any other. Any number may be open; each goes on through resets and
   * power-offs.
   *
   * @throws CONSOLE_MISSING
   */
  async console(options: Pick<ConsoleOptions, "timeout"> = {}): Promise<TestConsole> {
    this.#log.debug(`${this.name}: console`);
    const stream = await this.#client.console(this.name, { history: 1 << 20 });
    let isOff = false;
    stream.onState((state) => {
      isOff = state === "off";
    });
    return new TestConsole(this.name, stream, { ...options, isOff: () => isOff }, (text) => this.#log.debug(text));
  }

  /** The text of a file, as the node sees it. */
  async readFile(path: string): Promise<string> {
    return (await this.exec(["cat", "--", path])).stdout;
  }

  /** Writes a file, and the folders it is in. */
  async writeFile(path: string, content: string | Uint8Array, { mode = 0o644 } = {}): Promise<void> {
    const line = 'mkdir -p -- "$(dirname -- "$1")" && cat > "$1" && chmod "$2" -- "$1"';
    await this.exec(["sh", "-c", line, "sh", path, mode.toString(8)], { input: content });
  }

  /**
   * Copies a file or a folder of this machine to the node, where cp(1) would put it: into a folder that is
   * there, else under the name given. `/.` at the end of `from`: what is in the folder.
   *
   * @param from relative to the working directory
   */
  async copyTo(from: string, to: string, options: CopyOptions = {}): Promise<CopyResult> {
    return this.#log.step(`${this.name}: copy ${from} to ${to}`, () =>
      this.#client.copyTo(from, this.name, to, options),
    );
  }

  /** Copies a file or a folder of the node to this machine, as `copyTo`. */
  async copyFrom(from: string, to: string, options: CopyOptions = {}): Promise<CopyResult> {
    return this.#log.step(`${this.name}: copy ${from} here, to ${to}`, () =>
      this.#client.copyFrom(this.name, from, to, options),
    );
  }

  /** Pings a node by name, or an address; numbers in milliseconds. Losing all of it is no error. */
  async ping(target: string, options: PingOptions = {}): Promise<PingResult> {
    const { count = 3, intervalMs = 200, timeoutMs = 2000 } = options;
    const argv = pingArguments(target, options);
    const { stdout, stderr } = await this.exec(argv, {
      anyExitCode: true,
      timeoutMs: count * intervalMs + timeoutMs + 30_000,
    });
    return readPing(stdout, stderr, argv);
  }

  /** Measures what gets through to another node, with iperf3(1) on both. */
  async iperf3(server: TestNode, address: string, options: Iperf3Options = {}): Promise<Iperf3Result> {
    const { port = 5201, seconds = 2 } = options;
    await using listening = await server.spawn([
      "iperf3",
      "--server",
      "--one-off",
      "--port",
      String(port),
      "--forceflush",
    ]);
    await listening.waitForOutput("Server listening", { timeoutMs: serverMs });
    const { stdout } = await this.exec(iperf3Arguments(address, { ...options, port, seconds }), {
      anyExitCode: true,
      timeoutMs: seconds * 1000 + commandMs,
    });
    return readIperf3(stdout);
  }

  /** Asks a web server, with curl(1); a status of 400 and more is no error, no answer is. */
  async http(url: string, options: HttpOptions = {}): Promise<HttpResult> {
    const { body } = options;
    const argv = httpArguments(url, options);
    const { stdout } = await this.exec(argv, body === undefined ? {} : { input: body });
    return readHttp(stdout);
  }

  /** Takes its power away and gives it back, kills, pauses or resumes it. */
  async power(action: NodeAction): Promise<void> {
    await this.#log.step(`${this.name}: ${action}`, () => this.#client.actOnNode(this.name, action));
  }

  /** The node with the kernel's own view of it. */
  inspect(): Promise<NodeDetail> {
    return this.#client.node(this.name);
  }
}
