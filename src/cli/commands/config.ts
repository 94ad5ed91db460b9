import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { nodeConfig } from "../node-config.ts";
import { type FileOptions, withFile, withOutput } from "../options.ts";

type ConfigOptions = FileOptions & { readonly yes?: boolean };

export const config: CommandDefinition = (program, bind) => {
  const command = program
    .command("config")
    .summary("Print the resolved lab file; push, reset and save configurations of nodes")
    .description(
      "Print the lab file with everything decided: variables filled in, defaults and generators applied, addresses and ports chosen. What is printed is a lab file again; with --json, the resolved lab as programs get it. The commands below change and read the configuration of a running node.",
    )
    .option("--yes", "allow generators to make very many nodes");
  withOutput(withFile(command));
  withExamples(command, {
    "What would run": ["netwright config"],
    "The addresses that were chosen": ["netwright config --json | jq -c '.nodes[] | [.name, .interfaces[].addresses]'"],
  });
  command.action(
    bind<ConfigOptions>(async ({ context, output, options }) => {
      const { readLab } = await import("../lab-file.ts");
      const { lab } = await readLab(context, options);
      if (output.json) {
        output.printJson(lab);
        return;
      }
      const { printLab } = await import("../../topology/print.ts");
      output.print(printLab(lab).trimEnd());
    }),
  );
  nodeConfig(command, bind);
};
