import { Command } from "commander";
import type { Action, Bind, CommandDefinition } from "./command.ts";
import { apply } from "./commands/apply.ts";
import { capture } from "./commands/capture.ts";
import { commit } from "./commands/commit.ts";
import { completion } from "./commands/completion.ts";
import { config } from "./commands/config.ts";
import { console } from "./commands/console.ts";
import { context } from "./commands/context.ts";
import { cp } from "./commands/cp.ts";
import { doctor } from "./commands/doctor.ts";
import { down } from "./commands/down.ts";
import { events } from "./commands/events.ts";
import { exec } from "./commands/exec.ts";
import { faults } from "./commands/faults.ts";
import { gc } from "./commands/gc.ts";
import { graph } from "./commands/graph.ts";
import { image } from "./commands/image.ts";
import { inspect } from "./commands/inspect.ts";
import { link } from "./commands/link.ts";
import { logs } from "./commands/logs.ts";
import { node } from "./commands/node.ts";
import { partition } from "./commands/partition.ts";
import { port } from "./commands/port.ts";
import { ps } from "./commands/ps.ts";
import { run } from "./commands/run.ts";
import { serve } from "./commands/serve.ts";
import { shell } from "./commands/shell.ts";
import { ui } from "./commands/ui.ts";
import { up } from "./commands/up.ts";
import { validate } from "./commands/validate.ts";
import { version } from "./commands/version.ts";
import { withExamples } from "./examples.ts";

/** The commands in the order of `netwright --help`, under their headings. */
const commands: Readonly<Record<string, Readonly<Record<string, CommandDefinition>>>> = {
  "Run labs:": { up, down, apply, ps, run },
  "Work in a lab:": { exec, shell, console, cp, logs, inspect, events, port, link, capture, node, partition, faults },
  "Images:": { image, commit },
  "Look at a lab file:": { validate, config, graph },
  "In a browser:": { ui },
  "For a team:": { serve, context },
  "This machine:": { doctor, gc, completion, version },
};

/** Called with what a command does, and what commander passed. */
export type Invoke = (action: Action<object>, received: readonly unknown[]) => Promise<void>;

/**
 * The command line's definition: commands, options, help texts. Nothing happens until it parses.
 *
 * @param invoke runs an action when its command is called; without, the definition can be looked at
 * (the reference is made from it) but not run
 * @param only the one command that is called, when that is known: the others need not be made
 */
export function buildProgram(invoke?: Invoke, only?: string): Command {
  const program = new Command("netwright")
    .description("Network labs and the tests that run on them: one file, one command, no root, no daemon.")
    .usage("<command> [options]")
    .option("-V, --version", "print the version")
    .helpOption("-h, --help", "print help; with a command, for that command")
    .helpCommand("help [command]", "print help for a command")
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .configureHelp({ sortOptions: false, sortSubcommands: false });
  withExamples(program, {
    "Start the lab of the file here, look at it, work in it, take it down": [
      "netwright up",
      "netwright ps",
      "netwright exec h1 -- ping -c 3 h2",
      "netwright down",
    ],
    "Run a test on a lab of its own": ["netwright run lab.yaml -- npm test"],
    "See what this machine can do": ["netwright doctor"],
  });
  const isCommand = Object.values(commands).some(
    (definitions) => only !== undefined && Object.hasOwn(definitions, only),
  );
  const bind: Bind =
    (action) =>
    async (...received) =>
      invoke?.(action as Action<object>, received);
  for (const [heading, definitions] of Object.entries(commands)) {
    program.commandsGroup(heading);
    for (const [name, define] of Object.entries(definitions)) {
      if (!isCommand || name === only) define(program, bind);
    }
  }
  program.commandsGroup("Help:");
  return program;
}
