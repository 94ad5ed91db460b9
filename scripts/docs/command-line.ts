import type { Command, Help, Option } from "commander";
import { commandExamples } from "../../src/cli/examples.ts";
import { buildProgram } from "../../src/cli/program.ts";

/** The command line's reference, as Markdown, from the definitions that it parses by. */
export function commandLineReference(): string {
  const program = buildProgram();
  const help = program.createHelp();
  const commands = help.visibleCommands(program).filter((command) => command.name() !== "help");
  return [
    "# Command line",
    "",
    program.description(),
    "",
    "Exit codes: 0 done, 1 it failed, 2 the command line or the lab file is wrong, 3 this machine cannot do it. `exec`, `shell` and `run` exit with what they ran; 128 and the signal's number when a signal ended it.",
    "",
    "| command | |",
    "| --- | --- |",
    ...commands.map((command) => `| [\`${command.name()}\`](#${command.name()}) | ${cell(command.summary())} |`),
    "",
    ...commands.flatMap((command) => [
      ...commandSection(command, help, command.name()),
      ...help
        .visibleCommands(command)
        .filter((sub) => sub.name() !== "help")
        .flatMap((sub) => commandSection(sub, help, `${command.name()} ${sub.name()}`)),
    ]),
  ].join("\n");
}

/** @param path how it is called, after `netwright` */
function commandSection(command: Command, help: Help, path: string): readonly string[] {
  const operands = help.visibleArguments(command);
  const options = help.visibleOptions(command).filter((option) => option.long !== "--help");
  const groups = Map.groupBy(options, (option) => option.helpGroupHeading?.replace(/:$/, "") ?? "Options");
  return [
    `${path.includes(" ") ? "###" : "##"} ${path}`,
    "",
    "```",
    `netwright ${path} ${command.usage()}`,
    "```",
    "",
    escaped(command.description()),
    "",
    ...(operands.length === 0
      ? []
      : table(
          "argument",
          operands.map((operand) => [operand.name(), operand.description]),
        )),
    ...[...groups].flatMap(([heading, members]) =>
      table(
        heading,
        members.map((option) => [option.flags, meaning(option)]),
      ),
    ),
    ...Object.entries(commandExamples(command)).flatMap(([purpose, calls]) => [
      `${purpose}:`,
      "",
      "```sh",
      ...calls,
      "```",
      "",
    ]),
  ];
}

function meaning(option: Option): string {
  const choices = option.argChoices === undefined ? "" : ` (one of ${option.argChoices.join(", ")})`;
  return `${option.description}${choices}`;
}

const table = (heading: string, rows: readonly (readonly [string, string])[]): readonly string[] => [
  `| ${heading.toLowerCase()} | |`,
  "| --- | --- |",
  ...rows.map(([name, text]) => `| \`${name.replaceAll("|", "\\|")}\` | ${cell(text)} |`),
  "",
];

const cell = (text: string): string => escaped(text).replaceAll("|", "\\|").replaceAll("\n", " ");
const escaped = (text: string): string => text.replaceAll("<", "&lt;").replaceAll("$", "\\$");
