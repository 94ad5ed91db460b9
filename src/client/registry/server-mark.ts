import { readFile, rm, writeFile } from "node:fs/promises";
import type { Locations } from "../../api/locations.ts";

/*
 * Whose logs those of a lab that does not run are: beside them it is written which server for a team has the lab, as
 * long as it has it, since it may start it again and gives people its captures.
 */

const markOf = ({ state }: Locations, lab: string): string => `${state}/${lab}/server`;

/** @param server where it listens; undefined for a lab of the user's own. The folder of the lab's logs is there */
export async function markServer(locations: Locations, lab: string, server: string | undefined): Promise<void> {
  if (server === undefined) await forgetServer(locations, lab);
  else await writeFile(markOf(locations, lab), `${server}\n`, { mode: 0o644 });
}

/** The server has the lab no more. */
export async function forgetServer(locations: Locations, lab: string): Promise<void> {
  await rm(markOf(locations, lab), { force: true });
}

/** Where the server listened that has the lab; undefined where none has. */
export async function serverOf(locations: Locations, lab: string): Promise<string | undefined> {
  const text = await readFile(markOf(locations, lab), "utf8").catch(() => undefined);
  return text?.trim();
}
