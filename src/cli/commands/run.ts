import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { withFile, withOutput, withSeed, withSelection } from "../options.ts";
import type { UpOptions } from "../start.ts";

export type RunOptions = UpOptions & { readonly node?: string };

export const run: CommandDefinition = (program, bind) => {
  const command = program
    .command("run")
    .summary("Start a lab, run a command or its processes, take it down")
    .description(
      "Start a lab in the foreground, run a command, take the lab down, and exit with the command's code. The command runs on this machine, with NETWRIGHT_LAB and NETWRIGHT_SOCKET set, so that netwright commands in it mean this lab; or in a node with --node.\n\nWithout a command, follow the output of the lab's processes until its mode decides, and exit with the outcome: 0, or the code of the process that failed. The lab ends with this command, however that ends; and when it is killed, the command on this machine gets SIGTERM. When its name is taken, a number is added. On a server, a command that is killed (-9) leaves its lab.",
    )
    .argument("[file]", "lab file; default: that of --file, or the one here")
    .argument("[command...]", "after --: what to run")
    .option("--node <node>", "run the command in this node")
    .option("--dry-run", "print what would be done, and do nothing")
    .option("--yes", "start very large labs without asking");
  withSeed(withSelection(command));
  withOutput(withFile(command));
  withExamples(command, {
    "A test suite on a lab of its own": ["netwright run lab.yaml -- npm test"],
    "A command in a node": ["netwright run lab.yaml --node h1 -- ping -c 3 h2"],
    "Processes until they have ended": ["netwright run examples/supervise/lab.yaml"],
  });
  command.action(
    bind<RunOptions>(async (session, file, ...words) => {
      const { runLab } = await import("../run-lab.ts");
      return runLab(withFileOperand(session, file), [...words, ...(session.context.rest ?? [])]);
    }),
  );
};

/** The file may be named as docker names an image, or with --file as in the other commands. */
const withFileOperand = (session: Session<RunOptions>, file: string | undefined): Session<RunOptions> =>
  file === undefined ? session : { ...session, options: { ...session.options, file } };
