import { Option } from "commander";
import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { stillInForce } from "../faults-in-force.ts";
import { type FileOptions, type SeedOptions, setOption, withLab, withOutput, withSeed } from "../options.ts";

export type RunFaultsOptions = FileOptions &
  SeedOptions & { readonly dryRun?: boolean; readonly detach?: boolean; readonly log?: string };
type FaultsOptions = FileOptions & { readonly heal?: boolean };

export const faults: CommandDefinition = (program, bind) => {
  const command = program
    .command("faults")
    .summary("Run schedules of faults in a lab")
    .description(
      "Run a schedule of faults in a lab: links cut and impaired, nodes stopped, partitions, at times or after events, repeated, or drawn by chance from a seed. One schedule runs at a time. The log of a run is a fault file that does the same again.",
    );

  const run = command
    .command("run")
    .summary("Run the faults of a file")
    .description(
      "Run the faults of a file in a running lab, print each as it is done, and end when all are done. Everything in the file is checked before the first. A fault that cannot be done is told, and the run goes on; the exit code then is 1. Ctrl-C stops the run; what is in force stays until `faults stop --heal`. Without a file, run what the lab file has under `faults`.",
    )
    .argument("[file]", "the fault file; without, the faults of the lab file")
    .option("--dry-run", "print what would be done and when, and do nothing; the lab need not run")
    .option("-d, --detach", "return once the run has begun; it goes on in the lab")
    .addOption(new Option("--log <file>", "write the log of the run to this file, too").conflicts("detach"));
  withSeed(run, "seed of all that is drawn by chance; default: the file's, else the lab's");
  withOutput(
    withLab(run).addOption(
      setOption("with --dry-run, of a lab that does not run: a variable of its file; may be given several times"),
    ),
  );
  withExamples(run, {
    "Faults of a file": ["netwright faults run chaos.yaml"],
    "See what would be done": ["netwright faults run chaos.yaml --seed 7 --dry-run"],
    "Once more the same, from the log": [
      "netwright faults run chaos.yaml --log done.yaml",
      "netwright faults run done.yaml",
    ],
  });
  run.action(
    bind<RunFaultsOptions>(async (session, file) => {
      const { previewFaults, runFaults } = await import("../fault-run.ts");
      return session.options.dryRun === true ? previewFaults(session, file) : runFaults(session, file);
    }),
  );

  const status = command
    .command("status")
    .summary("Print how runs of faults go")
    .description(
      "Print the runs of fault schedules in a lab: what comes next, what they wait for, and what is in force.",
    );
  withOutput(withLab(status));
  withExamples(status, { "In the lab here": ["netwright faults status"] });
  status.action(bind<FaultsOptions>(printStatus));

  const stop = command
    .command("stop")
    .summary("Stop a run of faults")
    .description(
      "Stop the fault schedule that is being run. What is in force stays so; with --heal it is ended: links plugged in and cleared, nodes started, the partition healed.",
    )
    .option("--heal", "also end what runs have left in force, whether or not one is being run");
  withOutput(withLab(stop));
  withExamples(stop, { "And put everything right": ["netwright faults stop --heal"] });
  stop.action(bind<FaultsOptions>(stopFaults));
};

async function printStatus({ context, output, options }: Session<FaultsOptions>): Promise<undefined> {
  const { connect } = await import("../choose-lab.ts");
  const { table } = await import("../table.ts");
  const { formatDuration } = await import("../../topology/duration.ts");
  const client = await connect(context, options);
  const status = await client.faults();
  if (output.json) {
    output.printJson(status);
    return;
  }
  if (status.runs.length === 0) {
    output.note(`No faults have been run in lab ${client.name}.`);
    return;
  }
  const rows = status.runs.map(({ number, name, seed, state, outcome, elapsedMs, done, failed, total }) => [
    number,
    name,
    outcome ?? state,
    formatDuration(Math.round(elapsedMs / 1000) * 1000),
    `${done}/${total}`,
    failed,
    seed,
  ]);
  output.print(
    ...table(["RUN", "FAULTS OF", "STATE", "TIME", "DONE", "FAILED", "SEED"], rows, (text) =>
      output.paint("bold", text),
    ),
  );
  const { next, waitingFor = [], log } = status.runs.at(-1) ?? {};
  output.print(
    "",
    ...(next === undefined ? [] : [`Next, in ${formatDuration(next.inMs)}: ${next.action}`]),
    ...waitingFor.map((event) => `Waits for: ${event}`),
    ...(status.inForce.length === 0 ? [] : ["Still in force, until:", ...status.inForce.map((end) => `  ${end}`)]),
    `Log: ${log}`,
  );
}

async function stopFaults({ context, output, options }: Session<FaultsOptions>): Promise<number> {
  const { connect } = await import("../choose-lab.ts");
  const client = await connect(context, options);
  const { run, healed, failed, inForce } = await client.stopFaults({ heal: options.heal === true });
  if (output.json) output.printJson({ ...(run === undefined ? {} : { run }), healed, failed, inForce });
  else {
    if (run !== undefined) output.note(`Run ${run.number} (${run.name}) is stopped: ${run.done} of ${run.total} done.`);
    if (options.heal === true && healed.length === 0 && failed.length === 0) output.note("Nothing was in force.");
    output.note(...healed.map((action) => `Done: ${action}`));
    for (const { action, error } of failed)
      output.complain(`${output.notePaint("red", "Failed:")} ${action}: ${error.message}`);
    if (options.heal !== true && inForce.length > 0) output.note(...stillInForce(inForce));
  }
  return failed.length === 0 ? 0 : 1;
}
