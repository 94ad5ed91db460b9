import type { Command } from "commander";
import { buildProgram } from "../../src/cli/program.ts";

/** The commands that people call, with what they are called by. */
export function calledCommands(): readonly { readonly path: string; readonly command: Command }[] {
  const below = (parent: Command, path: string): { path: string; command: Command }[] =>
    parent.commands
      .filter((command) => !command.name().startsWith("__"))
      .flatMap((command) => {
        const own = `${path}${command.name()}`;
        // `config` and `serve` do something themselves, and have others below them.
        const isCalled = command.commands.length === 0 || ["config", "serve"].includes(own);
        return [...(isCalled ? [{ path: own, command }] : []), ...below(command, `${own} `)];
      });
  return below(buildProgram(), "");
}
