import type { Command } from "commander";
import type { Context } from "./context.ts";
import type { Output, OutputOptions } from "./output.ts";

/** One call of a command: where it is, what it may print to, and its options. */
export type Session<Options> = {
  readonly context: Context;
  readonly output: Output;
  readonly options: Options & OutputOptions;
};

/** What a command does. It returns the exit code; nothing is 0. */
export type Action<Options> = (
  session: Session<Options>,
  ...operands: readonly string[]
) => Promise<number | undefined>;

/** Makes a commander handler of an action. */
export type Bind = <Options>(action: Action<Options>) => (...received: unknown[]) => Promise<void>;

/**
 * Adds a command to the program: its definition at once, what it does when it is called. Definitions
 * import nothing heavy, since every call of netwright makes them all.
 */
export type CommandDefinition = (program: Command, bind: Bind) => void;
