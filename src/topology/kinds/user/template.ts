import type { Command } from "../../model.ts";

/** `${port}` stands for the option port; `$${` is a literal `${`. */
const placeholder = /(\$?)\$\{([A-Za-z][\w.-]*)\}/g;

export type Values = Readonly<Record<string, string>>;

/** Names in a text that stand for something. */
export const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(placeholder)].flatMap(([, escaped, name = ""]) => (escaped === "" ? [name] : []));

export const fill = (text: string, values: Values): string =>
  text.replace(placeholder, (match: string, escaped: string, name: string) =>
    escaped === "" ? (values[name] ?? match) : match.slice(1),
  );

/**
 * A command with values in it. To a line for the shell they are given as its parameters: what an option
 * says is data there, never a part of the line.
 */
export function fillCommand(command: Command, values: Values): Command {
  if ("argv" in command) return { argv: command.argv.map((word) => fill(word, values)) };
  const given: string[] = [];
  const line = command.shell.replace(placeholder, (match: string, escaped: string, name: string) => {
    if (escaped !== "") return match.slice(1);
    const value = values[name];
    if (value === undefined) return match;
    return `\${${given.push(value)}}`;
  });
  return given.length === 0 ? { shell: line } : { argv: ["sh", "-c", line, "sh", ...given] };
}
