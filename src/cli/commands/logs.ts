import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { LogLine } from "../../client/index.ts";
import type { LabClient } from "../../client/lab.ts";
import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { count, type NameOptions, withLab, withOutput } from "../options.ts";

type LogsOptions = NameOptions & {
  readonly file?: string;
  readonly follow?: boolean;
  readonly tail?: number;
  readonly timestamps?: boolean;
};

/** The name that means Netwright's own log of the lab. */
const supervisorLog = "supervisor";

export const logs: CommandDefinition = (program, bind) => {
  const command = program
    .command("logs")
    .summary("Print the output of nodes and processes")
    .description(
      `Print what the programs of a lab wrote: processes, services of routers, startup commands. It works after the lab is down as well. The name "${supervisorLog}" means Netwright's own log of the lab.`,
    )
    .argument("[names...]", "nodes, processes or services; without, all")
    .option("-f, --follow", "go on with what is written from now on, until the lab ends")
    .option("--tail <lines>", "only so many of the newest lines", count)
    .option("-t, --timestamps", "print when each line was written");
  // -f is --follow here, as in docker compose: the lab file has its long name only.
  withOutput(withLab(command, { shortFile: false }));
  withExamples(command, {
    "Follow everything": ["netwright logs -f"],
    "The last lines of one process": ["netwright logs --tail 20 server"],
    "Why did it not start?": ["netwright logs supervisor"],
  });
  command.action(bind<LogsOptions>((session, ...names) => printLogs(session, names)));
};

async function printLogs(session: Session<LogsOptions>, names: readonly string[]): Promise<number> {
  const { context, output, options } = session;
  const { chooseName, connect } = await import("../choose-lab.ts");
  const { findLab } = await import("../../client/registry/find.ts");
  const { serverInUse } = await import("../contexts.ts");
  const isRemote = serverInUse(context) !== undefined;
  const client = isRemote ? await connect(context, options) : undefined;
  const name = client?.name ?? (await chooseName(context, options));
  if (names.length === 1 && names[0] === supervisorLog) {
    const { labError } = await import("../../topology/errors/error.ts");
    if (isRemote) throw labError("NOT_ON_SERVER", { what: `log "${supervisorLog}", which is for who runs the server` });
    return printSupervisorLog(session, name);
  }
  const local = findLab(context.locations, name);
  const running =
    client ?? (local === undefined || !existsSync(local.socket) ? undefined : await connect(context, { name }));
  const { onInterrupt } = await import("../interrupt.ts");
  const { logPrinter } = await import("../log-printer.ts");
  using interrupt = onInterrupt(process);
  const lines =
    running === undefined ? fromFile(session, name, names) : fromLab(session, running, names, interrupt.signal);
  let print: ((line: LogLine) => void) | undefined;
  for await (const line of lines) {
    // One process alone needs no name in front; a node may have several.
    print ??= logPrinter(output, {
      prefix: !(names.length === 1 && line.source === names[0]),
      timestamps: options.timestamps ?? false,
    });
    print(line);
  }
  return interrupt.signal.aborted ? interrupt.exitCode() : 0;
}

async function* fromLab(
  { options }: Session<LogsOptions>,
  client: LabClient,
  names: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const { follow, tail } = options;
  yield* client.logs({
    signal,
    ...(names.length === 0 ? {} : { of: names.join(",") }),
    ...(follow === undefined ? {} : { follow }),
    ...(tail === undefined ? {} : { tail }),
  });
}

/** The lab is down: its log file stays. */
async function* fromFile(
  { context, options }: Session<LogsOptions>,
  name: string,
  names: readonly string[],
): AsyncGenerator<LogLine> {
  const { readLogFile } = await import("../../client/log-file.ts");
  const { labError } = await import("../../topology/errors/error.ts");
  const directory = `${context.locations.state}/${name}/logs`;
  if (!existsSync(directory)) throw labError("NO_LOGS", { lab: name, directory });
  const { tail } = options;
  yield* readLogFile(directory, { names, lab: name, ...(tail === undefined ? {} : { tail }) });
}

async function printSupervisorLog({ context, output }: Session<LogsOptions>, name: string): Promise<number> {
  const { labError } = await import("../../topology/errors/error.ts");
  const directory = `${context.locations.state}/${name}/logs`;
  if (!existsSync(directory)) throw labError("NO_LOGS", { lab: name, directory });
  for (const file of ["debug.log", "supervisor.log"]) {
    const text = await readFile(`${directory}/${file}`, "utf8").catch(() => "");
    if (text !== "") output.print(text.trimEnd());
  }
  return 0;
}
