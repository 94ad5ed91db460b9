import type { Duplex } from "node:stream";
import { type ConsoleOptions, SerialConsole, type Waiting } from "./console.ts";
import { ConsoleShell, type Login, type RunResult } from "./shell.ts";

/**
 * A serial console with all that a test does on one: expect and send, and where there is a POSIX shell,
 * log in and run commands. One command at a time: calls of the latter wait for one another.
 */
export class TestConsole extends SerialConsole {
  readonly #shell: ConsoleShell;

  /**
   * @param name of the node
   * @param stream bytes of the console, both ways
   */
  constructor(name: string, stream: Duplex, options: ConsoleOptions = {}) {
    super(name, stream, options);
    this.#shell = new ConsoleShell(this);
  }

  /**
   * Logs in, from wherever the machine is: still booting, at its login prompt, or logged in before.
   *
   * @throws CONSOLE_LOGIN_REFUSED, CONSOLE_TIMED_OUT
   */
  login(how: Login): Promise<void> {
    return this.#shell.login(how);
  }

  /** Runs a command to its end. It may be of several lines, and change the shell's folder and variables. */
  run(command: string, waiting: Waiting = {}): Promise<RunResult> {
    return this.#shell.run(command, waiting);
  }

  /** Runs a command that must succeed, and returns its output. @throws CONSOLE_COMMAND_FAILED */
  check(command: string, waiting: Waiting = {}): Promise<string> {
    return this.#shell.check(command, waiting);
  }

  /** Writes a file. @param options.mode permissions in octal digits */
  uploadText(path: string, text: string, options: Waiting & { readonly mode?: string } = {}): Promise<void> {
    return this.#shell.uploadText(path, text, options);
  }

  /** Runs a script by a shell of its own. */
  runScript(text: string, options: Waiting & { readonly interpreter?: string } = {}): Promise<RunResult> {
    return this.#shell.runScript(text, options);
  }
}
