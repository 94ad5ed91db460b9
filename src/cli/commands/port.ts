import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type NameOptions, withLab, withOutput } from "../options.ts";
import { table } from "../table.ts";

type PortOptions = NameOptions & { readonly file?: string };

export const port: CommandDefinition = (program, bind) => {
  const command = program
    .command("port")
    .summary("List the ports of this machine that lead into nodes")
    .description(
      "List the ports of this machine that lead into the nodes of a running lab, as `ports:` of the lab file publishes them.",
    )
    .argument("[node]", "only those of this node");
  withOutput(withLab(command));
  withExamples(command, {
    "Of the lab here": ["netwright port"],
    "Open a node's site, wherever it is published": [
      "curl http://$(netwright port web --json | jq -r '.ports[0] | \"\\(.address):\\(.hostPort)\"')/",
    ],
  });
  command.action(
    bind<PortOptions>(async ({ context, output, options }: Session<PortOptions>, node?: string) => {
      const { connect } = await import("../choose-lab.ts");
      const client = await connect(context, options);
      const ports = await client.ports(node);
      if (output.json) output.printJson({ ports });
      else if (ports.length === 0)
        output.note(node === undefined ? "No port of this machine leads into the lab." : `No port leads to ${node}.`);
      else {
        const rows = ports.map(({ address, hostPort, protocol, node, port, to }) => [
          `${address.includes(":") ? `[${address}]` : address}:${hostPort}/${protocol}`,
          node,
          to === undefined ? String(port) : `${to.includes(":") ? `[${to}]` : to}:${port}`,
        ]);
        output.print(table(["THIS MACHINE", "NODE", "PORT"], rows, (text) => output.paint("bold", text)).join("\n"));
      }
      return 0;
    }),
  );
};
