import type { LaunchPhase } from "../../client/lab.ts";
import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { withFile, withOutput, withSelection } from "../options.ts";
import type { UpOptions } from "../start.ts";

export const apply: CommandDefinition = (program, bind) => {
  const command = program
    .command("apply")
    .summary("Change a running lab to what its file says now")
    .description(
      "Compare the lab file with the running lab, show the difference, and make it. What does not differ is not touched: its nodes, links and processes go on, and no frame on them is lost. When anything fails, the lab is as it was.",
    )
    .option("--dry-run", "print what would be done, and do nothing")
    .option("--yes", "make very many nodes without asking");
  withSelection(command);
  withOutput(withFile(command));
  withExamples(command, {
    "After editing the lab file": ["netwright apply"],
    "See what would be done": ["netwright apply --dry-run"],
    "The same file with another variable": ["netwright apply --set clients=30"],
  });
  command.action(bind<UpOptions>(applyFile));
};

async function applyFile({ context, output, options }: Session<UpOptions>): Promise<undefined> {
  const { readSelectedLab, printDifference } = await import("../start.ts");
  const { progressOf } = await import("../progress.ts");
  const { connect } = await import("../choose-lab.ts");
  const read = await readSelectedLab(context, output, options);
  const { serverInUse } = await import("../contexts.ts");
  const server = serverInUse(context);
  if (server !== undefined) {
    const { applyOnServer } = await import("../server-labs.ts");
    await applyOnServer({ context, output, options }, server, read);
    return;
  }
  const client = await connect(context, { name: read.lab.name });
  const running = await client.config();
  const { prepareImages, withKnownImages } = await import("../../client/images.ts");
  if (options.dryRun) {
    await printDifference(output, await withKnownImages(read.lab, context), running);
    return;
  }
  const progress = progressOf(context, output);
  try {
    const { file, digest } = read;
    const onPhase = (phase: LaunchPhase) => progress.phase(phase);
    const images = await prepareImages(read.lab, { ...context, onPhase });
    const { lab } = images;
    const summary = await client.apply({ lab, file, digest }, { onPhase }).finally(() => images.release());
    progress.finish();
    if (output.json) output.printJson({ lab: summary });
    else output.note(`Lab ${output.notePaint("bold", lab.name)} is as its file says.`);
  } catch (error) {
    progress.fail();
    throw error;
  }
}
