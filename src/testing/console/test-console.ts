import type { Duplex } from "node:stream";
import { type ConsoleOptions, SerialConsole, type Waiting } from "./console.ts";
import { ConsoleShell, type Login, type RunResult } from "./shell.ts";

/** Of a command or a pattern in a log of steps. */
const longestNote = 200;

/**
 * A console with all that a test does on one: expect and send, and where there is a POSIX shell, log in and
 * run commands. One command at a time: calls of the latter wait for one another.
 */
export class TestConsole extends SerialConsole {
  readonly #shell: ConsoleShell;
  readonly #note: (text: string) => void;

  /**
   * @param name of the node
   * @param stream bytes of the console, both ways
   * @param note is told what is done
   */
  constructor(name: string, stream: Duplex, options: ConsoleOptions = {}, note: (text: string) => void = () => {}) {
    super(name, stream, options);
    this.#shell = new ConsoleShell(this);
    this.#note = note;
  }

  /**
   * Logs in, from wherever the machine is: still booting, at its login prompt, or logged in before.
   *
   * @throws CONSOLE_LOGIN_REFUSED, CONSOLE_TIMED_OUT
   */
  login(how: Login): Promise<void> {
    return this.#noted(`log in as ${how.user}`, () => this.#shell.login(how));
  }

  /** Runs a command to its end. It may be of several lines, and change the shell's folder and variables. */
  run(command: string, waiting: Waiting = {}): Promise<RunResult> {
    return this.#noted(
      `run ${command}`,
      () => this.#shell.run(command, waiting),
      ({ exitCode }) => `exit code ${exitCode}`,
    );
  }

  /** Runs a command that must succeed, and returns its output. @throws CONSOLE_COMMAND_FAILED */
  check(command: string, waiting: Waiting = {}): Promise<string> {
    return this.#noted(`check ${command}`, () => this.#shell.check(command, waiting));
  }

  /** Writes a file. @param options.mode permissions in octal digits */
  uploadText(path: string, text: string, options: Waiting & { readonly mode?: string } = {}): Promise<void> {
    return this.#noted(`upload ${path}`, () => this.#shell.uploadText(path, text, options));
  }

  /** Runs a script by a shell of its own. */
  runScript(text: string, options: Waiting & { readonly interpreter?: string } = {}): Promise<RunResult> {
    return this.#noted(
      `run the script ${text}`,
      () => this.#shell.runScript(text, options),
      ({ exitCode }) => `exit code ${exitCode}`,
    );
  }

  /** What is waited for when a test is over is what it hung at: noted before and after. */
  async #noted<Value>(what: string, work: () => Promise<Value>, end: (value: Value) => string = () => "done") {
    const line = what.trim().replaceAll(/\s*\n\s*/g, "; ");
    const title = `${this.name}, console: ${line.length > longestNote ? `${line.slice(0, longestNote)}…` : line}`;
    this.#note(`${title}...`);
    try {
      const value = await work();
      this.#note(`${title}... ${end(value)}`);
      return value;
    } catch (error) {
      this.#note(`${title}... failed`);
      throw error;
    }
  }
}
