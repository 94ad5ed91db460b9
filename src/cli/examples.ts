import type { Command } from "commander";

/** What to achieve, and the command lines that do it. */
export type Examples = Readonly<Record<string, readonly string[]>>;

/** Examples of commands, for their help and for the reference. */
const examplesOf = new WeakMap<Command, Examples>();

/** Gives a command examples, which its help ends with. */
export function withExamples(command: Command, examples: Examples): Command {
  examplesOf.set(command, examples);
  const lines = Object.entries(examples).flatMap(([purpose, calls]) => [
    `  ${purpose}:`,
    ...calls.map((call) => `    $ ${call}`),
    "",
  ]);
  return command.addHelpText("after", ["", "Examples:", ...lines.slice(0, -1)].join("\n"));
}

/** The examples of a command, for the generator of the reference. */
export const commandExamples = (command: Command): Examples => examplesOf.get(command) ?? {};
