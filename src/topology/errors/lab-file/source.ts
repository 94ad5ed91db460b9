import { entry } from "../entry.ts";
import { counted, didYouMean } from "./wording.ts";

/** Errors of the text itself, before anything in it has a meaning; and of its variables. */
export const sourceErrors = {
  LAB_FILE_UNREADABLE: entry<{ file: string; reason: string }>({
    exitCode: 2,
    message: ({ file, reason }) => `Cannot read ${file}: ${reason}.`,
    remedy: () => "Name the lab file with --file, or go to the folder that has lab.yaml.",
  }),
  LAB_FILE_EMPTY: entry<{ file: string }>({
    exitCode: 2,
    message: ({ file }) => `${file} has nothing in it.`,
    remedy: () => "The smallest lab is:  {nodes: {h1: {}, h2: {}}, links: [[h1, h2]]}",
  }),
  LAB_FILE_TOO_LARGE: entry<{ file: string; bytes: number; limit: number }>({
    exitCode: 2,
    message: ({ file, bytes, limit }) => `${file} has ${bytes} bytes; a lab file may have ${limit}.`,
    remedy: () => "Let generate: make what repeats.",
  }),
  LAB_FILE_TOO_MANY_ERRORS: entry<{ more: number }>({
    exitCode: 2,
    message: ({ more }) => `${counted(more, "more error")} like these.`,
    remedy: () => "Mend the first ones and try again.",
  }),
  YAML_SYNTAX: entry<{ problem: string; remedy: string }>({
    exitCode: 2,
    message: ({ problem }) => `This is not YAML: ${problem}.`,
    remedy: ({ remedy }) => remedy,
  }),
  YAML_TOO_DEEP: entry<{ limit: number }>({
    exitCode: 2,
    message: ({ limit }) => `Lists and maps are nested more than ${limit} deep.`,
    remedy: () => "A lab file needs no more than ten; look for brackets that are never closed.",
  }),
  YAML_ALIASES: entry<{ limit: number }>({
    exitCode: 2,
    message: ({ limit }) => `Aliases blow this file up to more than ${limit.toLocaleString("en-US")} values.`,
    remedy: () => "Aliases of aliases multiply. Let generate: make what repeats.",
  }),
  YAML_ALIAS_UNKNOWN: entry<{ alias: string; nearest?: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ alias }) => `No anchor &${alias} stands before this alias.`,
    remedy: ({ nearest, known }) => didYouMean(nearest, known, "anchors"),
  }),
  YAML_ALIAS_CYCLE: entry<{ alias: string }>({
    exitCode: 2,
    message: ({ alias }) => `The alias *${alias} stands inside what it stands for.`,
    remedy: () => "Move the alias out of the anchor's value.",
  }),
  YAML_TAG: entry<{ tag: string }>({
    exitCode: 2,
    message: ({ tag }) => `The tag ${tag} has no meaning in a lab file.`,
    remedy: () => "Leave the tag out; put quotes around a text that looks like a number.",
  }),
  YAML_MERGE: entry<Record<never, never>>({
    exitCode: 2,
    message: () => "A merge key (<<) takes a map, an alias of a map, or a list of those.",
    remedy: () => "For example:  <<: *defaults",
  }),
  DUPLICATE_KEY: entry<{ key: string; firstLine: number }>({
    exitCode: 2,
    message: ({ key, firstLine }) => `"${key}" is here a second time; the first is on line ${firstLine}.`,
    remedy: ({ key }) => `Give one of the two another name, or put both under one "${key}".`,
  }),
  BAD_KEY: entry<{ shown: string }>({
    exitCode: 2,
    message: ({ shown }) => `${shown} cannot be a key.`,
    remedy: () => "A key is a plain word, as in  name: value. Put quotes around one with special characters.",
  }),
  TEXT_WITH_ZERO: entry<Record<never, never>>({
    exitCode: 2,
    message: () => "There is a zero byte in this text.",
    remedy: () => "Take it out. A file with any bytes is given as {base64: …} or {from: …}.",
  }),
  VARIABLE_UNKNOWN: entry<{ name: string; nearest?: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ name }) => `There is no variable "${name}".`,
    remedy: ({ name, nearest, known }) =>
      nearest === undefined
        ? `Add it under variables:, or write $\${${name}} if the text $\{${name}} is meant.${known.length === 0 ? "" : ` ${didYouMean(undefined, known, "variables")}`}`
        : `Did you mean $\{${nearest}}? Write $\${${name}} if the text $\{${name}} is meant.`,
  }),
  VARIABLE_SYNTAX: entry<{ text: string }>({
    exitCode: 2,
    message: ({ text }) => `${text} is no variable: only $\{name} is.`,
    remedy: ({ text }) => `Write $${text} if this text is meant, for example for the shell.`,
  }),
  VARIABLE_NOT_DECLARED: entry<{ name: string; nearest?: string; known: readonly string[] }>({
    exitCode: 2,
    message: ({ name }) => `--set names "${name}", and the lab file has no variable of that name.`,
    remedy: ({ nearest, known }) => didYouMean(nearest, known, "variables"),
  }),
  VARIABLE_TYPE: entry<{ name: string; value: string; expected: string }>({
    exitCode: 2,
    message: ({ name, value, expected }) =>
      `Variable "${name}" is ${expected} in the lab file; --set gives it "${value}".`,
    remedy: ({ name, expected }) => `Give it ${expected}: --set ${name}=…`,
  }),
  VARIABLE_REQUIRED: entry<{ name: string }>({
    exitCode: 2,
    message: ({ name }) => `Variable "${name}" has no value.`,
    remedy: ({ name }) => `Give one with --set ${name}=…, or a default in the file.`,
  }),
  PLACEHOLDER_UNKNOWN: entry<{ name: string; nearest?: string; known: readonly string[]; of: string }>({
    exitCode: 2,
    message: ({ name, of }) => `$\{node.${name}} has no value for ${of}.`,
    remedy: ({ nearest, known }) =>
      nearest === undefined ? `Here you may write ${listedPlaceholders(known)}.` : `Did you mean $\{node.${nearest}}?`,
  }),
} as const;

const listedPlaceholders = (known: readonly string[]): string => known.map((name) => `$\{node.${name}}`).join(", ");
