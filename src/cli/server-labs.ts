import type { ControlledLab } from "../api/index.ts";
import { LabClient } from "../client/lab.ts";
import type { ReadLab } from "../client/lab-file.ts";
import { type ServerAccess, ServerClient } from "../client/server.ts";
import { labError } from "../topology/errors/error.ts";
import type { LabChoice } from "./choose-lab.ts";
import type { Session } from "./command.ts";
import type { Context } from "./context.ts";
import { findLabFile } from "./find-file.ts";
import { onInterrupt } from "./interrupt.ts";
import type { UpOptions } from "./start.ts";
import { table } from "./table.ts";

/** The verbs of labs, for those of a server. */

/** The lab that is meant: by name, by $NETWRIGHT_LAB, by the lab file here, or because it is the only one. */
export async function chooseServerLab(
  context: Context,
  access: ServerAccess,
  choice: LabChoice,
): Promise<ControlledLab> {
  const labs = await new ServerClient(access).labs();
  const running = labs.map((lab) => lab.name);
  const named = choice.name ?? (choice.file === undefined ? context.environment["NETWRIGHT_LAB"] : undefined);
  const file = named === undefined ? (choice.file ?? findLabFile(context.directory)) : undefined;
  const name = named ?? (file === undefined ? undefined : await nameIn(context, file));
  if (name !== undefined && name !== "") {
    const lab = labs.find((one) => one.name === name);
    if (lab === undefined) throw labError("LAB_NOT_FOUND", { lab: name, running });
    return lab;
  }
  const [only] = labs;
  if (only === undefined || labs.length > 1) throw labError("LAB_NOT_CHOSEN", { running });
  return only;
}

/** @throws LAB_NOT_RUNNING */
export async function connectServerLab(context: Context, access: ServerAccess, choice: LabChoice): Promise<LabClient> {
  const { name, state } = await chooseServerLab(context, access, choice);
  if (state !== "running") throw labError("LAB_NOT_RUNNING", { lab: name, state });
  return new LabClient(name, new ServerClient(access).addressOf(name));
}

/**
 * Starts a lab of a file there. Files that the lab file names are not there: what was read of them here is sent.
 *
 * @throws NOT_ON_SERVER for options that only labs of this machine have
 */
export async function upOnServer({ output, options }: Session<UpOptions>, access: ServerAccess, read: ReadLab) {
  for (const option of ["seed", "verify"] as const)
    if (options[option] !== undefined) throw labError("NOT_ON_SERVER", { what: `--${option}` });
  const { printLab } = await import("../topology/print.ts");
  const client = new ServerClient(access);
  using interrupt = onInterrupt(process);
  const { signal } = interrupt;
  const name = read.lab.name;
  const beganAt = performance.now();
  await client.call("deploy", { body: { name, text: printLab(read.lab) }, signal });
  try {
    const lab = await client.deployed(name, signal);
    const seconds = Number(((performance.now() - beganAt) / 1000).toFixed(3));
    if (output.json) output.printJson({ lab, seconds });
    else output.note(`Lab ${name} runs on ${access.url}, in project ${access.project} (${seconds.toFixed(1)} s).`);
    return 0;
  } catch (error) {
    // As here: what did not come up is not there.
    await client.call("deleteLab", { params: { lab: name } }).catch(() => undefined);
    if (!signal.aborted) throw error;
    return interrupt.exitCode();
  }
}

export async function applyOnServer({ output }: Session<UpOptions>, access: ServerAccess, read: ReadLab) {
  const { printLab } = await import("../topology/print.ts");
  const { name } = read.lab;
  const lab = await new ServerClient(access).call("applyLab", {
    params: { lab: name },
    body: { text: printLab(read.lab) },
  });
  if (output.json) output.printJson({ lab });
  else output.note(`Lab ${name} is as its file says.`);
}

export async function downOnServer(
  { context, output, options }: Session<LabChoice & { readonly all?: boolean }>,
  access: ServerAccess,
) {
  const client = new ServerClient(access);
  const labs = options.all ? await client.labs() : [await chooseServerLab(context, access, options)];
  for (const { name } of labs) {
    await client.call("deleteLab", { params: { lab: name } });
    output.note(`Lab ${name} is down.`);
  }
  if (output.json) output.printJson({ labs: labs.map(({ name }) => ({ name, how: "stopped" })) });
}

export async function listOnServer({ output }: Session<LabChoice>, access: ServerAccess) {
  const labs = await new ServerClient(access).labs();
  if (output.json) output.printJson({ labs });
  else if (labs.length === 0) output.note(`Project ${access.project} has no labs. Start one with: netwright up`);
  else {
    const rows = labs.map(({ name, state, nodes, links, owner, createdAt }) => [
      ...[name, state, String(nodes), String(links), owner, createdAt],
    ]);
    const headings = ["LAB", "STATE", "NODES", "LINKS", "OWNER", "CREATED"];
    output.print(table(headings, rows, (text) => output.paint("bold", text)).join("\n"));
  }
}

async function nameIn(context: Context, file: string): Promise<string | undefined> {
  const { readLab } = await import("./lab-file.ts");
  return (await readLab(context, { file })).lab.name;
}
