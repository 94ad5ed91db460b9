import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import {
  type ContainerIdentity,
  type Keeper,
  type KeeperOrders,
  keeperSocket,
  untilHeld,
} from "../../../containers/index.ts";
import { labError } from "../../../topology/errors/error.ts";
import { entryOf } from "../../installation.ts";
import type { Entrance } from "./entrance.ts";
import type { OwnPodman } from "./find.ts";
import { engineSettings, inside, ownView, storageSettings } from "./settings.ts";

/**
 * A lab's own Podman, with its keeper: in the lab's user namespace, whose root may enter the lab's networks,
 * in a PID namespace of their own, which ends with the keeper and with it all that runs there, and in a mount
 * namespace where what containers write is in memory. So the kernel removes everything, however it ends.
 *
 * The shell is PID 1, and collects what conmon leaves. Podman stays in the user's own network; the keeper has
 * one of the lab's, since it must be able to come back to where it was.
 *
 * Parameters, behind those of `ownView`: podman, its socket, the keeper's command.
 */
const session = `${ownView}podman=$1 socket=$2; shift 2
"$podman" system service --time=0 "unix://$socket" &
unshare --net -- "$@" &
wait $!
`;

export type SessionOptions = {
  readonly own: OwnPodman;
  readonly identity: ContainerIdentity;
  /** The lab's runtime folder. */
  readonly folder: string;
};

/**
 * Starts a lab's own Podman and keeper.
 *
 * @throws CONTAINER_KEEPER_FAILED
 */
export async function startSession(options: SessionOptions, entrance: Entrance): Promise<Keeper> {
  const { own, identity, folder } = options;
  const socket = keeperSocket(folder);
  const orders: KeeperOrders = {
    socket,
    engine: inside.socket,
    // Of the user namespace, where the user is root.
    owner: { uid: 0, gid: 0 },
    identity,
    porter: [process.execPath, entryOf("lab/files/porter", import.meta.url)],
    own: { network: inside.network },
  };
  const keeper = [
    process.execPath,
    "--no-warnings",
    entryOf("containers/keeper/main", import.meta.url),
    JSON.stringify(orders),
  ];
  const settings = [engineSettings(own, "memory"), storageSettings(own, "memory")];
  // A file, which goes with the lab: a pipe would end whoever writes to it when nobody reads it any more.
  const log = `${folder}/podman.log`;
  const output = openSync(log, "a", 0o600);
  const child = spawn(
    "nsenter",
    [
      ...entrance.argv,
      ...["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--mount-proc"],
      ...["sh", "-c", session, "netwright", ...settings, own.podman, inside.socket, ...keeper],
    ],
    {
      stdio: ["ignore", output, output, entrance.fd],
      env: entrance.environment,
      cwd: "/",
      detached: true,
    },
  );
  closeSync(output);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    // No nsenter, without which no lab starts at all: what makes the sandbox says so.
    child.once("error", () => resolve());
  });
  const end = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  try {
    const held = await untilHeld(socket, ended, entrance.signal, () =>
      labError("CONTAINER_KEEPER_FAILED", {
        lab: identity.lab,
        lastLines: readFileSync(log, "utf8").trimEnd().split("\n").slice(-10),
      }),
    );
    return {
      socket,
      release: () => {
        held.destroy();
        child.unref();
      },
      remove: async () => {
        held.destroy();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
