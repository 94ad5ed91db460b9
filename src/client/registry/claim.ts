import { randomBytes } from "node:crypto";
import { chown, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { LabRecord } from "../../api/launch.ts";
import { labFiles } from "../../api/locations.ts";
import { labError } from "../../topology/errors/error.ts";
import type { Owner } from "./owner.ts";
import { writeRecord } from "./record.ts";

/**
 * The right to a lab's name: its runtime folder. Beside `lab.json` the folder holds a token,
 * `claim.<id>`, and whoever removes the folder renames the token first. Rename is atomic, so of any
 * number of removers (the reaper, `down`, another `up` that found the lab dead) exactly one goes on,
 * and none can remove a folder that was claimed anew since it looked.
 */
export type Claim = {
  readonly id: string;
  readonly folder: string;
  /** From now on the lab lives as long as `owner` does. */
  handOver(owner: Owner): Promise<void>;
  /** Gives the name back. Nothing happens when the reaper was faster. */
  release(): Promise<void>;
};

/** A unix socket's path holds at most 107 bytes (unix(7)). */
const SOCKET_PATH_BYTES = 107;

/**
 * Claims a lab's name: makes its folder complete under a temporary name and renames it into place,
 * which fails when the name is taken (rename(2), ENOTEMPTY).
 *
 * @param user the ids the folder shall belong to, when not this process's
 * @returns undefined when the name is taken
 * @throws SOCKET_PATH_TOO_LONG
 */
export async function claim(
  runtime: string,
  record: LabRecord,
  user?: { uid: number; gid: number },
): Promise<Claim | undefined> {
  const { folder, socket } = labFiles(runtime, record.name);
  const socketBytes = Buffer.byteLength(socket);
  if (socketBytes > SOCKET_PATH_BYTES)
    throw labError("SOCKET_PATH_TOO_LONG", { path: socket, bytes: socketBytes, most: SOCKET_PATH_BYTES });

  const id = randomBytes(8).toString("hex");
  // mkdtemp makes it 0700. The pid in the name lets `collectGarbage` know whose it was.
  const draft = await mkdtemp(`${runtime}/.claim-${process.pid}-`);
  try {
    await writeRecord(draft, record);
    await writeFile(`${draft}/claim.${id}`, "", { mode: 0o600 });
    if (user !== undefined) await chown(draft, user.uid, user.gid);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOTEMPTY" || code === "EEXIST") return undefined;
    throw error;
  }
  return {
    id,
    folder,
    handOver: (owner) => writeRecord(folder, { ...record, ownerPid: owner.pid, ownerStartTime: owner.startTime }),
    release: async () => {
      await removeClaimed(folder, `claim.${id}`);
    },
  };
}

/**
 * The token in a lab's folder now. Read it before judging the lab dead: removal with a token that
 * was read afterwards could be another lab's.
 */
export async function tokenOf(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  return names.find((name) => name.startsWith("claim.") || name.startsWith("removing."));
}

/**
 * Removes a lab's folder if `token` is still in it.
 *
 * @returns whether this call removed it
 */
export async function removeClaimed(folder: string, token: string): Promise<boolean> {
  try {
    await rename(`${folder}/${token}`, `${folder}/removing.${process.pid}-${randomBytes(4).toString("hex")}`);
  } catch {
    return false;
  }
  return moveAway(folder);
}

/**
 * Removes a folder that is this process's to remove. Out of the way first: emptied under its name, it
 * could be claimed before it is gone.
 *
 * @returns false when someone else did it
 */
export async function moveAway(folder: string): Promise<boolean> {
  const gone = `${dirname(folder)}/.gone-${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    await rename(folder, gone);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  await rm(gone, { recursive: true, force: true });
  return true;
}
