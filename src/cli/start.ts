import type { StartedLab } from "../client/index.ts";
import type { ReadLab } from "../client/lab-file.ts";
import type { Lab } from "../topology/model.ts";
import type { Context } from "./context.ts";
import type { FileOptions, SeedOptions, SelectionOptions } from "./options.ts";
import type { Output } from "./output.ts";
import { progressOf } from "./progress.ts";

export type UpOptions = FileOptions &
  SelectionOptions &
  SeedOptions & {
    readonly yes?: boolean;
    readonly dryRun?: boolean;
    /** Of `up`: measure the impaired links. */
    readonly verify?: boolean;
  };

/**
 * Reads the lab file of the options, asks before it makes very many nodes, and leaves of its processes
 * those that `--only` and `--exclude` leave.
 */
export async function readSelectedLab(context: Context, output: Output, options: UpOptions): Promise<ReadLab> {
  const [{ selectProcesses }, read] = await Promise.all([
    import("../topology/selection.ts"),
    readWithConsent(context, output, options),
  ]);
  const { warningLines } = await import("./failure.ts");
  output.note(...read.warnings.flatMap((warning) => warningLines(warning, output.notePaint)));
  const { only = [], exclude = [] } = options;
  if (only.length === 0 && exclude.length === 0) return read;
  return { ...read, lab: { ...read.lab, processes: selectProcesses(read.lab.processes, { only, exclude }) } };
}

async function readWithConsent(context: Context, output: Output, options: UpOptions): Promise<ReadLab> {
  const { readLab } = await import("./lab-file.ts");
  try {
    return await readLab(context, options);
  } catch (error) {
    const { consentQuestion } = await import("./consent.ts");
    const question = consentQuestion(error);
    const mayAsk = context.stdin.isTTY === true && context.stderr.isTTY === true && !output.json;
    if (question === undefined || !mayAsk) throw error;
    const { confirm } = await import("./consent.ts");
    if (!(await confirm(context, `${question} Start it?`))) throw error;
    return readLab(context, { ...options, yes: true });
  }
}

/** Prints what a start would do, and does nothing. */
export const printPlan = (output: Output, lab: Lab): Promise<void> => printDifference(output, lab, undefined);

/** Prints what it takes to turn a running lab into another, and does nothing. */
export async function printDifference(output: Output, wanted: Lab, running: Lab | undefined): Promise<void> {
  const { plan, planLines, planReport } = await import("../topology/plan/index.ts");
  const steps = plan(wanted, running);
  if (steps.length === 0 && !output.json) output.note("Nothing differs.");
  if (output.json) output.printJson(planReport(steps));
  else output.print(planLines(steps).join("\n"));
}

export const seedOf = ({ seed }: SeedOptions): SeedOptions => (seed === undefined ? {} : { seed });

/** Starts a lab and shows how it goes. */
export async function start(
  context: Context,
  output: Output,
  { lab, file, digest }: ReadLab,
  options: SeedOptions & { readonly signal: AbortSignal; readonly attended: boolean },
): Promise<StartedLab> {
  const { startLab } = await import("../client/launch/launch.ts");
  const progress = progressOf(context, output);
  try {
    const { locations, environment } = context;
    const started = await startLab({
      lab,
      file,
      digest,
      locations,
      environment,
      ...options,
      onPhase: (phase) => progress.phase(phase),
    });
    progress.finish();
    if (started.warnings.length > 0) {
      const { warningLines } = await import("./failure.ts");
      output.note(...started.warnings.flatMap((warning) => warningLines(warning, output.notePaint)));
    }
    return started;
  } catch (error) {
    progress.fail();
    throw error;
  }
}
