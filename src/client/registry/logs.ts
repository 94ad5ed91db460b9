import { readdir, rm, stat } from "node:fs/promises";
import type { Locations } from "../../api/locations.ts";
import { registeredLabs } from "./find.ts";
import { serverOf } from "./server-mark.ts";

/** Labs that have logs and do not run. */
export type OldLogs = {
  /** Names of those that may be removed. */
  readonly labs: readonly string[];
  /** Those that a server still has, which are its own. */
  readonly ofServers: readonly { readonly lab: string; readonly server: string }[];
};

/** @param untouchedMs how long nothing has been written there, at least */
export async function oldLogs(locations: Locations, untouchedMs = 0): Promise<OldLogs> {
  const names = await endedLabs(locations, untouchedMs);
  const servers = await Promise.all(names.map((name) => serverOf(locations, name)));
  return {
    labs: names.filter((_, index) => servers[index] === undefined),
    ofServers: names.flatMap((lab, index) => {
      const server = servers[index];
      return server === undefined ? [] : [{ lab, server }];
    }),
  };
}

async function endedLabs(locations: Locations, untouchedMs: number): Promise<readonly string[]> {
  const names = await readdir(locations.state).catch(() => [] as string[]);
  const running = new Set((await registeredLabs(locations)).map((lab) => lab.name));
  const before = Date.now() - untouchedMs;
  // What begins with a dot is no lab's.
  const ended = names.filter((name) => !name.startsWith(".") && !running.has(name)).toSorted();
  if (untouchedMs === 0) return ended;
  const changed = await Promise.all(ended.map((name) => lastChange(`${locations.state}/${name}`)));
  return ended.filter((_, index) => (changed[index] ?? 0) <= before);
}

/** Removes those that may be. @returns as `oldLogs` */
export async function removeLogs(locations: Locations, untouchedMs?: number): Promise<OldLogs> {
  const old = await oldLogs(locations, untouchedMs);
  await Promise.all(old.labs.map((name) => rm(`${locations.state}/${name}`, { recursive: true, force: true })));
  return old;
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
