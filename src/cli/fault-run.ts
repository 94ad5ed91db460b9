import { randomInt } from "node:crypto";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import type { FaultReport } from "../api/faults.ts";
import type { LabClient } from "../client/lab.ts";
import { readNamed, reasonNotWritten } from "../client/named-file.ts";
import { formatDuration } from "../topology/duration.ts";
import { labError, NetwrightError } from "../topology/errors/error.ts";
import type { Lab } from "../topology/model.ts";
import { connect } from "./choose-lab.ts";
import type { Session } from "./command.ts";
import type { RunFaultsOptions } from "./commands/faults.ts";
import { stillInForce } from "./faults-in-force.ts";
import { findLabFile } from "./find-file.ts";
import { onInterrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";
import { harmless } from "./style.ts";

type FaultSession = Session<RunFaultsOptions>;
/** Times stand in a column as wide as an hour in milliseconds. */
const timeWidth = 9;

/** Prints the timeline of a schedule: for the lab that runs, or for its file. */
export async function previewFaults(session: FaultSession, file: string | undefined): Promise<number> {
  const { output, options } = session;
  const [{ loadFaults }, { timelineLines, timelineOf }, { actionDefinition, describeAction }, { triggerText }] =
    await Promise.all([
      import("../topology/faults/load.ts"),
      import("../topology/faults/timeline.ts"),
      import("../topology/faults/action.ts"),
      import("../topology/faults/schedule.ts"),
    ]);
  const { lab, seed: labSeed } = await labToPreview(session);
  const schedule = file === undefined ? lab.faults : loadFaults(readNamed(session.context.directory, file), file, lab);
  if (schedule === undefined) throw labError("FAULTS_MISSING", { lab: lab.name });
  const seed = options.seed ?? schedule.seed ?? labSeed ?? randomInt(2 ** 48 - 1);
  const timeline = timelineOf(schedule, seed);
  if (output.json) {
    const entries = timeline.map(({ atMs, after, action, step }) => ({
      atMs,
      ...(after === undefined ? {} : { after: triggerText(after) }),
      action: describeAction(action),
      ...actionDefinition(action),
      step,
    }));
    output.printJson({ seed, timeline: entries });
    return 0;
  }
  output.print(...timelineLines(timeline));
  if (labSeed === undefined && options.seed === undefined && schedule.seed === undefined)
    output.note(`What is drawn by chance is drawn with seed ${seed}; a lab that runs has a seed of its own.`);
  return 0;
}

/** The lab that is meant and its seed, which is not known before it runs. */
async function labToPreview({
  context,
  options,
}: FaultSession): Promise<{ readonly lab: Lab; readonly seed: number | undefined }> {
  if (options.set === undefined) {
    try {
      const client = await connect(context, options);
      return { lab: await client.config(), seed: await seedOf(client) };
    } catch (error) {
      const isGone =
        error instanceof NetwrightError && (error.code === "LAB_NOT_FOUND" || error.code === "LAB_NOT_CHOSEN");
      if (!isGone || (options.file === undefined && findLabFile(context.directory) === undefined)) throw error;
    }
  }
  const { readLab } = await import("./lab-file.ts");
  const { file, name, set } = options;
  const chosen = { ...(file && { file }), ...(name && { name }), ...(set && { set }) };
  return { lab: (await readLab(context, chosen)).lab, seed: undefined };
}

async function seedOf(client: LabClient): Promise<number | undefined> {
  for await (const event of client.events()) {
    const seed = event.data?.["seed"];
    return typeof seed === "number" ? seed : undefined;
  }
  return undefined;
}

/** Runs a schedule in the lab that runs, and prints how it goes. */
export async function runFaults(session: FaultSession, file: string | undefined): Promise<number> {
  const { context, output, options } = session;
  const text = file === undefined ? undefined : readNamed(session.context.directory, file);
  const client = await connect(context, options);
  using interrupt = onInterrupt(process);
  await using log = options.log === undefined ? undefined : await openLog(resolve(context.directory, options.log));
  let stopping: Promise<unknown> | undefined;
  const stop = () => {
    stopping = client.stopFaults().catch(() => undefined);
  };
  interrupt.signal.addEventListener("abort", stop, { once: true });
  let ended: Extract<FaultReport, { type: "ended" }> | undefined;
  for await (const report of client.runFaults(
    {
      ...(text === undefined ? {} : { text }),
      ...(file === undefined ? {} : { file }),
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      detach: options.detach === true,
    },
    // The first Ctrl-C stops the run, whose end is still reported; the second does not wait for that.
    { signal: interrupt.again },
  )) {
    if (output.json) output.printJsonLine(report);
    else print(output, report, options.detach === true);
    if (report.type === "started") await log?.write(report.head);
    else if (report.type !== "ended") await log?.write(`${report.line}\n`);
    else ended = report;
  }
  await stopping;
  if (interrupt.signal.aborted) return interrupt.exitCode();
  return options.detach === true || ended?.run.outcome === "success" ? 0 : 1;
}

function print(output: Output, report: Exclude<FaultReport, { type: "refused" }>, detached: boolean): void {
  switch (report.type) {
    case "started": {
      const { number, name, seed, total, waitingFor, log } = report.run;
      const run = `Run ${number} of faults: ${name}, ${total} to do, seed ${seed}.`;
      output.note(detached ? `${run} Its log: ${log}` : run, ...waitingFor.map((event) => `Waits for: ${event}`));
      return;
    }
    case "done":
      output.print(`${formatDuration(report.atMs).padStart(timeWidth)}  ${harmless(report.action)}`);
      return;
    case "failed": {
      const time = formatDuration(report.atMs).padStart(timeWidth);
      const failed = output.paint("red", "failed:");
      output.print(`${time}  ${harmless(report.action)}  ${failed} ${harmless(report.error.message)}`);
      return;
    }
    case "ended": {
      const { number, outcome, done, failed, total, log } = report.run;
      const counts = `${done} of ${total} done, ${failed} failed`;
      output.note(
        `Run ${number} ${outcome === "stopped" ? "was stopped" : `ended in ${outcome}`}: ${counts}. Its log: ${log}`,
      );
      if (report.inForce.length > 0) output.note(...stillInForce(report.inForce));
      return;
    }
    default:
      report satisfies never;
  }
}

async function openLog(file: string) {
  try {
    return await open(file, "w");
  } catch (error) {
    throw labError("FAULTS_LOG_FAILED", { file, reason: reasonNotWritten(error) }, { cause: error });
  }
}
