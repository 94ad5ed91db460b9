import type { Command } from "../model.ts";
import type { LabDefinition } from "../schema/lab.ts";

type CommandDefinition = NonNullable<LabDefinition["processes"]>[string]["command"];

export const commandOf = (command: CommandDefinition): Command =>
  Array.isArray(command) ? { argv: command.map(String) } : { shell: command.shell };

/** Why a path cannot be a place in a node, or undefined. */
export function pathProblem(path: string): string | undefined {
  if (!path.startsWith("/")) return "it does not begin with /";
  if (path.includes("\0")) return "it has a zero byte in it";
  if (path === "/") return "it is the root of the file system";
  if (
    path
      .split("/")
      .slice(1)
      .some((part) => part === "" || part === "." || part === "..")
  )
    return "it has an empty part, . or .. in it";
  return undefined;
}
