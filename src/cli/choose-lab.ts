import { existsSync } from "node:fs";
import { LabClient } from "../client/lab.ts";
import { canonical } from "../client/lab-file.ts";
import { findLab, type RegisteredLab, registeredLabs } from "../client/registry/find.ts";
import { labError } from "../topology/errors/error.ts";
import type { Context } from "./context.ts";
import { serverInUse } from "./contexts.ts";
import { findLabFile } from "./find-file.ts";

/** What a command line says about which lab it means. */
export type LabChoice = { readonly name?: string; readonly file?: string };

/**
 * The running lab that is meant: by name, by $NETWRIGHT_LAB, by the file that was named or is found
 * here, or because it is the only one. The lab file itself is read only when two labs came from it.
 *
 * @throws LAB_NOT_FOUND, LAB_NOT_CHOSEN
 */
export async function chooseLab(context: Context, choice: LabChoice): Promise<RegisteredLab> {
  const { locations, environment } = context;
  const name = choice.name ?? (choice.file === undefined ? environment["NETWRIGHT_LAB"] : undefined);
  if (name !== undefined && name !== "") {
    const lab = findLab(locations, name);
    if (lab !== undefined) return lab;
    throw labError("LAB_NOT_FOUND", { lab: name, running: namesOf(await registeredLabs(locations)) });
  }
  const running = await registeredLabs(locations);
  const file = choice.file ?? findLabFile(context.directory);
  if (file !== undefined) {
    const path = canonical(context.directory, file);
    const fromFile = running.filter((lab) => lab.record.file === path);
    if (fromFile.length === 1) return fromFile[0] as RegisteredLab;
    const inFile = await nameInFile(context, path);
    const lab = fromFile.find((one) => one.name === inFile);
    if (lab !== undefined) return lab;
    if (fromFile.length > 1) throw labError("LAB_NOT_CHOSEN", { running: namesOf(fromFile) });
    throw labError("LAB_NOT_FOUND", {
      ...(inFile === undefined ? { file: path } : { lab: inFile }),
      running: namesOf(running),
    });
  }
  // A server's has to be named.
  const own = running.filter(({ record }) => record.server === undefined);
  const [only] = own;
  if (only !== undefined && own.length === 1) return only;
  throw labError("LAB_NOT_CHOSEN", { running: namesOf(running) });
}

/**
 * The client of the lab that is meant, on this machine or of the server in use.
 *
 * @throws LAB_BUSY when it is so young that it cannot be talked to
 */
export async function connect(context: Context, choice: LabChoice): Promise<LabClient> {
  const server = serverInUse(context);
  if (server !== undefined) {
    const { connectServerLab } = await import("./server-labs.ts");
    return connectServerLab(context, server, choice);
  }
  const lab = await chooseLab(context, choice);
  if (!existsSync(lab.socket)) throw labError("LAB_BUSY", { lab: lab.name, state: "starting" });
  return new LabClient(lab.name, { socket: lab.socket });
}

/**
 * The name of the lab that is meant, running or not.
 *
 * @throws LAB_NOT_CHOSEN
 */
export async function chooseName(context: Context, choice: LabChoice): Promise<string> {
  const name = choice.name ?? (choice.file === undefined ? context.environment["NETWRIGHT_LAB"] : undefined);
  if (name !== undefined && name !== "") return name;
  const file = choice.file ?? findLabFile(context.directory);
  if (file === undefined) return (await chooseLab(context, choice)).name;
  const path = canonical(context.directory, file);
  const fromFile = (await registeredLabs(context.locations)).filter((lab) => lab.record.file === path);
  if (fromFile.length === 1) return (fromFile[0] as RegisteredLab).name;
  const inFile = await nameInFile(context, path);
  if (inFile === undefined) throw labError("LAB_NOT_CHOSEN", { running: namesOf(fromFile) });
  return inFile;
}

/** The name that a lab file gives its lab; undefined when the file cannot be read, which is not what was asked. */
async function nameInFile(context: Context, file: string): Promise<string | undefined> {
  const { readLab } = await import("./lab-file.ts");
  return readLab(context, { file }).then(
    (read) => read.lab.name,
    () => undefined,
  );
}

const namesOf = (labs: readonly RegisteredLab[]): string[] => labs.map((lab) => lab.name);
