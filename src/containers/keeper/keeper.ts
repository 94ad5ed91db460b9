import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { labError, type NetwrightError } from "../../topology/errors/error.ts";
import { demultiplex } from "../attach.ts";
import { removeContainers } from "../collect.ts";
import type { ContainerEngine } from "../engine.ts";
import { engineAt } from "../find.ts";
import { type ContainerIdentity, containerName, keeperSocket, labelsOf } from "../labels.ts";
import { ownProgram } from "../own-program.ts";
import type { KeeperOrders } from "./orders.ts";

export type KeeperOptions = {
  /** The engine's socket. */
  readonly socket: string;
  /** Any image the engine has: it is not looked into. */
  readonly image: string;
  readonly identity: ContainerIdentity;
  /** The lab's runtime folder. */
  readonly folder: string;
  /** Who the supervisor is, as the host numbers it. */
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly installation: { readonly root: string; readonly isSource: boolean };
  readonly signal: AbortSignal;
};

/** A lab's keeper, which goes on as long as someone holds it. */
export type Keeper = {
  /** Its socket, in the lab's runtime folder. */
  readonly socket: string;
  /** Lets go, and lets it go on. */
  release(): void;
  /** Removes it, with the lab's containers. */
  remove(): Promise<void>;
};

const startMs = 30_000;
/** What a keeper sees of the host, below this. */
const place = "/.netwright";
/**
 * SYS_ADMIN to go to a network namespace and name a host, SYS_PTRACE to look up a container's namespace,
 * SYS_CHROOT to go to its file system (setns(2)), KILL for processes of containers, and the others for
 * files there and for a socket in a folder that is its user's alone.
 */
const capabilities = ["SYS_ADMIN", "SYS_PTRACE", "SYS_CHROOT", "KILL", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"];

/**
 * Starts the keeper of a lab.
 *
 * @throws CONTAINER_KEEPER_FAILED, CONTAINER_ENGINE_REFUSED, CONTAINER_ENGINE_LOST, TIMED_OUT
 */
export async function startKeeper(options: KeeperOptions): Promise<Keeper> {
  const { identity, signal } = options;
  const engine = engineAt(options.socket);
  const id = await engine.create(
    `Making the keeper of lab "${identity.lab}"`,
    containerName(identity, "keeper"),
    specification(options),
  );
  const path = keeperSocket(options.folder);
  const lines: string[] = [];
  let held: Socket | undefined;
  try {
    const { ended } = await follow(engine, id, lines);
    await engine.start(`Starting the keeper of lab "${identity.lab}"`, id);
    held = await untilHeld(path, ended, signal, () =>
      labError("CONTAINER_KEEPER_FAILED", { lab: identity.lab, lastLines: lines.slice(-10) }),
    );
  } catch (error) {
    await engine.remove("Removing the keeper", id).catch(() => undefined);
    throw error;
  }
  const holding = held;
  return {
    socket: path,
    release: () => holding.destroy(),
    remove: async () => {
      holding.destroy();
      // It does the same by itself; this waits for it.
      const { errors } = await removeContainers(engine, identity);
      if (errors[0] !== undefined) throw errors[0];
    },
  };
}

/** Collects what it says; the promise resolves when it has ended. */
async function follow(engine: ContainerEngine, id: string, lines: string[]): Promise<{ ended: Promise<void> }> {
  const { socket, head } = await engine.attach("Attaching to the keeper", id);
  socket.unref();
  const { stdout, stderr } = demultiplex(socket, head);
  for (const stream of [stdout, stderr])
    stream.on("data", (data: Buffer) => lines.push(...data.toString().trimEnd().split("\n")));
  return { ended: new Promise((resolve) => socket.once("close", () => resolve())) };
}

/** Holds a keeper that is starting. @throws `failure` when it has ended, or does not come */
export async function untilHeld(
  path: string,
  ended: Promise<void>,
  signal: AbortSignal,
  failure: () => NetwrightError,
): Promise<Socket> {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  for (let waitedMs = 0; waitedMs < startMs; waitedMs += 5) {
    signal.throwIfAborted();
    const socket = await holdKeeper(path).catch(() => undefined);
    if (socket !== undefined) return socket;
    if (hasEnded) throw failure();
    await sleep(5);
  }
  throw failure();
}

/** Opens a connection as long as which the lab's containers live. @throws the error of connect(2) */
export async function holdKeeper(path: string): Promise<Socket> {
  const socket = connect({ path });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.once("close", () => reject(new Error("the keeper hung up")));
  socket.once("data", () => resolve());
  socket.write(`${JSON.stringify({ do: "hold" })}\n`);
  try {
    await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  }
  socket.on("error", () => socket.destroy());
  return socket;
}

/** The keeper's container, as the engine's API wants it. */
function specification({ socket, image, identity, folder, owner, installation }: KeeperOptions): unknown {
  const program = ownProgram(installation.root, "containers/keeper/main", installation.isSource);
  const orders: KeeperOrders = {
    socket: keeperSocket(`${place}/lab`),
    engine: `${place}/engine.sock`,
    owner,
    identity,
    porter: ownProgram(installation.root, "lab/files/porter", installation.isSource).argv,
  };
  const bind = (source: string, target: string, readOnly: boolean) => ({
    Type: "bind",
    Source: source,
    Target: target,
    ReadOnly: readOnly,
  });
  return {
    Image: image,
    Entrypoint: [program.argv[0]],
    Cmd: [...program.argv.slice(1), JSON.stringify(orders)],
    User: "0:0",
    WorkingDir: "/",
    // Nothing of the image's may change how Node runs.
    Env: ["NODE_OPTIONS=", "LD_PRELOAD=", "LD_LIBRARY_PATH=", "PATH=/"],
    Labels: labelsOf(identity, "keeper"),
    Healthcheck: { Test: ["NONE"] },
    HostConfig: {
      NetworkMode: "none",
      // So that the processes of containers are there to be looked up and signalled.
      PidMode: "host",
      CapDrop: ["ALL"],
      CapAdd: capabilities,
      // SELinux keeps containers from sockets of the host's processes.
      SecurityOpt: ["label=disable"],
      AutoRemove: true,
      Mounts: [
        ...program.binds.map(({ source, target }) => bind(source, target, true)),
        bind(socket, `${place}/engine.sock`, false),
        bind(folder, `${place}/lab`, false),
      ],
    },
  };
}
