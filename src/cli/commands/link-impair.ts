import { type Command, Option } from "commander";
import type { ImpairmentSettings } from "../../topology/impairment/settings.ts";
import type { Bind, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type NameOptions, withLab, withOutput } from "../options.ts";

type ImpairOptions = NameOptions & {
  readonly file?: string;
  readonly from?: string;
  readonly preset?: string;
  readonly delay?: string;
  readonly jitter?: string;
  readonly distribution?: string;
  readonly loss?: string;
  readonly rate?: string;
  readonly queue?: string;
  readonly duplicate?: string;
  readonly corrupt?: string;
  readonly reorder?: string;
  readonly medium?: "auto" | "kernel" | "wire";
};

/** `link set`, `link clear` and `link stats`: what happens to frames on a link. */
export function addImpairCommands(link: Command, bind: Bind): void {
  const set = link
    .command("set")
    .summary("Impair a link: delay, loss, rate, …")
    .description(
      "Impair a link while the lab runs: what is given replaces what the link did before, in both directions or, with --from, in one. Frames are counted as they would be on the wire: offload super-frames are split first. The nodes keep carrier and addresses.\n\nWith a preset, the end that is named first is the customer's: the phone, the modem, the dish.",
    )
    .argument("<link...>", "the link")
    .option("--from <end>", "only the direction that leaves this node or interface")
    .option("--preset <name>", "a link of real life, e.g. 4g, dsl, satellite-geo; other options change it")
    .option("--delay <time>", "e.g. 20ms")
    .option("--jitter <time>", "around the delay, e.g. 5ms")
    .addOption(new Option("--distribution <shape>", "of the jitter").choices(["uniform", "normal", "pareto"]))
    .option("--loss <share>", "e.g. 0.1%")
    .option("--rate <rate>", "e.g. 10mbit")
    .option("--queue <size>", "what may wait for the rate, e.g. 64kb or 1000p")
    .option("--duplicate <share>", "e.g. 0.1%")
    .option("--corrupt <share>", "one bit of such a share of the frames is inverted")
    .option("--reorder <share>", "such a share of the frames skips the delay")
    .addOption(
      new Option(
        "--medium <medium>",
        "what carries the link: the kernel's queues, a wire (a process of the lab), or what can do it",
      ).choices(["auto", "kernel", "wire"]),
    );
  withOutput(withLab(set));
  withExamples(set, {
    "20 ms and 1 % loss each way": ["netwright link set r1 r2 --delay 20ms --loss 1%"],
    "One direction only": ["netwright link set r1:eth1 --from r1 --rate 2mbit"],
    "A phone on 4G": ["netwright link set h1 r1 --preset 4g"],
  });
  set.action(bind<ImpairOptions>((session, ...words) => impair(session, words.flat())));

  const clear = link
    .command("clear")
    .summary("Take all impairments from a link")
    .description("Take all impairments from a link, in both directions.")
    .argument("<link...>", "the link");
  withOutput(withLab(clear));
  withExamples(clear, { "By the nodes it joins": ["netwright link clear r1 r2"] });
  clear.action(bind<ImpairOptions>((session, ...words) => change(session, words.flat(), () => ({ ab: {}, ba: {} }))));

  const stats = link
    .command("stats")
    .summary("What an impaired link did to its frames")
    .description(
      "Print, for each direction of an impaired link, what was sent, lost, dropped, corrupted, duplicated and reordered, what is under way, and how late its frames were at worst.",
    )
    .argument("<link...>", "the link");
  withOutput(withLab(stats));
  withExamples(stats, { "By one of its interfaces": ["netwright link stats r1:eth1"] });
  stats.action(bind<ImpairOptions>((session, ...words) => printStatistics(session, words.flat())));
}

