import type { Readable } from "node:stream";
import type { ExecSession } from "../client/exec.ts";
import type { StepLog } from "./steps.ts";

export type CommandOptions = {
  /** Sent to its standard input, which then ends. */
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly user?: string;
  /** After which it is killed, in milliseconds. */
  readonly timeoutMs?: number;
};

/** How a command ended. 128 + the signal's number when a signal ended it. */
export type CommandResult = {
  readonly argv: readonly string[];
  readonly exitCode: number;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
};

/** A command in a node ended with another exit code than 0, or took too long. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly result: CommandResult;

  constructor(message: string, result: CommandResult) {
    super(message);
    this.result = result;
  }
}

/** How much of a stream a message shows. */
const shownLines = 20;

/** A program that runs in a node of a test's lab, until it ends, is killed, or the lab goes down. */
export class RunningCommand implements AsyncDisposable {
  readonly node: string;
  readonly argv: readonly string[];
  readonly #session: ExecSession;
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #exited: Promise<CommandResult>;

  constructor(node: string, argv: readonly string[], session: ExecSession, options: CommandOptions, log: StepLog) {
    this.node = node;
    this.argv = argv;
    this.#session = session;
    this.#stdout = new Output(session.stdout);
    this.#stderr = new Output(session.stderr);
    if (options.input !== undefined) session.stdin.end(options.input);
    this.#exited = session.exit.then(async ({ exitCode, signal }) => {
      await Promise.all([this.#stdout.ended, this.#stderr.ended]);
      const result = { argv, exitCode, stdout: this.stdout, stderr: this.stderr };
      log.debug(`${node}: ${argv.join(" ")}: exit code ${exitCode}`);
      return signal === undefined ? result : { ...result, signal };
    });
    this.#exited.catch(() => undefined);
  }

  /** What it has printed so far. */
  get stdout(): string {
    return this.#stdout.text;
  }

  get stderr(): string {
    return this.#stderr.text;
  }

  /** Writes to its standard input, which stays open. */
  write(data: string | Uint8Array): void {
    this.#session.stdin.write(data);
  }

  /** Ends its standard input. */
  end(): void {
    this.#session.stdin.end();
  }

  kill(signal: NodeJS.Signals = "SIGTERM"): void {
    this.#session.signal(signal);
  }

  /**
   * Waits until its output has what is looked for.
   *
   * @returns the match
   * @throws CommandError when the time is over, or it ended before
   */
  async waitForOutput(pattern: string | RegExp, { timeoutMs = 30_000 } = {}): Promise<RegExpMatchArray> {
    const expression = typeof pattern === "string" ? new RegExp(RegExp.escape(pattern)) : pattern;
    const deadline = performance.now() + timeoutMs;
    let isOver = false;
    void this.#exited.then(
      () => {
        isOver = true;
      },
      () => {
        isOver = true;
      },
    );
    for (;;) {
      const match = expression.exec(this.stdout) ?? expression.exec(this.stderr);
      if (match !== null) return match;
      const left = deadline - performance.now();
      const what = `${this.argv.join(" ")} on ${this.node} did not print ${expression}`;
      if (isOver) throw this.#error(`${what} before it ended`, await this.#exited);
      if (left <= 0) throw this.#error(`${what} within ${timeoutMs} ms`, this.#soFar);
      await Promise.race([this.#stdout.more(left), this.#stderr.more(left), this.#exited.catch(() => undefined)]);
    }
  }

  /**
   * Waits for its end.
   *
   * @throws CommandError when it takes longer; it is killed then
   */
  async result({ timeoutMs = 60_000 }: { readonly timeoutMs?: number } = {}): Promise<CommandResult> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    try {
      const result = await Promise.race([this.#exited, late]);
      if (result !== undefined) return result;
      this.kill("SIGKILL");
      throw this.#error(`${this.argv.join(" ")} on ${this.node} did not end within ${timeoutMs} ms`, this.#soFar);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The same, and its exit code must be 0. @throws CommandError */
  async success(options: { readonly timeoutMs?: number } = {}): Promise<CommandResult> {
    const result = await this.result(options);
    if (result.exitCode === 0) return result;
    throw this.#error(`${this.argv.join(" ")} on ${this.node} ended with exit code ${result.exitCode}`, result);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.#exited.catch(() => undefined);
  }

  get #soFar(): CommandResult {
    return { argv: this.argv, exitCode: -1, stdout: this.stdout, stderr: this.stderr };
  }

  #error(message: string, result: CommandResult): CommandError {
    const shown = (["stdout", "stderr"] as const).flatMap((name) => {
      const lines = result[name].trimEnd().split("\n");
      return result[name].trim() === "" ? [] : [`${name}:`, ...lines.slice(-shownLines).map((line) => `  ${line}`)];
    });
    return new CommandError([`${message}.`, ...shown].join("\n"), result);
  }
}

/** Collects a stream as text. */
class Output {
  readonly ended: Promise<void>;
  #text = "";
  #wake: (() => void) | undefined;

  constructor(stream: Readable) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      this.#text += text;
      this.#wake?.();
    });
    this.ended = new Promise((resolve) => {
      stream.once("close", resolve);
      stream.once("end", resolve);
    });
  }

  get text(): string {
    return this.#text;
  }

  /** Resolves when more has come, or after `timeoutMs`. */
  more(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      const before = this.#wake;
      this.#wake = () => {
        clearTimeout(timer);
        before?.();
        resolve();
      };
    });
  }
}
