import { Command, type Option } from "commander";

/** What the shell shows, and what it says beside it. */
export type Candidate = { readonly word: string; readonly about?: string };

/** Names that only the machine or the lab file knows. */
export type Names = {
  labs(): Promise<readonly Candidate[]>;
  /** Of the lab that runs and is meant, else of the lab file. */
  nodes(choice: Choice): Promise<readonly Candidate[]>;
  /** Processes and services. */
  processes(choice: Choice): Promise<readonly Candidate[]>;
  /** Ends of links, `h1:eth0`. */
  endpoints(choice: Choice): Promise<readonly Candidate[]>;
  tags(choice: Choice): Promise<readonly Candidate[]>;
  /** Of the store. */
  images(): Promise<readonly Candidate[]>;
};

/** The lab that the words so far mean. */
export type Choice = { readonly name?: string; readonly file?: string };

/** `files`: let the shell complete file names. */
export type Completion = { readonly candidates: readonly Candidate[]; readonly files: boolean };

const none: Completion = { candidates: [], files: false };
const files: Completion = { candidates: [], files: true };

/**
 * Completes the last of `words` (what follows `netwright` on the command line, up to the cursor).
 *
 * @param words at least one; the last may be empty
 */
export async function complete(program: Command, words: readonly string[], names: Names): Promise<Completion> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  // Behind -- stands a command of the node or this machine.
  if (before.includes("--")) return files;
  const [command, typed] = commandOf(program, before);
  if (command === undefined) return none;
  const { operands, pending, choice } = readWords(command, typed);
  if (pending !== undefined) return valuesOf(pending, choice, current, names);
  const assigned = /^(--[^=]+)=(.*)$/.exec(current);
  const option = command.options.find(({ long, required }) => required && long === assigned?.[1]);
  if (assigned !== null && option !== undefined) {
    const values = await valuesOf(option, choice, assigned[2] ?? "", names);
    return { ...values, candidates: values.candidates.map((one) => ({ ...one, word: `${assigned[1]}=${one.word}` })) };
  }
  if (current.startsWith("-")) return matching(optionCandidates(command), current);
  if (command.commands.length > 0) return matching(commandCandidates(command), current);
  return operandsOf(program, command, operands, choice, current, names);
}

/** The command that the words so far lead to, and the words after its name. */
function commandOf(program: Command, words: readonly string[]): [Command | undefined, readonly string[]] {
  let command = program;
  for (const [index, word] of words.entries()) {
    if (command.commands.length === 0) return [command, words.slice(index)];
    if (command === program && word === "help") return [helpOf(), words.slice(index + 1)];
    const next = command.commands.find((one) => one.name() === word && !isHidden(one));
    // A command may do something itself and have others below it, such as `config`.
    if (next === undefined)
      return command !== program && word.startsWith("-") ? [command, words.slice(index)] : [undefined, []];
    command = next;
  }
  return [command, []];
}

/** `help` is commander's own and in no list. */
const helpOf = (): Command => new Command("help").argument("[command]");

/** Sorts what was typed into operands and options; `pending` is an option whose value comes next. */
function readWords(
  command: Command,
  words: readonly string[],
): { operands: string[]; pending: Option | undefined; choice: Choice } {
  const operands: string[] = [];
  const choice: { name?: string; file?: string } = {};
  let pending: Option | undefined;
  for (const word of words) {
    if (pending !== undefined) {
      if (pending.long === "--name") choice.name = word;
      if (pending.long === "--file") choice.file = word;
      pending = undefined;
    } else if (word.startsWith("-")) {
      const [flag, value] = word.split("=", 2);
      const option = command.options.find((one) => one.short === flag || one.long === flag);
      if (option?.required && value === undefined) pending = option;
      if (option?.long === "--name" && value !== undefined) choice.name = value;
      if (option?.long === "--file" && value !== undefined) choice.file = value;
    } else {
      operands.push(word);
    }
  }
  return { operands, pending, choice };
}

async function valuesOf(option: Option, choice: Choice, current: string, names: Names): Promise<Completion> {
  if (option.argChoices !== undefined)
    return matching(
      option.argChoices.map((word) => ({ word })),
      current,
    );
  switch (option.long ?? "") {
    case "--name":
      return matching(await names.labs(), current);
    case "--node":
      return matching(await names.nodes(choice), current);
    case "--only":
    case "--exclude": {
      // Comma-separated: what stands before the last comma stays.
      const kept = current.slice(0, current.lastIndexOf(",") + 1);
      const known = [...(await names.processes(choice)), ...(await names.tags(choice))];
      return matching(
        known.map(({ word, ...rest }) => ({ word: kept + word, ...rest })),
        current,
      );
    }
    case "--file":
    case "--log":
    case "--output":
    case "--workdir":
      return files;
    default:
      return none;
  }
}

/** By what the operand is called in the command's definition. */
async function operandsOf(
  program: Command,
  command: Command,
  operands: readonly string[],
  choice: Choice,
  current: string,
  names: Names,
): Promise<Completion> {
  const expected = command.registeredArguments;
  const last = expected.at(-1);
  const argument = expected[operands.length] ?? (last?.variadic ? last : undefined);
  if (argument === undefined) return none;
  if (argument.argChoices !== undefined) {
    return matching(
      argument.argChoices.map((word) => ({ word })),
      current,
    );
  }
  const fresh = (known: readonly Candidate[]) =>
    matching(
      known.filter(({ word }) => !operands.includes(word)),
      current,
    );
  switch (argument.name()) {
    case "node":
      return fresh(await names.nodes(choice));
    case "source":
    case "destination": {
      // What is in a node only the node knows; without a node, a path is of this machine.
      const nodes = (await names.nodes(choice)).map(({ word, ...rest }) => ({ word: `${word}:`, ...rest }));
      const fitting = matching(nodes, current);
      return fitting.candidates.length > 0 || current.includes(":") ? fitting : files;
    }
    case "link":
    case "target":
      return fresh(await names.endpoints(choice));
    case "image":
      return fresh(await names.images());
    case "names":
      return fresh([
        ...(await names.nodes(choice)),
        ...(await names.processes(choice)),
        { word: "supervisor", about: "Netwright's own log" },
      ]);
    case "command":
      return command.name() === "help" ? matching(commandCandidates(program), current) : files;
    case "file":
    case "files":
      return files;
    default:
      return none;
  }
}

function matching(candidates: readonly Candidate[], current: string): Completion {
  const seen = new Set<string>();
  const fitting = candidates.filter(({ word }) => {
    if (!word.startsWith(current) || seen.has(word)) return false;
    seen.add(word);
    return true;
  });
  return { candidates: fitting, files: false };
}

const commandCandidates = (parent: Command): Candidate[] => [
  ...parent.commands
    .filter((one) => !isHidden(one))
    .map((one) => ({ word: one.name(), about: one.summary() || one.description() })),
  ...(parent.parent === null ? [{ word: "help", about: "Print help for a command" }] : []),
];

const optionCandidates = (command: Command): Candidate[] => [
  ...command.options
    .filter(({ hidden }) => !hidden)
    .map(({ long, short, description }) => ({ word: long ?? short ?? "", about: description })),
  { word: "--help", about: "print help" },
];

/** Names with two underscores are for scripts. */
const isHidden = (command: Command): boolean => command.name().startsWith("__");
