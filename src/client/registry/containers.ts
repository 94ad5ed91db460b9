import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Locations } from "../../api/locations.ts";
import { labFiles } from "../../api/locations.ts";
import { engineAt, findEngine, labels, ownEngine, removeContainers } from "../../containers/index.ts";
import { NetwrightError } from "../../topology/errors/error.ts";
import { findLab } from "./find.ts";
import { endOwnEngine } from "./own-engine.ts";

/** How long a lab's keeper may take to remove its containers, and itself. */
const keeperMs = 10_000;

/**
 * Waits until the containers of a lab that has ended are gone, which is its keeper's work, and does it when
 * the keeper does not.
 *
 * @param socket of their engine, or `ownEngine`
 * @throws CONTAINER_ENGINE_LOST and others of the engine's errors
 */
export async function removeLabContainers(
  socket: string,
  whose: { readonly runtime: string; readonly lab: string; readonly claim: string },
): Promise<void> {
  if (socket === ownEngine) return endOwnEngine(whose.claim, keeperMs);
  const engine = engineAt(socket);
  for (let waitedMs = 0; waitedMs < keeperMs; waitedMs += 50) {
    const left = await engine.list({ [labels.claim]: whose.claim, [labels.runtime]: whose.runtime });
    if (left.length === 0) return;
    // Without a keeper that runs, nobody else will.
    if (!left.some(({ Labels, State }) => Labels[labels.role] === "keeper" && State === "running")) break;
    await sleep(50);
  }
  const { errors } = await removeContainers(engine, whose);
  if (errors[0] !== undefined) throw errors[0];
}

/**
 * Removes containers whose labs have died: those of one lab, or of all that are registered here.
 *
 * @returns the labs; none where there is no engine, or nobody may ask it
 */
export async function collectContainers(
  locations: Locations,
  environment: Readonly<Record<string, string | undefined>>,
  lab?: string,
): Promise<readonly string[]> {
  try {
    const { socket } = await findEngine(environment);
    const { runtime } = locations;
    const whose = { runtime, uid: process.getuid?.() ?? 0, ...(lab === undefined ? {} : { lab }) };
    const { labs } = await removeContainers(
      engineAt(socket),
      whose,
      (name, claim) =>
        findLab(locations, name) === undefined || !existsSync(`${labFiles(runtime, name).folder}/claim.${claim}`),
    );
    return labs;
  } catch (error) {
    if (error instanceof NetwrightError) return [];
    throw error;
  }
}
