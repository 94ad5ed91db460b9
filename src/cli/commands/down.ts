import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { count, type NameOptions, withLab, withOutput } from "../options.ts";

type DownOptions = NameOptions & { readonly file?: string; readonly all?: boolean; readonly timeout?: number };

export const down: CommandDefinition = (program, bind) => {
  const command = program
    .command("down")
    .summary("Take a lab down")
    .description(
      "Take a lab down: its processes get their stop signal and grace period, then the kernel frees all the rest at once. Logs stay. A lab that does not answer is killed, and so is one that has only begun to start: there is nobody to ask yet.",
    )
    .option("--all", "take every lab of yours down; not those of a server")
    .option("--timeout <seconds>", "kill what has not ended after this long", count);
  withOutput(withLab(command));
  withExamples(command, {
    "The lab of the file here": ["netwright down"],
    "A lab by name": ["netwright down -n office"],
    Everything: ["netwright down --all"],
  });
  command.action(
    bind<DownOptions>(async (session) => {
      const { serverInUse } = await import("../contexts.ts");
      const server = serverInUse(session.context);
      if (server !== undefined) {
        const { downOnServer } = await import("../server-labs.ts");
        await downOnServer(session, server);
        return 0;
      }
      return session.options.all ? takeAllDown(session) : takeDown(session);
    }),
  );
};

async function takeDown({ context, output, options }: Session<DownOptions>): Promise<undefined> {
  const { chooseLab } = await import("../choose-lab.ts");
  const { stopLab } = await import("../../client/stop.ts");
  const { name } = await chooseLab(context, options);
  const beganAt = performance.now();
  const how = await stopLab(context.locations, name, stopOptions(options));
  const seconds = (performance.now() - beganAt) / 1000;
  if (output.json) output.printJson({ labs: [{ name, how }] });
  else
    output.note(
      `Lab ${name} is down${how === "killed" ? " (it did not answer and was killed)" : ""} (${seconds.toFixed(1)} s).`,
    );
}

async function takeAllDown({ context, output, options }: Session<DownOptions>): Promise<number> {
  const { registeredLabs } = await import("../../client/registry/find.ts");
  const { collectGarbage } = await import("../../client/registry/list.ts");
  const { stopLab } = await import("../../client/stop.ts");
  await collectGarbage(context.locations);
  const all = await registeredLabs(context.locations);
  const labs = all.filter(({ record }) => record.server === undefined);
  const left = all.flatMap(({ name, record: { server } }) => (server === undefined ? [] : [{ name, server }]));
  const results: { name: string; how: string; message?: string }[] = [];
  const stop = async (name: string) => {
    try {
      results.push({ name, how: await stopLab(context.locations, name, stopOptions(options)) });
    } catch (error) {
      // Ended by itself meanwhile: that is what was wanted.
      if ((error as { code?: string }).code === "LAB_NOT_FOUND") return;
      results.push({ name, how: "failed", message: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  };
  if (labs.length === 0) output.note(left.length === 0 ? "No lab is running." : "No lab of yours is running.");
  else
    await showTogether(
      context.stderr.isTTY === true && !output.quiet && !output.json,
      labs.map(({ name }) => ({ title: `Take ${name} down`, task: () => stop(name) })),
      (line) => output.note(line),
    );
  results.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (output.json) output.printJson({ labs: results, left });
  const [first] = left;
  if (first !== undefined)
    output.note(
      `Labs of a server run on: ${left.map(({ name }) => name).join(", ")}. They are taken down there, or by name: netwright down -n ${first.name}`,
    );
  for (const { name, message } of results) if (message !== undefined) output.complain(`${name}: ${message}`);
  return results.some(({ how }) => how === "failed") ? 1 : 0;
}

/** Does all at once; a spinner for each on a terminal, a line for each otherwise. */
async function showTogether(
  onTerminal: boolean,
  tasks: readonly { readonly title: string; readonly task: () => Promise<void> }[],
  line: (text: string) => void,
): Promise<void> {
  if (!onTerminal) {
    const settled = await Promise.allSettled(tasks.map(({ task }) => task()));
    for (const [index, { status }] of settled.entries()) {
      line(`${tasks[index]?.title}... ${status === "fulfilled" ? "done" : "failed"}`);
    }
    return;
  }
  const { Listr } = await import("listr2");
  await new Listr([...tasks], { concurrent: true, exitOnError: false }).run();
}

const stopOptions = ({ timeout }: DownOptions) => (timeout === undefined ? {} : { timeoutMs: timeout * 1000 });
