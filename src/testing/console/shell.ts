import { randomBytes } from "node:crypto";
import { labError } from "../../topology/index.ts";
import type { SerialConsole, Waiting } from "./console.ts";
import { printfLines, shellWord } from "./shell-words.ts";

export type RunResult = {
  readonly exitCode: number;
  /** What the command wrote, standard output and error together, as it came over the console. */
  readonly output: string;
};

export type Login = Waiting & {
  readonly user: string;
  readonly password?: string;
  /** What the machine shows when it wants a name. */
  readonly loginPrompt?: RegExp;
  readonly passwordPrompt?: RegExp;
  /** What the machine shows when one is in, where that is no POSIX shell. */
  readonly prompt?: RegExp;
};

const loginPrompt = /(?:login|user ?name) ?: *$/i;
const passwordPrompt = /pass(?:word|code|phrase)(?: for [^:\n]+)? ?: *$/i;
const shellPrompt = /[#$%>] *$/;
const refusals =
  /login incorrect|authentication fail|access denied|permission denied|login failed|invalid (?:login|user)/i;
/** A prompt is the end of what is written; a prompt that appears in output is not. */
const promptSettleMs = 150;
/** After so much silence, Enter makes a machine show its prompt again. */
const nudgeMs = 3_000;
/** A line editor may hold no more (busybox: 1,024 characters); longer commands go by a file. */
const longestLine = 700;

/**
 * A POSIX shell on a serial console. It does not depend on the prompt, or on whether what is typed is
 * echoed: a command is put between two marks that the shell puts together, so that neither its echo,
 * wrapped or not, nor an output that looks like a prompt is taken for the end. One command at a time:
 * calls wait for one another.
 */
export class ConsoleShell {
  readonly #console: SerialConsole;
  #last: Promise<unknown> = Promise.resolve();

  constructor(console: SerialConsole) {
    this.#console = console;
  }

  /**
   * Logs in, from wherever the machine is: still booting, at its login prompt, or logged in before.
   *
   * @throws CONSOLE_LOGIN_REFUSED, CONSOLE_TIMED_OUT
   */
  login(how: Login): Promise<void> {
    return this.#inTurn(() => this.#login(how));
  }

  /** Runs a command to its end. It may be of several lines, and change the shell's folder and variables. */
  run(command: string, waiting: Waiting = {}): Promise<RunResult> {
    return this.#inTurn(() => this.#run(command, waiting));
  }

  /** Runs a command that must succeed, and returns its output. @throws CONSOLE_COMMAND_FAILED */
  async check(command: string, waiting: Waiting = {}): Promise<string> {
    const { exitCode, output } = await this.run(command, waiting);
    if (exitCode !== 0)
      throw labError("CONSOLE_COMMAND_FAILED", { node: this.#console.name, command, exitCode, output });
    return output;
  }

  /** Writes a file. @param mode permissions in octal digits */
  uploadText(path: string, text: string, options: Waiting & { readonly mode?: string } = {}): Promise<void> {
    return this.#inTurn(async () => {
      await this.#upload(path, text, options);
      if (options.mode !== undefined) await this.#run(`chmod ${shellWord(options.mode)} ${shellWord(path)}`, options);
    });
  }

  /** Runs a script by a shell of its own. */
  runScript(text: string, options: Waiting & { readonly interpreter?: string } = {}): Promise<RunResult> {
    const { interpreter = "sh" } = options;
    return this.#inTurn(async () => {
      const path = `/tmp/netwright-${mark()}`;
      await this.#upload(path, text, options);
      const result = await this.#run(`${interpreter} ${path}`, options);
      await this.#run(`rm -f ${path}`, options);
      return result;
    });
  }

  async #login(how: Login): Promise<void> {
    const { user, password, timeout = this.#console.timeout } = how;
    const deadline = Date.now() + timeout;
    const left = () => Math.max(1, deadline - Date.now());
    // What looks like a shell may be what a machine that has just been reset showed last.
    while ((await this.#untilPrompt(how, deadline)) === "shell") {
      this.#console.takeText();
      if (how.prompt !== undefined || (await this.#isShell(Math.min(left(), nudgeMs)))) return;
    }
    this.#console.takeText();
    await this.#console.sendLine(user);
    if (password !== undefined) {
      await this.#answerOrRefusal(how, how.passwordPrompt ?? passwordPrompt, left());
      this.#console.takeText();
      await this.#console.sendLine(password);
    }
    if (how.prompt !== undefined) await this.#answerOrRefusal(how, how.prompt, left());
    else await this.#untilShell(how, left);
  }

  /** Waits for a prompt at the end of the text, waking the machine when it is silent. */
  async #untilPrompt(how: Login, deadline: number): Promise<"login" | "shell"> {
    const [wanted, inside] = [how.loginPrompt ?? loginPrompt, how.prompt ?? shellPrompt];
    const what = `a login prompt (${wanted})`;
    const look = (text: string) => (wanted.test(text) ? "login" : inside.test(text) ? "shell" : undefined);
    const startedAt = Date.now();
    for (;;) {
      const leftMs = Math.max(1, deadline - Date.now());
      try {
        const at = await this.#console.waitFor(what, look, { timeout: Math.min(leftMs, nudgeMs) });
        if (await this.#console.quiet(promptSettleMs)) return at;
      } catch (error) {
        if (!isTimeout(error)) throw error;
        // The whole wait is what ran out, and not this part of it.
        if (Date.now() >= deadline)
          throw labError("CONSOLE_TIMED_OUT", {
            node: this.#console.name,
            waitedFor: what,
            afterMs: deadline - startedAt,
            screen: this.#console.screen,
            isOff: this.#console.isOff,
          });
        if (await this.#console.quiet(promptSettleMs)) await this.#console.sendLine();
      }
    }
  }

  async #answerOrRefusal(how: Login, prompt: RegExp, timeout: number): Promise<void> {
    const answer = await this.#console.waitFor(
      String(prompt),
      (text) => (refusals.test(text) ? "refused" : prompt.test(text) ? "prompt" : undefined),
      { timeout },
    );
    if (answer === "refused") throw this.#refused(how);
  }

  /** Asks whatever is there to prove that it is a shell, until it does: a shell that begins may lose what is typed. */
  async #untilShell(how: Login, left: () => number): Promise<void> {
    for (;;) {
      const word = await this.#askShell();
      const answer = await this.#console
        .waitFor(
          `a shell for ${how.user}`,
          (text) => (text.includes(`NWL${word}`) ? "shell" : refusals.test(text) ? "refused" : undefined),
          { timeout: Math.min(left(), nudgeMs) },
        )
        .catch((error: unknown) => {
          if (left() <= 1 || !isTimeout(error)) throw error;
          return "again" as const;
        });
      if (answer === "refused") throw this.#refused(how);
      if (answer === "again") continue;
      await this.#console.quiet(promptSettleMs);
      this.#console.takeText();
      return;
    }
  }

  /** Asks whatever is there to prove that it is a shell. @returns what a shell answers with, after NWL */
  async #askShell(): Promise<string> {
    const word = mark();
    // What is typed before the shell reads may be lost or shown twice.
    await this.#console.quiet(promptSettleMs);
    await this.#console.sendLine(`printf '%s%s\\n' NWL ${word}`);
    return word;
  }

  async #isShell(timeout: number): Promise<boolean> {
    const word = await this.#askShell();
    try {
      await this.#console.expect(`NWL${word}`, { timeout });
    } catch (error) {
      if (!isTimeout(error)) throw error;
      return false;
    }
    await this.#console.quiet(promptSettleMs);
    this.#console.takeText();
    return true;
  }

  #refused({ user }: Login): Error {
    return labError("CONSOLE_LOGIN_REFUSED", { node: this.#console.name, user, screen: this.#console.screen });
  }

  async #run(command: string, waiting: Waiting): Promise<RunResult> {
    const isTypable = command.length <= longestLine && /^[\x20-\x7e]*$/.test(command);
    if (isTypable) return this.#runLine(`command eval ${shellWord(command)}`, command, waiting);
    const path = `/tmp/netwright-${mark()}`;
    await this.#upload(path, `${command}\n`, waiting);
    const result = await this.#runLine(`command . ${path}`, command, waiting);
    await this.#runLine(`rm -f ${path}`, "rm", waiting);
    return result;
  }

  async #runLine(line: string, command: string, waiting: Waiting): Promise<RunResult> {
    // `command`: an error of a special built-in (eval, .) would otherwise end the line (POSIX, 2.8.1).
    const word = mark();
    const [begin, end] = [`NWB${word}`, `NWE${word}`];
    this.#console.takeText();
    // The marks are put together by printf, so that the line's echo does not hold them. The end is said
    // twice: a kernel message may fall into one.
    await this.#console.sendLine(
      `printf '%s%s\\n' NWB ${word}; ${line}; printf '\\n%s%s %d;\\n' NWE ${word} $? NWE ${word} $?`,
    );
    const what = `the end of "${command}"`;
    const status = new RegExp(`${end} (\\d+);`);
    const { before, match } = await this.#console.waitFor(
      what,
      (text) => {
        const at = text.indexOf(end);
        if (at === -1) return undefined;
        const found = status.exec(text.slice(at));
        return found === null ? undefined : { before: text.slice(0, at), match: found };
      },
      waiting,
    );
    await this.#console.expect(status, waiting);
    const from = before.indexOf(`${begin}\n`);
    const output = from === -1 ? before : before.slice(from + begin.length + 1);
    return { exitCode: Number(match[1]), output: output.replace(/\n$/, "") };
  }

  /**
   * By lines that the guest's shell reads and prints into the file, each acknowledged: a terminal in line
   * mode takes 4,095 characters (termios(3)), and drops what comes while it is full.
   */
  async #upload(path: string, text: string, waiting: Waiting): Promise<void> {
    const word = mark();
    const [ready, taken, end] = [`NWR${word}`, `NWT${word}`, `NWE${word}`];
    const target = shellWord(path);
    this.#console.takeText();
    // In one line of the editor; the echo is off before the lines come.
    await this.#console.sendLine(
      `stty -echo; true >${target} && { printf '%s%s\\n' NWR ${word}; s=0; while IFS= read -r l && [ "$l" != . ]; do printf '%b' "$l" >>${target} || { s=1; break; }; printf '%s%s\\n' NWT ${word}; done; (exit $s); }; printf '%s%s %d;\\n' NWE ${word} $?; stty echo`,
    );
    const isOver = new RegExp(`${end} (\\d+);`);
    const answer = await this.#console.expect([ready, isOver], waiting);
    if (answer.index === 1) throw this.#uploadFailed(path, answer.match[1], answer.before);
    for (const line of printfLines(text)) {
      await this.#console.sendLine(line);
      const { index, match, before } = await this.#console.expect([taken, isOver], waiting);
      if (index === 1) throw this.#uploadFailed(path, match[1], before);
    }
    await this.#console.sendLine(".");
    const { match, before } = await this.#console.expect(isOver, waiting);
    if (match[1] !== "0") throw this.#uploadFailed(path, match[1], before);
  }

  #uploadFailed(path: string, exitCode: string | undefined, output: string): Error {
    return labError("CONSOLE_COMMAND_FAILED", {
      node: this.#console.name,
      command: `write ${path}`,
      exitCode: Number(exitCode ?? 1),
      output: output.trim(),
    });
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** A word that stands in no output by chance. */
const mark = (): string => randomBytes(6).toString("hex");

const isTimeout = (error: unknown): boolean => (error as { code?: string }).code === "CONSOLE_TIMED_OUT";
