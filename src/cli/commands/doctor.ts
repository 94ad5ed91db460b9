import type { CheckResult } from "../../client/doctor/check.ts";
import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { withOutput } from "../options.ts";
import type { Paint } from "../style.ts";

const marks = { ok: ["green", "✔"], limited: ["yellow", "!"], missing: ["red", "✖"], unknown: ["dim", "?"] } as const;

export const doctor: CommandDefinition = (program, bind) => {
  const command = program
    .command("doctor")
    .summary("Tell what this machine can and cannot do")
    .description(
      "Tell what this machine can and cannot do, what each missing thing is needed for, and the command that mends it. Things are tried, not looked up, in a sandbox of their own; nothing is changed. The exit code is 3 when no lab can run here.",
    );
  withOutput(command);
  withExamples(command, {
    "What is missing": ["netwright doctor"],
    "For a script": ["netwright doctor --json | jq '.checks[] | select(.status != \"ok\")'"],
  });
  command.action(
    bind(async ({ context, output }) => {
      const { noteOfThisMachine } = await import("../contexts.ts");
      noteOfThisMachine({ context, output }, "This is about this machine, and not about the server in use.");
      const { examine } = await import("../../client/doctor/doctor.ts");
      const checks = await examine(context.environment);
      const able = !checks.some(({ required, status }) => required && status !== "ok");
      if (output.json) output.printJson({ able, checks });
      else
        output.print(...checks.flatMap((check) => lines(check, output.paint)), "", verdict(able, checks, output.paint));
      return able ? 0 : 3;
    }),
  );
};

function lines({ name, status, detail, neededFor, mend }: CheckResult, paint: Paint): string[] {
  const [ink, mark] = marks[status];
  const first = `${paint(ink, mark)} ${paint("bold", name.padEnd(28))} ${detail}`;
  if (status === "ok") return [first];
  return [first, `    needed for ${neededFor}`, ...(mend === undefined ? [] : [`    ${paint("cyan", mend)}`])];
}

function verdict(able: boolean, checks: readonly CheckResult[], paint: Paint): string {
  if (!able) return paint("red", "Labs cannot run here yet: mend what is marked ✖ and needed for every lab.");
  const lacking = checks.filter(({ status }) => status === "missing" || status === "limited").length;
  if (lacking === 0) return paint("green", "Everything works.");
  return `${paint("green", "Labs run here.")} ${lacking} ${lacking === 1 ? "thing is" : "things are"} missing or limited, each for what it says.`;
}
