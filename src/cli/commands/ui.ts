import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { portNumber, withOutput } from "../options.ts";

type UiOptions = { readonly port?: number; readonly browser: boolean };

export const ui: CommandDefinition = (program, bind) => {
  const command = program
    .command("ui")
    .summary("Your labs in a browser: draw, deploy, watch, work in them")
    .description(
      "Show your labs in a browser: those that run, whoever started them, and those that you draw there. What is deployed there, the other commands know by the same name. Prints a link that signs in once, and opens it. Serves this machine alone, and nobody on it but you. Ctrl-C ends it; the labs go on. Where it runs already, prints a new link to it.",
    )
    .option("--port <port>", "listen on this port of 127.0.0.1; one that is free when absent", portNumber)
    .option("--no-browser", "print the link, and open nothing");
  withOutput(command);
  withExamples(command, {
    "Draw labs, and look at those that run": ["netwright ui"],
    "On a machine without a screen, through a tunnel (ssh -L 8800:127.0.0.1:8800)": [
      "netwright ui --no-browser --port 8800",
    ],
  });
  command.action(bind<UiOptions>(serveOwnLabs));
};

async function serveOwnLabs({ context, output, options }: Session<UiOptions>): Promise<number> {
  const { findPages, openOwnServer } = await import("../../controller/index.ts");
  const { findInstallation } = await import("../../client/installation.ts");
  const { labError } = await import("../../topology/errors/error.ts");
  const { onInterrupt } = await import("../interrupt.ts");
  const { faultText } = await import("../failure.ts");
  const { openInBrowser } = await import("../browser.ts");
  const { root, version } = findInstallation(import.meta.url);
  const { environment, locations, stderr, uid } = context;
  const pages = environment["NETWRIGHT_PAGES_DIR"] || findPages(root);
  if (pages === undefined) throw labError("PAGES_NOT_BUILT", { root });
  using interrupt = onInterrupt(process);
  await using server = await openOwnServer({
    locations,
    environment,
    user: environment["USER"] || environment["LOGNAME"] || `user-${uid}`,
    port: options.port ?? 0,
    version,
    pages,
    onFault: (error, request) => stderr.write(`${request}: ${faultText(error)}\n`),
    onNotice: (text) => stderr.write(`${text}\n`),
  });
  const { link, pid, isNew } = server;
  if (output.json) output.printJson({ url: link, pid, isNew });
  else {
    if (!isNew) output.note(`It runs already, as process ${pid}. A new link to it:`);
    output.print(link);
    output.note(
      `It signs in once, within ten minutes.${isNew ? " Ctrl-C ends the server; labs go on." : ""} For another: netwright ui`,
    );
  }
  if (options.browser && !output.json) {
    const hint = await openInBrowser(link, environment);
    if (hint !== undefined) output.note(hint);
  }
  if (!isNew) return 0;
  await new Promise<void>((done) => {
    if (interrupt.signal.aborted) done();
    interrupt.signal.addEventListener("abort", () => done());
  });
  return 0;
}
