import type { LabDetail } from "../../api/resources.ts";
import type { LabClient } from "../../client/lab.ts";
import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type NameOptions, withLab, withOutput } from "../options.ts";

type InspectOptions = NameOptions & { readonly file?: string };

export const inspect: CommandDefinition = (program, bind) => {
  const command = program
    .command("inspect")
    .summary("Print all that is known of a lab or a node")
    .description(
      "Print all that is known of a lab, or of one of its nodes with the kernel's own view of it (interfaces, routes, neighbours, counters), read when asked. YAML for people, JSON with --json.",
    )
    .argument("[node]", "the node; without, the lab");
  withOutput(withLab(command));
  withExamples(command, {
    "A node": ["netwright inspect r1"],
    "The state of every link": ["netwright inspect --json | jq '.linkStatus'"],
  });
  command.action(
    bind<InspectOptions>(async ({ context, output, options }, node) => {
      const { connect } = await import("../choose-lab.ts");
      const lab = await connect(context, options);
      const detail = node === undefined ? shownOf(await lab.detail(), lab) : await lab.node(node);
      if (output.json) {
        output.printJson(detail);
        return;
      }
      const { stringify } = await import("../yaml.ts");
      output.print(stringify(detail, { lineWidth: 0 }).trimEnd());
    }),
  );
};

/** Of a lab of a server, what concerns that machine is not told, and so not shown. */
function shownOf(detail: LabDetail, { socket }: LabClient): object {
  if (socket !== undefined) return detail;
  const { supervisorPid: _, logDirectory: __, ...shown } = detail;
  return shown;
}
