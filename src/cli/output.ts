import type { Context } from "./context.ts";
import { type Paint, paintFor } from "./style.ts";

export type OutputOptions = {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
};

/** Where a command prints: results on standard output, everything about them on standard error. */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** For standard output. */
  readonly paint: Paint;
  /** For standard error. */
  readonly notePaint: Paint;
  readonly #context: Context;

  constructor(context: Context, options: OutputOptions) {
    this.json = options.json ?? false;
    this.quiet = options.quiet ?? false;
    this.verbose = options.verbose ?? false;
    this.paint = paintFor(context.stdout, context.environment, options.color);
    this.notePaint = paintFor(context.stderr, context.environment, options.color);
    this.#context = context;
  }

  /** Prints a result, a line each. Many lines come joined: a call takes only so many arguments. */
  print(...lines: readonly string[]): void {
    if (lines.length > 0) this.#context.stdout.write(`${lines.join("\n")}\n`);
  }

  /** Prints a result as a JSON document for programs. */
  printJson(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }

  /** Prints one JSON document of many, a line each. */
  printJsonLine(value: unknown): void {
    this.print(JSON.stringify(value));
  }

  /** Says what happened, beside the result. Not with `--quiet` or `--json`. */
  note(...lines: readonly string[]): void {
    if (!this.quiet && !this.json && lines.length > 0) this.#context.stderr.write(`${lines.join("\n")}\n`);
  }

  /** Says something that must be seen whatever the options. */
  complain(...lines: readonly string[]): void {
    if (lines.length > 0) this.#context.stderr.write(`${lines.join("\n")}\n`);
  }
}
