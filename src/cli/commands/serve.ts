import { labError } from "../../topology/errors/error.ts";
import type { CommandDefinition } from "../command.ts";
import { withExamples } from "../examples.ts";
import { faultText } from "../failure.ts";
import { withOutput } from "../options.ts";
import { serverBackup } from "../server-backup.ts";

type ServeOptions = { readonly config?: string };

export const serve: CommandDefinition = (program, bind) => {
  const command = program
    .command("serve")
    .summary("Serve labs to a team, by HTTP")
    .description(
      "Serve labs to a team: users, projects with roles and quotas, topologies with versions, and labs, which run on this machine as the user that serves. When there is no user yet, makes an administrator and prints the password. Ctrl-C ends it; the labs go on, and the next start finds them.",
    )
    // Not required by commander: then the commands below would not go without it either.
    .option("-c, --config <file>", "the server's configuration");
  withOutput(command);
  serverBackup(command, bind);
  withExamples(command, { "With a configuration": ["netwright serve --config server.yaml"] });
  command.action(
    bind<ServeOptions>(async ({ context, output, options }) => {
      if (options.config === undefined) throw labError("SERVER_CONFIG_MISSING", {});
      const { resolve } = await import("node:path");
      const { Controller, findPages, isOpenToNodes, LocalAgent, newSecret, readServerConfig } = await import(
        "../../controller/index.ts"
      );
      const { findInstallation } = await import("../../client/installation.ts");
      const { onInterrupt } = await import("../interrupt.ts");
      const installation = findInstallation(import.meta.url);
      const pages = findPages(installation.root);
      if (isOpenToNodes(installation.root)) throw labError("SERVER_PROGRAMS_EXPOSED", { folder: installation.root });
      const config = readServerConfig(resolve(context.directory, options.config));
      using interrupt = onInterrupt(process);
      await using controller = await Controller.start({
        ...config,
        agent: new LocalAgent(context.locations, context.environment, `${config.listen.host}:${config.listen.port}`),
        trust: "team",
        version: installation.version,
        ...(pages === undefined ? {} : { pages }),
        onFault: (error, request) => context.stderr.write(`${request}: ${faultText(error)}\n`),
        onNotice: (text) => context.stderr.write(`${text}\n`),
      });
      const password = newSecret().slice(0, 20);
      const isFirst = await controller.ensureAdministrator("admin", password);
      if (isFirst && !output.json)
        output.note(`There was no user. Sign in as "admin" with the password ${password}, and change it.`);
      const { host } = config.listen;
      const scheme = config.tls === undefined ? "http" : "https";
      const address = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${controller.port}/`;
      if (output.json)
        output.printJson({ url: address, ...(isFirst ? { administrator: { name: "admin", password } } : {}) });
      else
        output.note(
          pages === undefined
            ? `Serving at ${address}api/v1/, without pages: they are not built (make build).`
            : `Serving at ${address}`,
        );
      await new Promise<void>((done) => {
        if (interrupt.signal.aborted) done();
        interrupt.signal.addEventListener("abort", () => done());
      });
      return 0;
    }),
  );
};
