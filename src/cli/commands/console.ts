import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type NameOptions, withLab, withOutput } from "../options.ts";

type ConsoleOptions = NameOptions & {
  readonly file?: string;
  readonly readOnly?: boolean;
  readonly exclusive?: boolean;
  readonly history?: boolean;
};

export const console: CommandDefinition = (program, bind) => {
  const command = program
    .command("console")
    .summary("Attach to the console of a node")
    .description(
      "Attach to the console of a node: the serial console of a virtual machine, a terminal with a login shell on a host or router. What it shows is shown here, from what it showed last, and what is typed goes there. Ctrl-] detaches, and what runs there goes on. Any number of people and programs may be attached at once, and stay so through resets and power-offs.",
    )
    .argument("<node>", "whose console")
    .option("-r, --read-only", "only look")
    .option("-x, --exclusive", "let nobody else type meanwhile")
    .option("--no-history", "begin with what it shows from now on");
  withOutput(withLab(command), { json: false });
  withExamples(command, {
    "Log in": ["netwright console dut"],
    "Watch a test that types there": ["netwright console --read-only dut"],
    "What it showed from its power-on": ["netwright logs dut"],
  });
  command.action(
    bind<ConsoleOptions>(async ({ context, options }, node = "") => {
      const { connect } = await import("../choose-lab.ts");
      const { attachConsole } = await import("../attach-console.ts");
      const lab = await connect(context, options);
      const mode = options.readOnly ? "watch" : options.exclusive ? "exclusive" : "write";
      return attachConsole(context, lab, node, { mode, ...(options.history === false ? { history: 0 } : {}) });
    }),
  );
};
