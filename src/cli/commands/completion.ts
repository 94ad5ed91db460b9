import { Argument } from "commander";
import type { CommandDefinition } from "../command.ts";
import type { Shell } from "../completion/scripts.ts";
import { withExamples } from "../examples.ts";

const shells: readonly Shell[] = ["bash", "zsh", "fish"];

export const completion: CommandDefinition = (program, bind) => {
  const command = program
    .command("completion")
    .summary("Print a script that makes a shell complete netwright")
    .description(
      "Print a script that makes a shell complete commands, options, and the names of labs, nodes and processes.",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(shells));
  withExamples(command, {
    "bash, in ~/.bashrc": ["source <(netwright completion bash)"],
    "zsh, in ~/.zshrc after compinit": ["source <(netwright completion zsh)"],
    fish: ["netwright completion fish > ~/.config/fish/completions/netwright.fish"],
  });
  command.action(
    bind(async ({ output }, shell) => {
      const { completionScripts } = await import("../completion/scripts.ts");
      output.print(completionScripts[shell as Shell].trimEnd());
    }),
  );

  // What the scripts call; hidden, because people have no use for it.
  program
    .command("__complete", { hidden: true })
    .description("Complete a command line: the words after -- up to the cursor.")
    .argument("[words...]")
    .action(
      bind(async ({ context, output }) => {
        const { complete } = await import("../completion/candidates.ts");
        const { namesFor } = await import("../completion/names.ts");
        const words = context.rest?.length ? context.rest : [""];
        const { candidates, files } = await complete(program, words, namesFor(context));
        const lines = candidates.map(({ word, about = "" }) => `${word}\t${about.split("\n")[0]}`);
        output.print([files ? ":files" : ":words", ...lines].join("\n"));
      }),
    );
};
