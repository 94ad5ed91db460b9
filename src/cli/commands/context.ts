import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { withOutput } from "../options.ts";
import { table } from "../table.ts";

type AddOptions = { readonly project: string; readonly tokenFile?: string; readonly ca?: string };

export const context: CommandDefinition = (program, bind) => {
  const group = program
    .command("context")
    .summary("Choose where labs are: on this machine, or in a project of a server")
    .description(
      "Choose where labs are: on this machine (`local`), or in a project of a server (`netwright serve`). Commands for labs then mean those there. $NETWRIGHT_CONTEXT says it for one command.",
    );

  const add = group
    .command("add")
    .summary("Get to know a project of a server, and use it")
    .description(
      "Get to know a project of a server by a token of yours, and use it from now on. The token is kept in a file that only you can read.",
    )
    .argument("<name>", "what to call it")
    .argument("<url>", "address of the server")
    .requiredOption("-p, --project <project>", "project of the server")
    .option("--token-file <file>", "file with a token of yours; default: standard input")
    .option("--ca <file>", "certificates of the authorities that the server's is from, in PEM");
  withOutput(add);
  withExamples(add, {
    "With a token from the server's page": [
      "netwright context add team https://labs.example.org --project demo < token.txt",
    ],
  });
  add.action(bind<AddOptions>(addContext));

  const use = group
    .command("use")
    .summary("Choose one")
    .description("Choose where labs are from now on: a server's project by its name, or `local` for this machine.")
    .argument("<name>", "its name, or local");
  withOutput(use);
  withExamples(use, { "Back to this machine": ["netwright context use local"] });
  use.action(
    bind<object>(async ({ context: at, output }, name = "") => {
      const { localName, readContexts, writeContexts } = await import("../contexts.ts");
      const { labError } = await import("../../topology/errors/error.ts");
      const known = readContexts(at);
      if (name !== localName && !Object.hasOwn(known.servers, name))
        throw labError("CONTEXT_NOT_FOUND", { context: name, known: Object.keys(known.servers) });
      writeContexts(at, { ...known, current: name });
      if (output.json) output.printJson({ context: name });
      else output.note(name === localName ? "Labs are on this machine." : `Labs are in ${name}.`);
      return undefined;
    }),
  );

  const ls = group
    .command("ls")
    .summary("List them")
    .description("List this machine and the projects of servers that are known, with a star at the one in use.");
  withOutput(ls);
  withExamples(ls, { "Which is in use?": ["netwright context ls"] });
  ls.action(
    bind<object>(async ({ context: at, output }) => {
      const { localName, readContexts } = await import("../contexts.ts");
      const { current, servers } = readContexts(at);
      const contexts = [
        { name: localName, current: current === localName },
        ...Object.entries(servers).map(([name, { url, project }]) => ({
          name,
          current: current === name,
          url,
          project,
        })),
      ];
      if (output.json) output.printJson({ contexts });
      else {
        const rows = contexts.map((one) => [
          one.current ? "*" : "",
          one.name,
          "url" in one ? one.url : "this machine",
          "project" in one ? one.project : "",
        ]);
        output.print(table(["", "NAME", "SERVER", "PROJECT"], rows, (text) => output.paint("bold", text)).join("\n"));
      }
      return undefined;
    }),
  );

  const rm = group
    .command("rm")
    .summary("Forget one, with its token")
    .description("Forget a server's project, with its token. The token is good until it is revoked on the server.")
    .argument("<name>", "its name");
  withOutput(rm);
  withExamples(rm, { "Forget one": ["netwright context rm team"] });
  rm.action(
    bind<object>(async ({ context: at, output }, name = "") => {
      const { localName, readContexts, writeContexts } = await import("../contexts.ts");
      const { labError } = await import("../../topology/errors/error.ts");
      const { current, servers } = readContexts(at);
      if (!Object.hasOwn(servers, name))
        throw labError("CONTEXT_NOT_FOUND", { context: name, known: Object.keys(servers) });
      const { [name]: _, ...others } = servers;
      writeContexts(at, { current: current === name ? localName : current, servers: others });
      if (output.json) output.printJson({ removed: name });
      else output.note(`${name} is forgotten.`);
      return undefined;
    }),
  );
};

async function addContext(
  { context: at, output, options }: Session<AddOptions>,
  name = "",
  url = "",
): Promise<undefined> {
  const { text } = await import("node:stream/consumers");
  const { readContexts, writeContexts } = await import("../contexts.ts");
  const { readNamed } = await import("../../client/named-file.ts");
  const { ServerClient } = await import("../../client/server.ts");
  const { project, tokenFile, ca } = options;
  const read = (file: string) => readNamed(at.directory, file);
  const authorities = ca === undefined ? {} : { ca: read(ca) };
  if (tokenFile === undefined && at.stdin.isTTY === true)
    output.note("Paste the token, then press Enter and Ctrl-D. Tokens are made on the page of your account.");
  const token = (tokenFile === undefined ? await text(at.stdin) : read(tokenFile)).trim();
  const server = { url, token, project, ...authorities };
  // A token that is wrong, or a project that is not there, is told now.
  await new ServerClient(server).call("project", {});
  const { servers } = readContexts(at);
  writeContexts(at, { current: name, servers: { ...servers, [name]: server } });
  if (output.json) output.printJson({ context: name, url, project });
  else output.note(`Labs are in project ${project} of ${url}. Back to this machine: netwright context use local`);
}
