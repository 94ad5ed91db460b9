import type { ControlledLab } from "../../api/index.ts";
import type { LabSummary } from "../../api/resources.ts";
import type { LabClient } from "../../client/lab.ts";
import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import type { Interrupt } from "../interrupt.ts";
import { withFile, withOutput, withSeed, withSelection } from "../options.ts";
import type { UpOptions } from "../start.ts";

export const up: CommandDefinition = (program, bind) => {
  const command = program
    .command("up")
    .summary("Start a lab")
    .description(
      "Start the lab of a file and return when it runs: nodes made, links connected, services up, processes started and ready. It goes on in the background, without root and without a daemon, until it is taken down or its mode ends it. When anything fails, or on Ctrl-C, what had been made is removed.",
    )
    .option(
      "--verify",
      "when it runs, measure every link that is impaired (as `link verify` does); when one is out of tolerance, the exit code is 1 and the lab runs on",
    )
    .option("--dry-run", "print what would be done, and do nothing")
    .option("--yes", "start very large labs without asking");
  withSeed(withSelection(command));
  withOutput(withFile(command));
  withExamples(command, {
    "The lab of the file here": ["netwright up"],
    "A second copy, side by side": ["netwright up -n office-2"],
    "With a variable of the file": ["netwright up -f lab.yaml --set clients=20"],
    "See what would be done": ["netwright up --dry-run"],
    "Make sure that impaired links do what the file says": ["netwright up --verify"],
  });
  command.action(bind<UpOptions>(startLab));
};

async function startLab({ context, output, options }: Session<UpOptions>): Promise<number> {
  const { readSelectedLab, printPlan, seedOf, start } = await import("../start.ts");
  const { onInterrupt } = await import("../interrupt.ts");
  const beganAt = performance.now();
  const read = await readSelectedLab(context, output, options);
  const { serverInUse } = await import("../contexts.ts");
  const server = serverInUse(context);
  if (server !== undefined && !options.dryRun) {
    const { upOnServer } = await import("../server-labs.ts");
    return upOnServer({ context, output, options }, server, read, {
      whatNext: (elapsed) => whatNext(output, read.lab, elapsed, options),
      verify: (client, started, interrupt) => verifyLinks({ context, output, options }, client, started, interrupt),
    });
  }
  if (options.dryRun) {
    const { withKnownImages } = await import("../../client/images.ts");
    await printPlan(output, await withKnownImages(read.lab, context));
    return 0;
  }
  using interrupt = onInterrupt(process);
  try {
    const { summary, client } = await start(context, output, read, {
      signal: interrupt.signal,
      attended: false,
      ...seedOf(options),
    });
    const elapsed = (performance.now() - beganAt) / 1000;
    const seconds = Number(elapsed.toFixed(3));
    if (options.verify)
      return await verifyLinks({ context, output, options }, client, { lab: summary, seconds }, interrupt);
    if (output.json) output.printJson({ lab: summary, seconds });
    else output.note(...whatNext(output, read.lab, elapsed, options));
    return 0;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    const { failureOf } = await import("../failure.ts");
    const failure = failureOf(error, { paint: output.notePaint, verbose: output.verbose });
    if (output.json) output.printJson({ errors: failure.reports });
    else output.complain(...failure.lines);
    return interrupt.exitCode();
  }
}

/** Measures the impaired links of a lab that runs. It runs on whatever comes out, so that one can look. */
async function verifyLinks(
  { context, output }: Session<UpOptions>,
  client: LabClient,
  started: { readonly lab: LabSummary | ControlledLab; readonly seconds: number },
  { signal }: Interrupt,
): Promise<number> {
  const { verifyImpaired } = await import("../verification.ts");
  const { failureOf } = await import("../failure.ts");
  const { verifications, errors } = await verifyImpaired({ context, output }, client, signal);
  const failure = failureOf(errors.length === 1 ? errors[0] : new AggregateError(errors), {
    paint: output.notePaint,
    verbose: output.verbose,
  });
  if (output.json)
    output.printJson({ ...started, verifications, ...(errors.length === 0 ? {} : { errors: failure.reports }) });
  if (errors.length === 0) {
    const all =
      verifications.length === 1 ? "The one impaired link does" : `All ${verifications.length} impaired links do`;
    output.note(
      verifications.length === 0
        ? `Lab ${started.lab.name} runs. None of its links is impaired: there is nothing to verify.`
        : `Lab ${started.lab.name} runs. ${all} what is asked of ${verifications.length === 1 ? "it" : "them"}.`,
    );
    return 0;
  }
  if (!output.json) output.complain(...failure.lines, `Lab ${started.lab.name} runs on.`);
  return failure.exitCode;
}

function whatNext(
  { notePaint: paint }: Session<UpOptions>["output"],
  {
    name,
    nodes,
  }: { readonly name: string; readonly nodes: readonly { readonly name: string; readonly kind: string }[] },
  elapsed: number,
  options: UpOptions,
): string[] {
  // Commands that find the lab by the file here need no name.
  const by = options.name === undefined && options.file === undefined ? "" : ` -n ${name}`;
  const machine = nodes.find((node) => node.kind === "host" || node.kind === "router")?.name;
  const appliance = nodes.find((node) => node.kind === "appliance")?.name;
  return [
    `Lab ${paint("bold", name)} runs (${elapsed.toFixed(1)} s). Next:`,
    ...(machine === undefined ? [] : [`  netwright exec${by} ${machine} -- ip address`]),
    ...(appliance === undefined ? [] : [`  netwright console${by} ${appliance}`]),
    `  netwright ps${by}`,
    `  netwright down${by}`,
  ];
}
