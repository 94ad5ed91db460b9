import { readdir, rm, stat } from "node:fs/promises";
import type { Locations } from "../../api/locations.ts";
import { registeredLabs } from "./find.ts";

/**
 * The labs that have logs and do not run, by name.
 *
 * @param untouchedMs how long nothing has been written there, at least
 */
export async function oldLogs(locations: Locations, untouchedMs = 0): Promise<readonly string[]> {
  const names = await readdir(locations.state).catch(() => [] as string[]);
  const running = new Set((await registeredLabs(locations)).map((lab) => lab.name));
  const before = Date.now() - untouchedMs;
  // What begins with a dot is no lab's.
  const ended = names.filter((name) => !name.startsWith(".") && !running.has(name)).toSorted();
  if (untouchedMs === 0) return ended;
  const changed = await Promise.all(ended.map((name) => lastChange(`${locations.state}/${name}`)));
  return ended.filter((_, index) => (changed[index] ?? 0) <= before);
}

/** Removes the logs of labs that do not run; returns their names. */
export async function removeLogs(locations: Locations, untouchedMs?: number): Promise<readonly string[]> {
  const gone = await oldLogs(locations, untouchedMs);
  await Promise.all(gone.map((name) => rm(`${locations.state}/${name}`, { recursive: true, force: true })));
  return gone;
}

/** When something in a folder was written last, in milliseconds since 1970. */
async function lastChange(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  const times = await Promise.all(
    ["", ...entries].map((entry) =>
      stat(`${folder}/${entry}`).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}
