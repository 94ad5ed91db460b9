import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { withOutput } from "../options.ts";

export const version: CommandDefinition = (program, bind) => {
  const command = program
    .command("version")
    .summary("Print the versions of netwright, Node.js and the kernel")
    .description("Print the versions of netwright, Node.js and the kernel, as a bug report needs them.");
  withOutput(command);
  withExamples(command, { "For a bug report": ["netwright version", "netwright doctor"] });
  command.action(
    bind(async ({ output }) => {
      const { release, machine } = await import("node:os");
      const { findInstallation } = await import("../../client/installation.ts");
      const versions = {
        netwright: findInstallation(import.meta.url).version,
        node: process.versions.node,
        kernel: release(),
        machine: machine(),
      };
      if (output.json) output.printJson(versions);
      else output.print(...Object.entries(versions).map(([name, text]) => `${name.padEnd(10)} ${text}`));
    }),
  );
};
