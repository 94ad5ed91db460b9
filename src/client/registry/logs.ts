import { readdir, rm } from "node:fs/promises";
import type { Locations } from "../../api/locations.ts";
import { registeredLabs } from "./find.ts";

/** Removes the logs of labs that do not run; returns their names. */
export async function removeLogs(locations: Locations): Promise<readonly string[]> {
  const names = await readdir(locations.state).catch(() => [] as string[]);
  const running = new Set((await registeredLabs(locations)).map((lab) => lab.name));
  // What begins with a dot is no lab's.
  const gone = names.filter((name) => !name.startsWith(".") && !running.has(name));
  await Promise.all(gone.map((name) => rm(`${locations.state}/${name}`, { recursive: true, force: true })));
  return gone.sort();
}
