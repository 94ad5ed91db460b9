import type { LabDetail, ProcessStatus } from "../../client/index.ts";
import type { ListedLab } from "../../client/registry/list.ts";
import type { CommandDefinition, Session } from "../command.ts";
import { withExamples } from "../examples.ts";
import { type NameOptions, withLab, withOutput } from "../options.ts";
import type { Paint } from "../style.ts";
import { age, table } from "../table.ts";

export type PsOptions = NameOptions & { readonly file?: string; readonly all?: boolean };

export const ps: CommandDefinition = (program, bind) => {
  const command = program
    .command("ps")
    .summary("List the labs that run, and the nodes of one")
    .description(
      "List the labs that run. Of the lab that is meant (by name, by the lab file here, or because it is the only one), list the nodes as well.\n\nLabs whose supervisor has died are not in the list, and what they left on disk is removed. Labs of a server (`netwright serve`) that runs as you are marked so.\n\nPROCESSES are those of the lab file: of a lab all of them, of a node those that run now. SERVICES are the programs that a node runs because of its kind, such as the daemons of FRR of a router, as far as they run now. Programs of `exec` and `shell` are not counted.",
    )
    .option("-a, --all", "list processes and services, too");
  withOutput(withLab(command));
  withExamples(command, {
    "Labs, and the nodes of the one here": ["netwright ps"],
    "Processes with their state": ["netwright ps -a"],
    "For a program": ["netwright ps --json | jq -r '.labs[].name'"],
  });
  command.action(bind<PsOptions>(listEverything));
};

async function listEverything({ context, output, options }: Session<PsOptions>): Promise<undefined> {
  const { serverInUse } = await import("../contexts.ts");
  const server = serverInUse(context);
  if (server !== undefined) {
    const { listOnServer } = await import("../server-labs.ts");
    await listOnServer({ context, output, options }, server, detailTables);
    return;
  }
  const { listLabs } = await import("../../client/registry/list.ts");
  const labs = await listLabs(context.locations);
  const meant = await meantLab({ context, output, options }, labs);
  const { LabClient } = await import("../../client/lab.ts");
  const detail =
    meant !== undefined && meant.state !== "starting" && meant.state !== "unresponsive"
      ? await new LabClient(meant.name, { socket: meant.socket }).detail()
      : undefined;
  if (output.json) {
    output.printJson({ labs: labs.map(asJson), lab: detail ?? null });
    return;
  }
  if (labs.length === 0) {
    output.note("No lab is running. Start one with: netwright up");
    return;
  }
  output.print(labTable(labs, output.paint).join("\n"));
  if (detail === undefined) return;
  // Which of them the nodes are of, is not to be guessed.
  if (labs.length > 1) output.print("", output.paint("bold", `In lab ${detail.name}:`));
  output.print(...detailTables(detail, options, output.paint));
}

/** The nodes of a lab, and with `all` its processes. */
function detailTables(detail: LabDetail, { all }: PsOptions, paint: Paint): readonly string[] {
  const processes = all && detail.processStatus.length > 0 ? processTable(detail.processStatus, paint) : undefined;
  return [...["", nodeTable(detail, paint).join("\n")], ...(processes === undefined ? [] : ["", processes.join("\n")])];
}

/** Naming a lab that does not run is an error; having none in mind is not. */
async function meantLab(
  { context, options }: Session<PsOptions>,
  labs: readonly ListedLab[],
): Promise<ListedLab | undefined> {
  const { chooseLab } = await import("../choose-lab.ts");
  try {
    const chosen = await chooseLab(context, options);
    return labs.find((lab) => lab.name === chosen.name);
  } catch (error) {
    if (options.name !== undefined || options.file !== undefined) throw error;
    return undefined;
  }
}

const asJson = ({ name, state, record, summary }: ListedLab) => ({
  name,
  state,
  file: record.file ?? null,
  server: record.server ?? null,
  startedAt: record.startedAt,
  ownerPid: record.ownerPid,
  supervisorPid: summary?.supervisorPid ?? null,
  version: record.version,
  mode: summary?.mode ?? null,
  nodes: summary?.nodes ?? null,
  links: summary?.links ?? null,
  processes: summary?.processes ?? null,
  logDirectory: summary?.logDirectory ?? null,
});

const stateInk = { running: "green", starting: "yellow", stopping: "yellow", unresponsive: "red" } as const;

function labTable(labs: readonly ListedLab[], paint: Paint): readonly string[] {
  return table(
    ["LAB", "STATE", "NODES", "LINKS", "PROCESSES", "UP", "FILE"],
    labs.map(({ name, state, record, summary }) => [
      name,
      paint(stateInk[state], state),
      summary?.nodes ?? "",
      summary?.links ?? "",
      summary?.processes ?? "",
      age(record.startedAt),
      record.server === undefined ? (record.file ?? "") : `of the server at ${record.server}`,
    ]),
    (text) => paint("bold", text),
  );
}

function nodeTable({ nodeStatus, processStatus }: LabDetail, paint: Paint): readonly string[] {
  const services = processStatus.filter(({ origin, pid }) => origin === "service" && pid !== undefined);
  const byNode = Map.groupBy(services, ({ node }) => node);
  return table(
    ["NODE", "KIND", "STATE", "PROCESSES", "SERVICES", "INTERFACES"],
    nodeStatus.map((node) => [
      node.name,
      node.driver === "ovs" ? `${node.kind} (ovs)` : node.kind,
      node.state === "failed" ? paint("red", node.state) : node.state === "none" ? "" : stateOf(node),
      ...(node.driver !== undefined || node.state === "none"
        ? ["", ""]
        : [node.processes, byNode.get(node.name)?.length ?? 0]),
      node.interfaces.map(interfaceText).join(", "),
    ]),
    (text) => paint("bold", text),
  );
}

const interfaceText = ({
  name,
  addresses,
  vlans,
  bond,
}: LabDetail["nodeStatus"][number]["interfaces"][number]): string =>
  [name, ...addresses, ...(vlans === undefined ? [] : [vlans]), ...(bond === undefined ? [] : [`in ${bond}`])].join(
    " ",
  );

/** A virtual machine's with how it is run. */
const stateOf = ({ state, accelerator }: LabDetail["nodeStatus"][number]): string =>
  accelerator === undefined ? state : `${state} (${accelerator})`;

export function processTable(processes: readonly ProcessStatus[], paint: Paint): readonly string[] {
  return table(
    ["PROCESS", "NODE", "STATE", "EXIT", "RESTARTS", "UP", "ORIGIN"],
    processes.map((one) => [
      one.name,
      one.node,
      one.state === "failed" ? paint("red", one.state) : one.state === "ready" ? paint("green", one.state) : one.state,
      one.signal ?? one.exitCode ?? "",
      one.restarts,
      one.pid === undefined || one.startedAt === undefined ? "" : age(one.startedAt),
      one.origin,
    ]),
    (text) => paint("bold", text),
  );
}
