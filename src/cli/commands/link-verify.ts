import { type Command, InvalidArgumentError } from "commander";
import type { VerifyRequest } from "../../api/verification.ts";
import type { Bind, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { count, type NameOptions, withLab, withOutput } from "../options.ts";

type VerifyOptions = NameOptions & {
  readonly file?: string;
  readonly frames?: number;
  readonly seconds?: number;
  readonly tolerance?: number;
};

/** `link verify`: what is asked of a link against what it does. */
export function addVerifyCommand(link: Command, bind: Bind): void {
  const verify = link
    .command("verify")
    .summary("Measure a link: requested against achieved")
    .description(
      "Send probe frames through a link, in each direction, and print what was asked of it beside what they met: delay and how it is spread, loss, duplicates, corruption, order, rate. When a figure is out of tolerance twice, the exit code is 1.\n\nShares are given with the range they lie in with 99.9 % confidence: more frames make it narrower. Other traffic on the link disturbs what is measured, and is disturbed by it, above all by the part that fills the link to measure its rate.",
    )
    .argument("<link...>", "the link")
    .option("--frames <count>", "probe frames in each direction; default: 3000", count)
    .option("--seconds <number>", "how long they are sent, at most; default: 3, longer for more frames", positive)
    .option("--tolerance <time>", "by how much delays may be off because the machine is late; default: 1ms", time);
  withOutput(withLab(verify));
  withExamples(verify, {
    "By the nodes it joins": ["netwright link verify r1 r2"],
    "A small loss, measured closely": ["netwright link verify r1:eth1 --frames 100000"],
    "On a machine that is busy": ["netwright link verify r1 r2 --tolerance 10ms"],
  });
  verify.action(bind<VerifyOptions>((session, ...words) => verifyLink(session, words.flat())));
}

async function verifyLink(
  { context, output, options }: Session<VerifyOptions>,
  words: readonly string[],
): Promise<number> {
  const { connect } = await import("../choose-lab.ts");
  const { findLink } = await import("../../topology/find-link.ts");
  const { onInterrupt } = await import("../interrupt.ts");
  const { measureLink, outOfTolerance, verificationLines } = await import("../verification.ts");
  const client = await connect(context, options);
  const { links } = await client.config();
  const id = findLink(client.name, links, words);
  using interrupt = onInterrupt(process);
  try {
    const verification = await measureLink({ context, output }, client, id, requestOf(options), interrupt.signal);
    const error = outOfTolerance(verification);
    if (output.json) output.printJson({ verification, ...(error === undefined ? {} : { errors: [error.toReport()] }) });
    else output.print(...verificationLines(verification, output.paint));
    if (error !== undefined && !output.json) throw error;
    return error === undefined ? 0 : error.exitCode;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    return interrupt.exitCode();
  }
}

const requestOf = ({ frames, seconds, tolerance }: VerifyOptions): VerifyRequest => ({
  ...(frames === undefined ? {} : { frames }),
  ...(seconds === undefined ? {} : { seconds }),
  ...(tolerance === undefined ? {} : { toleranceMs: tolerance }),
});

function positive(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0) throw new InvalidArgumentError("Give a number above 0.");
  return value;
}

function time(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?(us|ms|s)$/.exec(text);
  const unitMs = { us: 0.001, ms: 1, s: 1000 } as const;
  if (match === null) throw new InvalidArgumentError("Give a time, e.g. 5ms.");
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}