async function impair(session: Session<ImpairOptions>, words: readonly string[]): Promise<number | undefined> {
  const { impairmentOf } = await import("../../topology/impairment/index.ts");
  const { isEnd } = await import("../../topology/find-link.ts");
  const { labError } = await import("../../topology/errors/error.ts");
  const { from, medium } = session.options;
  const settings = settingsOf(session.options);
  const isAsked = Object.values(settings).some((value) => value !== undefined);
  // A medium alone leaves the impairments as they are.
  if (!isAsked && medium !== undefined) return change(session, words, () => ({ medium }));
  return change(session, words, (link) => ({ ...(medium === undefined ? {} : { medium }), ...impairmentsOf(link) }));

  function impairmentsOf(link: LinkEnds): object {
    if (from !== undefined) {
      const direction = isEnd(link.a, from) ? "ab" : isEnd(link.b, from) ? "ba" : undefined;
      if (direction === undefined) throw labError("LINK_END_UNKNOWN", { link: link.id, end: from });
      return { [direction]: impairmentOf(settings, "up") };
    }
    const isBFirst = words[0] !== undefined && isEnd(link.b, words[0]);
    const [up, down] = [impairmentOf(settings, "up"), impairmentOf(settings, "down")];
    return isBFirst ? { ab: down, ba: up } : { ab: up, ba: down };
  }
}

/** The options that are about the impairment itself, under the names that lab files use. */
function settingsOf({
  preset,
  delay,
  jitter,
  distribution,
  loss,
  rate,
  queue,
  duplicate,
  corrupt,
  reorder,
}: ImpairOptions): ImpairmentSettings {
  return { preset, delay, jitter, distribution, loss, rate, queue, duplicate, corrupt, reorder } as ImpairmentSettings;
}

type LinkEnds = {
  readonly id: string;
  readonly a: { readonly node: string; readonly interface: string };
  readonly b: { readonly node: string; readonly interface: string };
};

async function change(
  { context, output, options }: Session<ImpairOptions>,
  words: readonly string[],
  impairmentsOf: (link: LinkEnds) => object,
): Promise<undefined> {
  const { connect } = await import("../choose-lab.ts");
  const { findLink } = await import("../../topology/find-link.ts");
  const client = await connect(context, options);
  const { links } = await client.config();
  const id = findLink(client.name, links, words);
  const link = links.find((one) => one.id === id) as LinkEnds;
  const status = await client.impairLink(id, impairmentsOf(link));
  if (output.json) {
    output.printJson({ link: status });
    return;
  }
  const { describeImpairment } = await import("../../topology/impairment/index.ts");
  output.note(
    `Link ${id}:`,
    `  ${status.a} → ${status.b}  ${describeImpairment(status.ab)}`,
    `  ${status.b} → ${status.a}  ${describeImpairment(status.ba)}`,
  );
}

type Counts = Readonly<Record<string, number>>;

async function printStatistics(
  { context, output, options }: Session<ImpairOptions>,
  words: readonly string[],
): Promise<undefined> {
  const { connect } = await import("../choose-lab.ts");
  const { findLink } = await import("../../topology/find-link.ts");
  const { table } = await import("../table.ts");
  const client = await connect(context, options);
  const { links } = await client.config();
  const id = findLink(client.name, links, words);
  const statistics = await client.linkStatistics(id);
  if (output.json) {
    output.printJson(statistics);
    return;
  }
  const ab: Counts | undefined = statistics.ab ?? statistics.queues?.ab;
  const ba: Counts | undefined = statistics.ba ?? statistics.queues?.ba;
  const [counted] = [ab, ba].filter((one) => one !== undefined);
  if (counted === undefined) {
    output.note(`Link ${id} is not impaired: the kernel carries it and counts at its interfaces (ip -s link).`);
    return;
  }
  const [from = "", to = ""] = id.split(" — ");
  const rows = Object.keys(counted).map((key) => [key, ab?.[key] ?? "", ba?.[key] ?? ""]);
  output.print(...table(["", `FROM ${from}`, `FROM ${to}`], rows, (text) => output.paint("bold", text)));
}
