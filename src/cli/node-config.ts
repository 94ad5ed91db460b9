import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { readNamed, writeNamed } from "../client/named-file.ts";
import type { Bind } from "./command.ts";
import { withExamples } from "./examples.ts";
import { type NameOptions, withLab, withOutput } from "./options.ts";

type NodeConfigOptions = NameOptions & { readonly file?: string };

/** `config push`, `reset` and `save`: the configuration of one node of a lab that runs. */
export function nodeConfig(parent: Command, bind: Bind): void {
  const push = parent
    .command("push")
    .summary("Give a running node another configuration")
    .description(
      "Give a running node another configuration: of nftables for a firewall or nat, of dnsmasq for a dhcp-server or dns-server, of FRR for a router. It is checked first; when it is refused, the node has what it had. It stays until the node starts again.",
    )
    .argument("<node>", "the node")
    .argument("<file>", "the configuration; - for standard input");
  withOutput(withLab(push));
  withExamples(push, {
    "From a file": ["netwright config push fw strict.nft"],
    "Edit what is there": ["netwright config save r1 r1.conf && vi r1.conf && netwright config push r1 r1.conf"],
  });
  push.action(
    bind<NodeConfigOptions>(async ({ context, output, options }, node = "", file = "") => {
      const wanted = file === "-" ? await text(process.stdin) : readNamed(context.directory, file);
      const { connect } = await import("./choose-lab.ts");
      const set = await (await connect(context, options)).setNodeConfig(node, wanted);
      if (output.json) output.printJson(set);
      else output.note(`Node ${node} has the configuration of ${file === "-" ? "standard input" : file}.`);
    }),
  );

  const reset = parent
    .command("reset")
    .summary("Give a running node its lab file's configuration again")
    .description("Give a running node again the configuration that its lab file says, as it was started with.")
    .argument("<node>", "the node");
  withOutput(withLab(reset));
  withExamples(reset, { "After trying something": ["netwright config reset fw"] });
  reset.action(
    bind<NodeConfigOptions>(async ({ context, output, options }, node = "") => {
      const { connect } = await import("./choose-lab.ts");
      const set = await (await connect(context, options)).setNodeConfig(node);
      if (output.json) output.printJson(set);
      else output.note(`Node ${node} has the configuration of the lab file.`);
    }),
  );

  const save = parent
    .command("save")
    .summary("Print or keep the configuration a running node has")
    .description(
      "Print the configuration that is in force in a running node, changes made in it included, or write it to a file.",
    )
    .argument("<node>", "the node")
    .argument("[file]", "where to write it; standard output when absent");
  withOutput(withLab(save));
  withExamples(save, { "What a router runs with": ["netwright config save r1 r1.conf"] });
  save.action(
    bind<NodeConfigOptions>(async ({ context, output, options }, node = "", file) => {
      const { connect } = await import("./choose-lab.ts");
      const now = await (await connect(context, options)).nodeConfig(node);
      if (output.json) output.printJson(now);
      else if (file === undefined) output.print(now.text.replace(/\n$/, ""));
      else {
        writeNamed(context.directory, file, now.text);
        output.note(`The configuration of node ${node} is in ${file}.`);
      }
    }),
  );
}
