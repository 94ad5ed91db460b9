import { InvalidArgumentError, Option } from "commander";
import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { withOutput } from "../options.ts";

type GcOptions = { readonly logs?: boolean; readonly olderThan?: number };

export const gc: CommandDefinition = (program, bind) => {
  const command = program
    .command("gc")
    .summary("Remove what dead labs left")
    .description(
      "Remove what labs left whose supervisor has died. In the kernel nothing can be left: it ends everything of a lab with its supervisor. Containers of such labs are removed as well. The same is done by the way whenever labs are listed; logs stay, unless asked for.",
    )
    .option(
      "--logs",
      "remove the logs of labs that do not run as well, with the captures among them; not of labs that a server on this machine has",
    )
    .addOption(
      new Option("--older-than <time>", "of those logs, what was written last before this time, e.g. 30d or 12h")
        .argParser(daysOrHours)
        .implies({ logs: true }),
    );
  withOutput(command);
  withExamples(command, {
    "Remove everything but labs that run": ["netwright gc --logs"],
    "Keep the logs of the last month": ["netwright gc --logs --older-than 30d"],
  });
  command.action(
    bind<GcOptions>(async ({ context, output, options }) => {
      const { noteOfThisMachine } = await import("../contexts.ts");
      noteOfThisMachine(
        { context, output },
        "This is about labs of this machine. A server removes what its own leave.",
      );
      const { collectGarbage } = await import("../../client/registry/list.ts");
      const { oldLogs, removeLogs } = await import("../../client/registry/logs.ts");
      const { collectContainers } = await import("../../client/registry/containers.ts");
      const ended = await collectGarbage(context.locations);
      const contained = await collectContainers(context.locations, context.environment);
      const labs = [...new Set([...ended, ...contained])].toSorted();
      const old = await (options.logs ? removeLogs(context.locations, options.olderThan) : oldLogs(context.locations));
      const logs = options.logs ? old.labs : [];
      const left = options.logs ? old.ofServers : [];
      if (output.json) {
        output.printJson({ labs, logs, left });
        return;
      }
      for (const lab of labs) output.print(`Removed lab ${lab}`);
      for (const lab of logs) output.print(`Removed the logs of lab ${lab}`);
      if (labs.length + logs.length === 0) output.note("There was nothing to remove.");
      for (const { lab, server } of left)
        output.note(`The logs of lab ${lab} are of the server at ${server}, and go when it is deleted there.`);
      const kept = options.logs ? 0 : old.labs.length;
      if (kept > 0)
        output.note(
          `Logs of ${kept === 1 ? "a lab that does" : `${kept} labs that do`} not run are in ${context.locations.state}. To remove them: netwright gc --logs`,
        );
    }),
  );
};

const hourMs = 3_600_000;

/** @returns milliseconds */
function daysOrHours(text: string): number {
  const [, number, unit] = /^(\d{1,5})([dh])$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError("Give days or hours, such as 30d or 12h.");
  return Number(number) * (unit === "d" ? 24 : 1) * hourMs;
}
