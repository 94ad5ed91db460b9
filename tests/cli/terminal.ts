import { spawn } from "@lydell/node-pty";
import { expect } from "vitest";
import type { Netwright } from "./netwright.ts";

/** A command line on a terminal of its own, as a person has it. */
export class Terminal {
  shown = "";
  readonly exited: Promise<number>;
  readonly #pty;

  constructor(netwright: Netwright, argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const [program, ...first] = netwright.program;
    this.#pty = spawn(program, [...first, ...argv], {
      name: "xterm-256color",
      cols: 100,
      rows: 30,
      cwd: netwright.folder,
      env: { ...netwright.environment, TERM: "xterm-256color", ...environment },
    });
    this.#pty.onData((data) => {
      this.shown += data;
    });
    this.exited = new Promise((resolve) => this.#pty.onExit(({ exitCode }) => resolve(exitCode)));
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.#pty.resize(columns, rows);
  }

  async shows(text: string | RegExp): Promise<void> {
    await expect.poll(() => this.shown).toMatch(text);
  }
}
