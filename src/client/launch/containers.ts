import { chown, mkdir } from "node:fs/promises";
import {
  type ContainerEngine,
  type ContainerIdentity,
  type EngineAddress,
  type EngineInfo,
  engineAt,
  engineImageName,
  findEngine,
  type Keeper,
  ownEngine,
  requireNoGroupLimits,
  socketsToTry,
  startKeeper,
} from "../../containers/index.ts";
import { labError, NetwrightError } from "../../topology/errors/error.ts";
import { type Lab, type ProgramNode, runsPrograms } from "../../topology/model.ts";
import { findInstallation } from "../installation.ts";
import { openEntrance } from "./podman/entrance.ts";
import { findOwnPodman, type OwnPodman } from "./podman/find.ts";
import { ensureOwnImage } from "./podman/images.ts";
import { startSession } from "./podman/session.ts";
import { inside, programLimits } from "./podman/settings.ts";
import { registryCredentials } from "./registry-credentials.ts";

export type ContainersOptions = {
  readonly lab: Lab;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onPhase?: (phase: { type: "phase"; phase: string; done: number; total: number }) => void;
};

/** What the lab's containers need, made before the lab: an engine that answers, and its images. */
export type PreparedContainers = {
  /** For the lab's record: the socket of the engine, or `ownEngine`. */
  readonly socket: string;
  /** Starts the keeper of a lab that has its folder. `user`: the path of its user namespace. */
  start(where: {
    readonly identity: ContainerIdentity;
    readonly folder: string;
    readonly owner: { readonly uid: number; readonly gid: number };
    readonly user: string;
  }): Promise<StartedContainers>;
};

export type StartedContainers = {
  readonly keeper: Keeper;
  /** For the supervisor: YardSettings of the engines module. */
  readonly settings: unknown;
};

const containersOf = (lab: Lab): readonly ProgramNode[] =>
  lab.nodes.filter(runsPrograms).filter(({ engine }) => engine === "container");

/**
 * Finds the engine of a lab's containers, and gets the images it has not.
 *
 * @returns undefined for a lab without containers
 * @throws CONTAINER_ENGINE_MISSING, CONTAINER_ENGINE_CLOSED, CONTAINER_ENGINE_UNSUITABLE,
 * CONTAINER_IMAGE_MISSING, CONTAINER_IMAGE_TRANSPORT
 */
export async function prepareContainers(options: ContainersOptions): Promise<PreparedContainers | undefined> {
  const { lab, environment, signal } = options;
  const nodes = containersOf(lab);
  const [first] = nodes;
  if (first === undefined) return undefined;
  const found = await chooseEngine(environment);
  if ("podman" in found) return prepareOwn(found, nodes, options);
  const address = found;
  const engine = engineAt(address.socket);
  await requireSuitable(engine, address, lab);
  const images = new Map(nodes.map((node) => [node.image?.reference ?? "", node]));
  let done = 0;
  const report = () => options.onPhase?.({ type: "phase", phase: "Look for images", done, total: images.size });
  report();
  for (const node of images.values()) {
    await ensureImage(engine, node, environment, signal);
    done += 1;
    report();
  }
  const image = engineImageName(first.image?.reference ?? "") ?? "";
  return {
    socket: address.socket,
    start: async ({ identity, folder, owner }) => {
      const installation = findInstallation(import.meta.url);
      const isSource = import.meta.url.endsWith(".ts");
      const keeper = await startKeeper({
        socket: address.socket,
        image,
        identity,
        folder,
        owner,
        installation: { root: installation.root, isSource },
        signal,
      });
      await mkdir(`${folder}/containers`, { recursive: true, mode: 0o755 });
      if (owner.uid !== process.getuid?.()) await chown(`${folder}/containers`, owner.uid, owner.gid);
      const settings = {
        engine: address.name,
        identity,
        keeper: keeper.socket,
        folder: `${folder}/containers`,
      };
      return { keeper, settings };
    },
  };
}

/**
 * The engine of root's that answers; where there is none, Podman for the lab alone.
 *
 * @throws CONTAINER_ENGINE_MISSING, CONTAINER_ENGINE_CLOSED, CONTAINER_ENGINE_ADDRESS
 */
async function chooseEngine(environment: ContainersOptions["environment"]): Promise<EngineAddress | OwnPodman> {
  const own = findOwnPodman(environment);
  try {
    const address = await findEngine(environment);
    const isUsersPodman = /^Podman/.test(address.name) && (await engineAt(address.socket).info()).Rootless === true;
    return isUsersPodman && "podman" in own ? own : address;
  } catch (error) {
    const { code } = error as NetwrightError;
    // Who names an engine wants that one.
    const isNamed = (environment["DOCKER_HOST"] ?? "") !== "";
    if (isNamed || (code !== "CONTAINER_ENGINE_MISSING" && code !== "CONTAINER_ENGINE_CLOSED")) throw error;
    if ("podman" in own) return own;
    if (code === "CONTAINER_ENGINE_CLOSED") throw error;
    const tried = socketsToTry(environment, process.getuid?.() ?? 0);
    throw labError("CONTAINER_ENGINE_MISSING", { tried, missing: own.missing }, { cause: error });
  }
}

