import { Option } from "commander";
import { canonical } from "../../client/lab-file.ts";
import type { GraphFormat } from "../../topology/graph/index.ts";
import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type FileOptions, withFile, withOutput } from "../options.ts";

type GraphOptions = FileOptions & { readonly yes?: boolean; readonly format?: GraphFormat; readonly output?: string };

/** As the topology module has them; named here so that help needs not load it. */
const formats: readonly GraphFormat[] = ["text", "mermaid", "dot", "svg", "json"];

export const graph: CommandDefinition = (program, bind) => {
  const command = program
    .command("graph")
    .summary("Draw a lab file")
    .description("Draw a lab: as text for the terminal, or in a form that documents and other tools take.")
    .addOption(new Option("--format <format>", "the form; default: text, json with --json").choices(formats))
    .option("-o, --output <file>", "write it to a file; its ending chooses the form (.svg, .dot, .mmd, .json)")
    .option("--yes", "allow generators to make very many nodes");
  withOutput(withFile(command));
  withExamples(command, {
    "In the terminal": ["netwright graph"],
    "For a document": ["netwright graph -o lab.svg"],
    "For Graphviz": ["netwright graph --format dot | neato -Tpng > lab.png"],
  });
  command.action(
    bind<GraphOptions>(async ({ context, output, options }) => {
      const { readLab } = await import("../lab-file.ts");
      const { graphFormats } = await import("../../topology/graph/index.ts");
      const { lab } = await readLab(context, options);
      const format = options.format ?? formatOf(options.output) ?? (output.json ? "json" : "text");
      const { columns } = context.stdout;
      const drawing = graphFormats[format](lab, columns === undefined ? {} : { columns });
      if (options.output === undefined) {
        output.print(drawing.trimEnd());
        return;
      }
      const { writeNamed } = await import("../../client/named-file.ts");
      writeNamed(context.directory, options.output, `${drawing.trimEnd()}\n`);
      output.note(`Wrote ${canonical(context.directory, options.output)}`);
    }),
  );
};

const endings: Readonly<Record<string, GraphFormat>> = {
  ".svg": "svg",
  ".dot": "dot",
  ".gv": "dot",
  ".mmd": "mermaid",
  ".mermaid": "mermaid",
  ".json": "json",
  ".txt": "text",
};

const formatOf = (file: string | undefined): GraphFormat | undefined =>
  Object.entries(endings).find(([ending]) => file?.endsWith(ending))?.[1];
