import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type NameOptions, withLab, withOutput } from "../options.ts";

type PartitionOptions = NameOptions & { readonly file?: string };

export const partition: CommandDefinition = (program, bind) => {
  const command = program
    .command("partition")
    .summary("Say which nodes can reach which")
    .description(
      `Partition a running lab: which nodes hear which, as one state of the whole lab that takes the place of the one before. The cut is silent: interfaces keep their carrier, and what is sent is lost on the way. Without a verb, print the partition in force.

  isolate NODE…                 each of them alone, the others together
  split NODE… -- NODE…          these groups; a node may be in several, and those in none are alone
  disjoint NODE… -- NODE…       these groups, with every node in exactly one
  halves                        the first half of the nodes and the second
  majority-ring                 everyone hears a majority, and no two the same one
  one-way NODE… '->' NODE…      the first are heard by the second and do not hear them
  heal                          everyone hears everyone again

Switches are on no side: they keep the ports of their machines apart. Routers are nodes like any other.`,
    )
    .argument("[words...]", "the verb and what follows it")
    // For `->`.
    .allowUnknownOption();
  withOutput(withLab(command));
  withExamples(command, {
    "A node that nobody hears": ["netwright partition isolate db2"],
    "Three against two, with n3 in between": ["netwright partition split n1 n2 n3 -- n3 n4 n5"],
    "The lab whole again": ["netwright partition heal"],
  });
  command.action(bind<PartitionOptions>(setPartition));
};

async function setPartition(
  { context, output, options }: Session<PartitionOptions>,
  ...operands: readonly string[]
): Promise<undefined> {
  const { connect } = await import("../choose-lab.ts");
  const client = await connect(context, options);
  const words = [...operands, ...(context.rest === undefined ? [] : ["--", ...context.rest])];
  const state = words.length === 0 ? (await client.detail()).partition : await client.partition(words);
  if (output.json) output.printJson({ partition: state });
  else if (words.length === 0) output.print(state.words.join(" "));
  else
    output.note(state.words[0] === "heal" ? "The lab is whole." : `The lab is partitioned: ${state.words.join(" ")}`);
}