/** Podman for the lab alone, in the lab's user namespace. */
function prepareOwn(
  own: OwnPodman,
  nodes: readonly ProgramNode[],
  { lab, environment, signal, onPhase }: ContainersOptions,
): PreparedContainers {
  const limits = lab.resources?.enforce === "if-possible" ? "left-out" : "refused";
  if (limits === "refused") requireNoGroupLimits(nodes);
  const images = new Map(nodes.map((node) => [node.image?.reference ?? "", node]));
  return {
    socket: ownEngine,
    start: async ({ identity, folder, user }) => {
      using entrance = openEntrance(user, environment, signal);
      let done = 0;
      for (const node of images.values()) {
        onPhase?.({ type: "phase", phase: "Look for images", done, total: images.size });
        const { image, pull } = imageOf(node);
        const reason = await ensureOwnImage(own, image, pull, entrance);
        signal.throwIfAborted();
        if (reason !== undefined) throw labError("CONTAINER_IMAGE_MISSING", { node: node.name, image, reason });
        done += 1;
      }
      onPhase?.({ type: "phase", phase: "Look for images", done, total: images.size });
      await mkdir(`${folder}/containers`, { recursive: true, mode: 0o755 });
      const keeper = await startSession({ own, identity, folder }, entrance);
      const settings = {
        engine: "Podman of the lab's own",
        identity,
        keeper: keeper.socket,
        folder: `${folder}/containers`,
        own: { network: inside.network, limits, ulimits: programLimits() },
      };
      return { keeper, settings };
    },
  };
}

/** @throws CONTAINER_IMAGE_TRANSPORT */
function imageOf({ name, image: wanted }: ProgramNode): { image: string; pull: "always" | "missing" | "never" } {
  const reference = wanted?.reference ?? "";
  const image = engineImageName(reference);
  if (image === undefined) throw labError("CONTAINER_IMAGE_TRANSPORT", { node: name, image: reference });
  return { image, pull: reference === image ? (wanted?.pull ?? "missing") : "never" };
}

/** An engine that does not run as the machine's root cannot enter networks that are not its own. */
async function requireSuitable(engine: ContainerEngine, { name }: EngineAddress, lab: Lab): Promise<void> {
  const { SecurityOptions, Rootless, ...may } = await engine.info();
  requireLimits(lab, name, may);
  const has = (option: string) => (SecurityOptions ?? []).some((one) => one.split(",").includes(`name=${option}`));
  if (Rootless === true || has("rootless"))
    throw labError("CONTAINER_ENGINE_UNSUITABLE", {
      engine: name,
      why: "it runs without root, and may not enter the networks of labs",
    });
  if (has("userns"))
    throw labError("CONTAINER_ENGINE_UNSUITABLE", {
      engine: name,
      why: "it runs containers in a user namespace (userns-remap), out of which they may not enter the networks of labs",
    });
}

const limits = [
  { key: "cpus", needs: "CpuCfsQuota", what: "cpus" },
  { key: "memoryBytes", needs: "MemoryLimit", what: "memory" },
  { key: "processes", needs: "PidsLimit", what: "processes" },
] as const;

/** An engine leaves out a limit that it cannot have enforced, and says so to nobody. @throws LIMIT_NOT_ENFORCEABLE */
function requireLimits(lab: Lab, engine: string, may: Omit<EngineInfo, "SecurityOptions" | "Rootless">): void {
  if (lab.resources?.enforce === "if-possible") return;
  const not = containersOf(lab).flatMap(({ name, resources = {} }) =>
    limits
      .filter(({ key, needs }) => resources[key] !== undefined && may[needs] === false)
      .map(({ what }) => `${what} of node ${name}`),
  );
  if (not.length === 0) return;
  throw labError("LIMIT_NOT_ENFORCEABLE", {
    limits: not,
    why: `${engine} says that this machine has no control groups for them`,
    mend: "See what it says: docker info.",
  });
}

async function ensureImage(
  engine: ContainerEngine,
  node: ProgramNode,
  environment: ContainersOptions["environment"],
  signal: AbortSignal,
): Promise<void> {
  const { image, pull } = imageOf(node);
  const isThere = pull !== "always" && (await engine.image(image)) !== undefined;
  if (isThere) return;
  try {
    if (pull === "never")
      throw labError("CONTAINER_IMAGE_MISSING", { node: node.name, image, reason: "pull: never forbids to fetch it" });
    const credentials = registryCredentials(image, environment);
    await engine.pull(image, { signal, ...(credentials === undefined ? {} : { credentials }) });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof NetwrightError) || error.code !== "CONTAINER_ENGINE_REFUSED") throw error;
    const reason = error.message.replace(/^.*?refused: /, "");
    throw labError("CONTAINER_IMAGE_MISSING", { node: node.name, image, reason }, { cause: error });
  }
}
