import { type Command, CommanderError } from "commander";
import { findInstallation } from "../client/installation.ts";
import type { Action, Session } from "./command.ts";
import { type Context, contextOf } from "./context.ts";
import { failureOf } from "./failure.ts";
import { Output, type OutputOptions } from "./output.ts";
import { buildProgram } from "./program.ts";
import { type Paint, paintFor } from "./style.ts";

/** A usage error, as commander finds it: exit code 2, as for every bad input. */
const usageExitCode = 2;

/**
 * Runs a command line.
 *
 * @param argv without the interpreter and the program
 * @returns the exit code
 */
export async function run(process: NodeJS.Process, argv: readonly string[]): Promise<number> {
  const at = argv.indexOf("--");
  const context = contextOf(process, at < 0 ? undefined : argv.slice(at + 1));
  quietOnClosedPipe(process);
  let exitCode = 0;
  const program = buildProgram(async (action, received) => {
    exitCode = await perform(context, action, received);
  }, argv[0]);
  prepare(program, context);
  try {
    await program.parseAsync([...(at < 0 ? argv : argv.slice(0, at))], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : usageExitCode;
  }
}

/** Calls one action, and turns what it throws into a message and an exit code. */
async function perform(context: Context, action: Action<object>, received: readonly unknown[]): Promise<number> {
  const command = received.at(-1) as Command;
  const options = command.opts<object & OutputOptions>();
  const output = new Output(context, options);
  const session: Session<object> = { context, output, options };
  try {
    return (await action(session, ...command.args)) ?? 0;
  } catch (error) {
    const failure = failureOf(error, { paint: output.notePaint, verbose: output.verbose });
    if (output.json) output.printJson({ errors: failure.reports });
    else output.complain(...failure.lines);
    return failure.exitCode;
  }
}

function prepare(program: Command, context: Context): void {
  program.on("option:version", () => {
    context.stdout.write(`${findInstallation(import.meta.url).version}\n`);
    throw new CommanderError(0, "commander.version", "");
  });
  const paint = paintFor(context.stdout, context.environment, undefined);
  const paintError = paintFor(context.stderr, context.environment, undefined);
  const prepareOne = (command: Command, path: string) => {
    command.exitOverride();
    command.showHelpAfterError(`How it is called: ${path} --help`);
    command.configureOutput({ outputError: (text, write) => write(asOurs(text, paintError)) });
    command.configureHelp({
      sortOptions: false,
      styleTitle: (text) => paint("bold", text),
      styleCommandText: (text) => paint("cyan", text),
      styleSubcommandText: (text) => paint("cyan", text),
      styleOptionText: (text) => paint("green", text),
    });
    for (const sub of command.commands) prepareOne(sub, `${path} ${sub.name()}`);
  };
  prepareOne(program, "netwright");
}

/** Commander's `error: unknown option '--jsn'\n(Did you mean --json?)` as our own errors read. */
const asOurs = (text: string, paint: Paint): string =>
  text
    .replace(/^error: (.)(.*[^.\n])\.?\n/, (_, first: string, rest: string) => {
      return `${paint("red", "Error:")} ${first.toUpperCase()}${rest}.\n`;
    })
    .replace(/^\((Did you mean .*\?)\)$/m, "$1");

/** `netwright ps | head` ends without a word when head has enough, as with any program that SIGPIPE ends. */
function quietOnClosedPipe(process: NodeJS.Process): void {
  const brokenPipe = 141;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(brokenPipe);
      throw error;
    });
  }
}
