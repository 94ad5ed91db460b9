import { type Command, Option } from "commander";
import type { Bind, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { count, type NameOptions, withLab, withOutput } from "../options.ts";

type AddOptions = NameOptions & {
  readonly file?: string;
  readonly subnet?: readonly string[];
  readonly mtu?: number;
  readonly preset?: string;
  readonly medium?: "auto" | "kernel" | "wire";
};

/** `link add` and `link rm`. */
export function addEditCommands(link: Command, bind: Bind): void {
  const add = link
    .command("add")
    .summary("Add a link to the running lab")
    .description(
      "Add a link between two nodes of a running lab, as if its file had it: what is there stays as it is. An end without an interface gets the node's first one without a cable, or a new one. The lab file is not changed: a later `apply` of it takes the link away again.",
    )
    .argument("<a>", "one end: node or node:interface")
    .argument("<b>", "the other end")
    .addOption(
      new Option("--subnet <prefix>", "gives each end an address; may be given for IPv4 and IPv6").argParser(
        (prefix: string, previous: readonly string[] | undefined) => [...(previous ?? []), prefix],
      ),
    )
    .addOption(new Option("--mtu <bytes>", "largest packet").argParser(count))
    .option("--preset <name>", "a link of real life, e.g. 4g; more with `link set`")
    .addOption(new Option("--medium <medium>", "what carries it").choices(["auto", "kernel", "wire"]));
  withOutput(withLab(add));
  withExamples(add, {
    "A second cable between two routers": ["netwright link add r1 r3 --subnet 10.0.99.0/30"],
    "Another host at a switch": ["netwright link add h9:eth0 s1"],
  });
  add.action(
    bind<AddOptions>(async ({ context, output, options }: Session<AddOptions>, a = "", b = "") => {
      const { connect } = await import("../choose-lab.ts");
      const { subnet, mtu, preset, medium } = options;
      const status = await (await connect(context, options)).addLink({
        endpoints: [a, b],
        ...(subnet === undefined ? {} : { subnet }),
        ...(mtu === undefined ? {} : { mtu }),
        ...(preset === undefined ? {} : { impairment: { preset } }),
        ...(medium === undefined ? {} : { medium }),
      });
      if (output.json) output.printJson({ link: status });
      else output.note(`Link ${status.id} is ${status.state}.`);
      return 0;
    }),
  );

  const remove = link
    .command("rm")
    .summary("Remove a link from the running lab")
    .description(
      "Remove a link from a running lab. Interfaces of machines stay, with their addresses and without a cable; ports of switches go. The lab file is not changed: a later `apply` of it brings the link back.",
    )
    .argument("<link...>", "the link");
  withOutput(withLab(remove));
  withExamples(remove, { "By the nodes it joins": ["netwright link rm r1 r3"] });
  remove.action(
    bind<AddOptions>(async ({ context, output, options }: Session<AddOptions>, ...words) => {
      const { connect } = await import("../choose-lab.ts");
      const { findLink } = await import("../../topology/find-link.ts");
      const client = await connect(context, options);
      const { links } = await client.config();
      const id = findLink(client.name, links, words.flat());
      await client.removeLink(id);
      if (output.json) output.printJson({ removed: id });
      else output.note(`Link ${id} is gone.`);
      return 0;
    }),
  );
}
