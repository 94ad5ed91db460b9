import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type NameOptions, withLab, withOutput } from "../options.ts";

export type ExecOptions = NameOptions & {
  readonly file?: string;
  readonly tty?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  readonly user?: string;
};

export const exec: CommandDefinition = (program, bind) => {
  const command = program
    .command("exec")
    .summary("Run a command in a node")
    .description(
      "Run a command in a node, with the streams of this terminal or pipe: bytes are passed on unchanged, signals and the window's size too, and the exit code is the command's. It gets a terminal when standard input and output are one.",
    )
    .argument("<node>", "where to run it")
    .argument("[command...]", "what to run: an argument array, no shell; after -- it may have options")
    .passThroughOptions();
  withTerminal(command);
  withOutput(withLab(command), { json: false });
  withExamples(command, {
    "Run a command": ["netwright exec h1 -- ping -c 3 10.0.0.2"],
    "A shell line, with a variable": ["netwright exec -e TARGET=h2 h1 -- sh -c 'ping -c 1 $TARGET | tail -1'"],
    "Pipe bytes through a node": ["tar c . | netwright exec h1 -- tar xC /tmp"],
  });
  command.action(
    bind<ExecOptions>(async ({ context, options }, node = "", ...words) => {
      const argv = [
        ...words,
        ...(words.length > 0 && context.rest !== undefined ? ["--"] : []),
        ...(context.rest ?? []),
      ];
      const { labError } = await import("../../topology/errors/error.ts");
      if (argv[0]?.startsWith("-")) {
        throw labError("USAGE", {
          problem: `Options come before the node; "${argv[0]}" stands behind it.`,
          remedy: `Write: netwright exec ${words.join(" ")} ${node} -- ${context.rest?.join(" ") ?? "COMMAND"}`,
        });
      }
      if (argv.length === 0) throw labError("COMMAND_MISSING", { usage: `netwright exec ${node} -- COMMAND` });
      const { connect } = await import("../choose-lab.ts");
      const { runInNode } = await import("../run-in-node.ts");
      const lab = await connect(context, options);
      return runInNode(context, lab, node, { argv, ...requestOf(options, context) });
    }),
  );
};

/** Options of commands that run something in a node. */
export const withTerminal = (command: Command): Command =>
  command
    .option("-t, --tty", "give it a terminal even when this is none")
    .addOption(new Option("-T, --no-tty", "give it no terminal even when this is one"))
    .addOption(
      new Option("-e, --env <variable=value>", "set a variable of its environment; may be repeated").argParser(
        collectEnvironment,
      ),
    )
    .option("-w, --workdir <folder>", "the folder to run it in")
    .option("-u, --user <user>", "the user to run it as: a name, uid or uid:gid; default: root of the node");

/** What the options ask of the command, with this terminal's kind where it gets one. */
export function requestOf(
  { tty, env, workdir, user }: ExecOptions,
  {
    stdin,
    stdout,
    environment,
  }: {
    stdin: { isTTY?: boolean };
    stdout: { isTTY?: boolean };
    environment: Readonly<Record<string, string | undefined>>;
  },
) {
  const terminal = tty ?? (stdin.isTTY === true && stdout.isTTY === true);
  const kind = terminal && environment["TERM"] !== undefined ? { TERM: environment["TERM"] } : {};
  return {
    tty: terminal,
    environment: { ...kind, ...env },
    ...(workdir === undefined ? {} : { directory: workdir }),
    ...(user === undefined ? {} : { user }),
  };
}

function collectEnvironment(
  text: string,
  previous: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write it as variable=value.");
  return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
}
