import type { Impairment } from "../../topology/impairment/impairment.ts";
import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type NameOptions, withLab, withOutput } from "../options.ts";
import { table } from "../table.ts";
import { addEditCommands } from "./link-edit.ts";
import { addImpairCommands } from "./link-impair.ts";
import { addVerifyCommand } from "./link-verify.ts";

type LinkOptions = NameOptions & { readonly file?: string };

export const link: CommandDefinition = (program, bind) => {
  const command = program
    .command("link")
    .summary("List links, cut them, impair them")
    .description(
      "List the links of a running lab, cut one and plug it in again, delay and lose its frames.\n\nA link is named by one of its interfaces (r1:eth1), by the two nodes it joins (r1 r2), or by its id as `link ls` shows it.",
    );
  const list = command
    .command("ls")
    .summary("List links and their state")
    .description("List the links of a running lab: what carries them, whether they are up, their MTU.");
  withOutput(withLab(list));
  list.action(bind<LinkOptions>(listLinks));
  withExamples(list, { "All links": ["netwright link ls"] });
  for (const [verb, summary, description] of [
    [
      "down",
      "Cut a link",
      "Cut a link, as if its cable were pulled: both ends lose carrier (NO-CARRIER). The interfaces stay up and keep their addresses.",
    ],
    ["up", "Plug a link in again", "Plug a link in again that was cut: both ends get carrier."],
  ] as const) {
    const one = command.command(verb).summary(summary).description(description).argument("<link...>", "the link");
    withOutput(withLab(one));
    withExamples(one, {
      "By one of its interfaces": [`netwright link ${verb} r1:eth1`],
      "By the nodes it joins": [`netwright link ${verb} r1 r2`],
    });
    one.action(bind<LinkOptions>((session, ...words) => setLink(session, verb, words.flat())));
  }
  addImpairCommands(command, bind);
  addVerifyCommand(command, bind);
  addEditCommands(command, bind);
};

async function listLinks({ context, output, options }: Session<LinkOptions>): Promise<undefined> {
  const { connect } = await import("../choose-lab.ts");
  const { describeImpairment } = await import("../../topology/impairment/index.ts");
  const bothWays = (ab: Impairment | undefined, ba: Impairment | undefined) => {
    if (ab === undefined && ba === undefined) return "";
    const [there, back] = [describeImpairment(ab), describeImpairment(ba)];
    return there === back ? there : `${there} → ← ${back}`;
  };
  const { linkStatus } = await (await connect(context, options)).detail();
  if (output.json) {
    output.printJson({ links: linkStatus });
    return;
  }
  output.print(
    ...table(
      ["LINK", "STATE", "MEDIUM", "MTU", "IMPAIRED"],
      linkStatus.map(({ id, state, medium, mtu, ab, ba }) => [id, state, medium, mtu, bothWays(ab, ba)]),
      (heading) => output.paint("bold", heading),
    ),
  );
}

async function setLink(
  { context, output, options }: Session<LinkOptions>,
  state: "up" | "down",
  words: readonly string[],
): Promise<undefined> {
  const { connect } = await import("../choose-lab.ts");
  const { findLink } = await import("../../topology/find-link.ts");
  const client = await connect(context, options);
  const { links } = await client.config();
  const status = await client.setLink(findLink(client.name, links, words), state);
  if (output.json) output.printJson({ link: status });
  else output.note(`Link ${status.id} is ${status.state}.`);
}
