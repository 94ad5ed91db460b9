import { type Command, InvalidArgumentError, Option } from "commander";
import { labelPattern, labelRule } from "../topology/name-rules.ts";

/** Options that many commands share, in one place so that they mean the same everywhere. */

const labHeading = "Which lab:";
const outputHeading = "Output:";

/** `-n`: the lab to work on, or the name to give it. */
export type NameOptions = { readonly name?: string };
/** `-f`, `-n` and `--set`: a lab file and its variables. */
export type FileOptions = NameOptions & { readonly file?: string; readonly set?: Readonly<Record<string, string>> };

/** Options of commands that read a lab file. */
export const withFile = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "-f, --file <file>",
        "lab file; default: lab.yaml, lab.ts or lab.js here or in a folder above",
      ).helpGroup(labHeading),
    )
    .addOption(
      new Option("-n, --name <lab>", "name of the lab; default: the name in the file")
        .argParser(labName)
        .helpGroup(labHeading),
    )
    .addOption(setOption("value of a variable of the lab file; may be given several times"));

/** A name that a lab can have, for commander: the lab file is not to blame for one that it cannot. */
function labName(name: string): string {
  if (!labelPattern.test(name)) throw new InvalidArgumentError(`Use ${labelRule}.`);
  return name;
}

/** `--set`: variables of a lab file. */
export const setOption = (about: string): Option =>
  new Option("--set <variable=value>", about).argParser(collectVariable).helpGroup(labHeading);

/** Options of commands that work on a lab that runs. */
export const withLab = (command: Command, { shortFile = true }: { readonly shortFile?: boolean } = {}): Command =>
  command
    .addOption(
      new Option(`${shortFile ? "-f, " : ""}--file <file>`, "the lab that was started from this file").helpGroup(
        labHeading,
      ),
    )
    .addOption(
      new Option(
        "-n, --name <lab>",
        "name of the lab; default: $NETWRIGHT_LAB, the lab of the file here, or the only one",
      ).helpGroup(labHeading),
    );

/** Options of every command. */
export const withOutput = (command: Command, { json = true }: { readonly json?: boolean } = {}): Command => {
  if (json) command.addOption(new Option("--json", "print JSON for programs").helpGroup(outputHeading));
  return command
    .addOption(new Option("-q, --quiet", "print results and errors only").helpGroup(outputHeading))
    .addOption(new Option("-v, --verbose", "say more; stack traces with unexpected errors").helpGroup(outputHeading))
    .addOption(new Option("--no-color", "no colours, as when NO_COLOR is set").helpGroup(outputHeading));
};

/** `--only` and `--exclude`: which processes start. */
export type SelectionOptions = { readonly only?: readonly string[]; readonly exclude?: readonly string[] };

export const withSelection = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--only <names>",
        "start only these processes, by name or tag, and what they come after; comma-separated, may be repeated",
      ).argParser(collectNames),
    )
    .addOption(
      new Option(
        "--exclude <names>",
        "do not start these processes, by name or tag; comma-separated, may be repeated",
      ).argParser(collectNames),
    );

/** `--seed`: of everything that is drawn by chance in the lab. */
export type SeedOptions = { readonly seed?: number };

export const withSeed = (
  command: Command,
  about = "seed of all that links draw by chance, to have the same again; default: a new one, told in the events",
): Command => command.addOption(new Option("--seed <number>", about).argParser(seed));

const mostSeed = 2 ** 48 - 1;

function seed(text: string): number {
  if (!/^\d{1,15}$/.test(text) || Number(text) > mostSeed)
    throw new InvalidArgumentError(`Give a whole number from 0 to ${mostSeed}.`);
  return Number(text);
}

function collectVariable(text: string, previous: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write it as variable=value.");
  return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
}

const collectNames = (text: string, previous: readonly string[] | undefined): string[] => [
  ...(previous ?? []),
  ...text.split(",").filter((name) => name !== ""),
];

/** Parses the number of a port of TCP, for commander. */
export function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65_535)
    throw new InvalidArgumentError("Give a port, from 1 to 65535.");
  return Number(text);
}

/** Parses a count, for commander. */
export function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Give a whole number.");
  return Number(text);
}
