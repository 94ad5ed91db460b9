import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ControlledLab, PlannedStep } from "../api/index.ts";
import type { LabDetail } from "../api/resources.ts";
import { LabClient } from "../client/lab.ts";
import type { ReadLab } from "../client/lab-file.ts";
import { type ServerAccess, ServerClient } from "../client/server.ts";
import { labError, NetwrightError } from "../topology/errors/error.ts";
import type { LabChoice } from "./choose-lab.ts";
import type { Session } from "./command.ts";
import type { Context } from "./context.ts";
import { findLabFile } from "./find-file.ts";
import { type Interrupt, onInterrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";
import type { UpOptions } from "./start.ts";
import type { Paint } from "./style.ts";
import { age, table } from "./table.ts";

/** The verbs of labs, for those of a server. */

/** How long who interrupts waits for a server that may have heard them, in milliseconds. */
const afterwardsMs = 10_000;

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

/** What is said and done when a lab runs, as for one of this machine. */
type AfterUp = {
  readonly whatNext: (seconds: number) => readonly string[];
  /** @returns the exit code */
  readonly verify: (
    client: LabClient,
    started: { readonly lab: ControlledLab; readonly seconds: number },
    interrupt: Interrupt,
  ) => Promise<number>;
};

/** @throws LAB_NOT_RUNNING */
export async function connectServerLab(context: Context, access: ServerAccess, choice: LabChoice): Promise<LabClient> {
  const { name, state } = await chooseServerLab(context, access, choice);
  if (state !== "running") throw labError("LAB_NOT_RUNNING", { lab: name, state });
  return clientOf(access, name);
}

export const clientOf = (access: ServerAccess, lab: string): LabClient =>
  new LabClient(lab, new ServerClient(access).addressOf(lab));

/**
 * Asks for a lab and waits until it runs. What does not come up is taken down again, as here.
 *
 * @throws LAB_EXISTS; NOT_ON_SERVER for options that only labs of this machine have
 */
export async function deployOnServer(
  access: ServerAccess,
  { lab }: ReadLab,
  { seed }: Pick<UpOptions, "seed">,
  signal: AbortSignal,
): Promise<ControlledLab> {
  if (seed !== undefined) throw labError("NOT_ON_SERVER", { what: "--seed" });
  const { printLab } = await import("../topology/print.ts");
  const client = new ServerClient(access);
  const { name } = lab;
  const [key, body] = [randomUUID(), { name, text: printLab(lab) }];
  const deploy = (until: { readonly signal?: AbortSignal }) =>
    client.make("deploy", key, `whether lab ${name} is there`, { body, ...until });
  await deploy({ signal }).catch(async (error: unknown) => {
    // Who interrupts may have been heard: a lab that is ours by its key goes again.
    if (signal.aborted) {
      await deploy({ signal: AbortSignal.timeout(afterwardsMs) })
        .then(() => client.call("deleteLab", { params: { lab: name } }))
        .catch(() => undefined);
      throw error;
    }
    const isTaken = error instanceof NetwrightError && error.code === "NAME_IN_USE";
    throw isTaken ? labError("LAB_EXISTS", { lab: name, changed: false }, { cause: error }) : error;
  });
  try {
    return await client.deployed(name, signal);
  } catch (error) {
    await client.call("deleteLab", { params: { lab: name } }).catch(() => undefined);
    throw error;
  }
}

/** Starts a lab of a file there. Files that the lab file names are not there: what was read of them here is sent. */
export async function upOnServer(
  { output, options }: Session<UpOptions>,
  access: ServerAccess,
  read: ReadLab,
  { whatNext, verify }: AfterUp,
): Promise<number> {
  using interrupt = onInterrupt(process);
  const { name } = read.lab;
  const beganAt = performance.now();
  let lab: ControlledLab;
  try {
    lab = await deployOnServer(access, read, options, interrupt.signal);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    return interrupt.exitCode();
  }
  const seconds = Number(((performance.now() - beganAt) / 1000).toFixed(3));
  if (options.verify) return await verify(clientOf(access, name), { lab, seconds }, interrupt);
  if (output.json) output.printJson({ lab, seconds });
  else {
    const [, ...commands] = whatNext(seconds);
    const where = `on ${access.url}, in project ${access.project}`;
    output.note(`Lab ${name} runs ${where} (${seconds.toFixed(1)} s). Next:`, ...commands);
  }
  return 0;
}

export async function applyOnServer({ output, options }: Session<UpOptions>, access: ServerAccess, read: ReadLab) {
  const { printLab } = await import("../topology/print.ts");
  const { name } = read.lab;
  const sent = { params: { lab: name }, body: { text: printLab(read.lab) } };
  const client = new ServerClient(access);
  if (options.dryRun) return printSteps(output, (await client.call("planLab", sent)).steps);
  const lab = await client.call("applyLab", sent);
  if (output.json) output.printJson({ lab });
  else output.note(`Lab ${name} is as its file says.`);
}

/** What the server would do, as `printDifference` shows what would be done here. */
function printSteps(output: Output, steps: readonly PlannedStep[]): void {
  const count = (symbol: string) => steps.filter((step) => step.symbol === symbol).length;
  const titles = [...new Set(steps.map(({ phase }) => phase))];
  const phases = titles.map((title) => ({ title, steps: steps.filter(({ phase }) => phase === title) }));
  if (output.json) {
    output.printJson({ create: count("+"), change: count("~"), remove: count("-"), phases });
    return;
  }
  if (steps.length === 0) output.note("Nothing differs.");
  output.print(...phases.flatMap((one) => [one.title, ...one.steps.map(({ symbol, text }) => `  ${symbol} ${text}`)]));
}

export async function downOnServer(
  { context, output, options }: Session<LabChoice & { readonly all?: boolean; readonly timeout?: number }>,
  access: ServerAccess,
) {
  if (options.timeout !== undefined) throw labError("NOT_ON_SERVER", { what: "--timeout" });
  const client = new ServerClient(access);
  const labs = options.all ? await ownLabs(client) : [await labToTakeDown(context, access, options)];
  if (labs.length === 0) output.note(`You have no labs in project ${access.project}.`);
  for (const { name } of labs) {
    await client.call("deleteLab", { params: { lab: name } });
    output.note(`Lab ${name} is down.`);
  }
  if (output.json) output.printJson({ labs: labs.map(({ name }) => ({ name, how: "stopped" })) });
}

/** Labs of others are taken down by name, or by the lab file that they are of, and not with one's own. */
async function ownLabs(client: ServerClient): Promise<readonly ControlledLab[]> {
  const { user } = await client.call("session", {});
  return (await client.labs()).filter(({ owner }) => owner === user.name);
}

/** @throws LAB_IS_ANOTHERS where the only lab is another's, and was not named */
async function labToTakeDown(context: Context, access: ServerAccess, choice: LabChoice): Promise<ControlledLab> {
  const lab = await chooseServerLab(context, access, choice);
  const isMeant =
    choice.name !== undefined ||
    choice.file !== undefined ||
    Boolean(context.environment["NETWRIGHT_LAB"]) ||
    findLabFile(context.directory) !== undefined;
  if (isMeant) return lab;
  const { user } = await new ServerClient(access).call("session", {});
  if (lab.owner !== user.name) throw labError("LAB_IS_ANOTHERS", { lab: lab.name, owner: lab.owner });
  return lab;
}

/** @param tables prints what a lab consists of */
export async function listOnServer<Options extends LabChoice>(
  { context, output, options }: Session<Options>,
  access: ServerAccess,
  tables: (detail: LabDetail, options: Options, paint: Paint) => readonly string[],
) {
  const labs = await new ServerClient(access).labs();
  const meant = await chooseServerLab(context, access, options).catch((error: unknown) => {
    // Naming a lab that is not there is an error; having none in mind is not.
    if (options.name !== undefined || options.file !== undefined) throw error;
    return undefined;
  });
  const detail = meant?.state === "running" ? await clientOf(access, meant.name).detail() : undefined;
  if (output.json) output.printJson({ labs, lab: detail === undefined ? null : { ...detail, name: meant?.name } });
  else if (labs.length === 0) output.note(`Project ${access.project} has no labs. Start one with: netwright up`);
  else {
    const rows = labs.map(({ name, state, nodes, links, owner, createdAt }) => [
      ...[name, state, String(nodes), String(links), owner, `${age(createdAt)} ago`],
    ]);
    const headings = ["LAB", "STATE", "NODES", "LINKS", "OWNER", "CREATED"];
    output.print(table(headings, rows, (text) => output.paint("bold", text)).join("\n"));
    if (meant === undefined || detail === undefined) return;
    if (labs.length > 1) output.print("", output.paint("bold", `In lab ${meant.name}:`));
    output.print(...tables(detail, options, output.paint));
  }
}

/** The name that a lab file gives its lab. Mistakes elsewhere in it are not what was asked, where the name can be told. */
async function nameIn(context: Context, file: string): Promise<string> {
  const { readLab } = await import("./lab-file.ts");
  try {
    return (await readLab(context, { file })).lab.name;
  } catch (error) {
    const text = await readFile(resolve(context.directory, file), "utf8").catch(() => "");
    const name = /^name:[ \t]*["']?([\w.-]+)["']?[ \t]*(?:#.*)?$/m.exec(text)?.[1];
    if (name === undefined) throw error;
    return name;
  }
}
