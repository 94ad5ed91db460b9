import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { count, type NameOptions, withLab, withOutput } from "../options.ts";
import { harmless } from "../style.ts";

type EventsOptions = NameOptions & { readonly file?: string; readonly follow: boolean; readonly from?: number };

export const events: CommandDefinition = (program, bind) => {
  const command = program
    .command("events")
    .summary("Print what happened in a lab, and what happens")
    .description(
      "Print the events of a lab from its start on, and those to come until it ends or you press Ctrl-C. With --json, one JSON object a line.",
    )
    .option("--from <id>", "begin with the event of this number", count)
    .option("--no-follow", "end after the events so far");
  withOutput(withLab(command));
  withExamples(command, {
    "Watch a lab": ["netwright events"],
    "Which processes failed": [`netwright events --no-follow --json | jq 'select(.type == "process.failed")'`],
  });
  command.action(
    bind<EventsOptions>(async ({ context, output, options }) => {
      const { connect } = await import("../choose-lab.ts");
      const { onInterrupt } = await import("../interrupt.ts");
      const lab = await connect(context, options);
      using interrupt = onInterrupt(process);
      const { follow, from } = options;
      for await (const event of lab.events({
        follow,
        signal: interrupt.signal,
        ...(from === undefined ? {} : { from }),
      })) {
        if (output.json) {
          output.printJsonLine(event);
          continue;
        }
        const failed = event.type.endsWith(".failed");
        const type = event.type.padEnd(18);
        const number = output.paint("dim", String(event.id).padStart(5));
        const time = output.paint("dim", event.at.slice(11, 23));
        output.print(
          `${number} ${time} ${failed ? output.paint("red", type) : output.paint("cyan", type)} ${harmless(event.message)}`,
        );
      }
      return interrupt.signal.aborted ? interrupt.exitCode() : 0;
    }),
  );
};
