import { loginShell } from "../../topology/login-shell.ts";
import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { withLab, withOutput } from "../options.ts";
import { type ExecOptions, requestOf, withTerminal } from "./exec.ts";

export const shell: CommandDefinition = (program, bind) => {
  const command = program
    .command("shell")
    .summary("Open a shell in a node")
    .description(
      "Open a shell in a node: bash where there is one, sh otherwise. Without a terminal it reads commands from standard input.",
    )
    .argument("<node>", "where to open it");
  withTerminal(command);
  withOutput(withLab(command), { json: false });
  withExamples(command, { "Look around on a router": ["netwright shell r1"] });
  command.action(
    bind<ExecOptions>(async ({ context, options }, node = "") => {
      const { connect } = await import("../choose-lab.ts");
      const { runInNode } = await import("../run-in-node.ts");
      const lab = await connect(context, options);
      try {
        return await runInNode(context, lab, node, { argv: [...loginShell], ...requestOf(options, context) });
      } catch (error) {
        const { labError, NetwrightError } = await import("../../topology/errors/error.ts");
        const isMissing =
          error instanceof NetwrightError && error.code === "COMMAND_NOT_STARTED" && error.message.includes("ENOENT");
        if (!isMissing || options.workdir !== undefined) throw error;
        throw labError("SHELL_MISSING", { node }, { cause: error });
      }
    }),
  );
};
