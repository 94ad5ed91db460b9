import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type FileOptions, withFile, withOutput } from "../options.ts";

type ValidateOptions = FileOptions & { readonly yes?: boolean; readonly host?: boolean };

export const validate: CommandDefinition = (program, bind) => {
  const command = program
    .command("validate")
    .summary("Check a lab file, offline and completely")
    .description(
      "Check a lab file, offline and completely: every error with its place, what is wrong and what to write instead. The exit code is 2 when there is one. Nothing is started and no privilege is needed.",
    )
    .argument("[files...]", "lab files; without, the one of --file or the one here")
    .option("--host", "check too that this machine has what the file requires")
    .option("--yes", "allow generators to make very many nodes");
  withOutput(withFile(command));
  withExamples(command, {
    "The file here": ["netwright validate"],
    "And this machine": ["netwright validate --host"],
    "Every example": ["netwright validate examples/*/lab.yaml"],
  });
  command.action(
    bind<ValidateOptions>(async ({ context, output, options }, ...files) => {
      const { readLab } = await import("../lab-file.ts");
      const { failureOf, warningLines } = await import("../failure.ts");
      const { counted } = await import("../../topology/plan/describe.ts");
      const results = [];
      let exitCode = 0;
      for (const named of files.length === 0 ? [options.file] : files) {
        try {
          const { lab, file, warnings } = await readLab(context, {
            ...options,
            ...(named === undefined ? {} : { file: named }),
          });
          if (options.host === true) {
            const { requireOfHost } = await import("../../client/requirements.ts");
            const { toolPath } = await import("../../client/launch/id-facts.ts");
            requireOfHost(lab.requires, toolPath(context.environment["PATH"]));
          }
          const { name, nodes, links, processes } = lab;
          results.push({
            file,
            valid: true,
            name,
            nodes: nodes.length,
            links: links.length,
            processes: processes.length,
            warnings: warnings.map((warning) => warning.toReport()),
          });
          output.note(...warnings.flatMap((warning) => warningLines(warning, output.notePaint)));
          const parts = [
            counted(nodes.length, "node"),
            counted(links.length, "link"),
            counted(processes.length, "process", "processes"),
          ];
          if (!output.json && !output.quiet) output.print(`${named ?? file} is valid: ${parts.join(", ")}`);
        } catch (error) {
          const failure = failureOf(error, { paint: output.notePaint, verbose: output.verbose });
          exitCode = Math.max(exitCode, failure.exitCode);
          results.push({ file: named ?? null, valid: false, errors: failure.reports });
          if (!output.json) output.complain(...failure.lines);
        }
      }
      if (output.json) output.printJson({ files: results });
      return exitCode;
    }),
  );
};
