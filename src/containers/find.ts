import { existsSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { labError, NetwrightError } from "../topology/errors/error.ts";
import { ContainerEngine } from "./engine.ts";

/** An engine that answers. */
export type EngineAddress = {
  /** Absolute path of its unix socket. */
  readonly socket: string;
  /** "Docker 20.10.24" or "Podman 4.3.1". */
  readonly name: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Where an engine's socket is looked for, in this order: where DOCKER_HOST says, and nowhere else if it says something. */
export function socketsToTry(environment: Environment, uid: number): readonly string[] {
  const given = environment["DOCKER_HOST"];
  if (given !== undefined && given !== "") {
    if (!given.startsWith("unix:///")) throw labError("CONTAINER_ENGINE_ADDRESS", { address: given });
    return [given.slice("unix://".length)];
  }
  const own = environment["XDG_RUNTIME_DIR"];
  return [
    "/var/run/docker.sock",
    ...(own === undefined || uid === 0 ? [] : [`${own}/podman/podman.sock`]),
    "/run/podman/podman.sock",
  ];
}

export const engineAt = (socket: string): ContainerEngine => new ContainerEngine(() => connect({ path: socket }));

/**
 * Finds the container engine of this machine.
 *
 * @throws CONTAINER_ENGINE_MISSING, CONTAINER_ENGINE_CLOSED, CONTAINER_ENGINE_ADDRESS
 */
export async function findEngine(environment: Environment, uid = process.getuid?.() ?? 0): Promise<EngineAddress> {
  const tried = socketsToTry(environment, uid);
  let closed: string | undefined;
  for (const socket of tried) {
    if (!existsSync(socket)) continue;
    try {
      const { Version, Components = [] } = await engineAt(socket).version();
      const isPodman = Components.some(({ Name }) => /podman/i.test(Name));
      return { socket, name: `${isPodman ? "Podman" : "Docker"} ${Version}` };
    } catch (error) {
      if (!(error instanceof NetwrightError)) throw error;
      const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
      if (code === "EACCES") closed ??= socket;
    }
  }
  if (closed !== undefined)
    throw labError("CONTAINER_ENGINE_CLOSED", { socket: closed, user: environment["USER"] ?? userInfo().username });
  throw labError("CONTAINER_ENGINE_MISSING", { tried });
}
