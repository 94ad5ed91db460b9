import { entry } from "./entry.ts";

/** Indents what a program said last, to be read below the message. */
const lastWords = (lines: readonly string[]): string =>
  lines.length === 0 ? "" : ` It said:\n${lines.map((line) => `  ${line}`).join("\n")}`;

/** Errors of container engines (Docker, Podman) and of nodes that are containers. */
export const containerErrors = {
  CONTAINER_ENGINE_MISSING: entry<{ tried: readonly string[]; missing?: readonly string[] }>({
    exitCode: 3,
    message: ({ tried, missing = [] }) =>
      `Neither Docker nor Podman answers on this machine. Asked: ${tried.join(", ")}.${missing.length === 0 ? "" : ` A Podman of the lab's own lacks ${missing.join(", ")}.`}`,
    remedy: () =>
      "Install one and start it (Debian: sudo apt-get install docker.io), or say where its socket is: DOCKER_HOST=unix:///PATH. Without it, leave out engine: container.",
  }),
  CONTAINER_ENGINE_ADDRESS: entry<{ address: string }>({
    exitCode: 2,
    message: ({ address }) => `DOCKER_HOST is ${address}, and Netwright needs an engine on this machine.`,
    remedy: () => "Write DOCKER_HOST=unix:///PATH, or unset it.",
  }),
  CONTAINER_ENGINE_CLOSED: entry<{ socket: string; user: string }>({
    exitCode: 3,
    message: ({ socket }) => `The socket of the container engine, ${socket}, is closed to you.`,
    remedy: ({ user }) => `sudo usermod -aG docker ${user} (and log in again)`,
  }),
  CONTAINER_ENGINE_LOST: entry<{ what: string; reason: string }>({
    exitCode: 1,
    message: ({ what, reason }) => `${what}: the container engine does not answer (${reason}).`,
    remedy: () => "See whether it runs (sudo systemctl status docker), take the lab down, and start it again.",
  }),
  CONTAINER_ENGINE_REFUSED: entry<{ what: string; status: number; reason: string }>({
    exitCode: 1,
    message: ({ what, reason }) => `${what}: the container engine refused: ${reason}`,
    remedy: ({ reason }) => refusalRemedy(reason),
  }),
  CONTAINER_ENGINE_UNSUITABLE: entry<{ engine: string; why: string }>({
    exitCode: 3,
    message: ({ engine, why }) => `${engine} cannot run nodes of labs here: ${why}.`,
    remedy: () => "Use an engine that runs as root, or engine: namespace, which runs the same images without any.",
  }),
  CONTAINER_ENGINE_ABSENT: entry<{ lab: string }>({
    exitCode: 1,
    message: ({ lab }) => `Lab "${lab}" was started without containers, so it has no container engine.`,
    remedy: ({ lab }) => `Take it down, and start it again: netwright down ${lab} && netwright up`,
  }),
  CONTAINER_KEEPER_FAILED: entry<{ lab: string; lastLines: readonly string[] }>({
    exitCode: 1,
    message: ({ lab, lastLines }) => `The keeper of lab "${lab}"'s containers did not start.${lastWords(lastLines)}`,
    remedy: () => "See what this machine can do with: netwright doctor",
  }),
  CONTAINER_IMAGE_MISSING: entry<{ node: string; image: string; reason: string }>({
    exitCode: 1,
    message: ({ node, image, reason }) =>
      `${node}: the container engine has no image ${image}, and got none: ${reason}`,
    remedy: ({ image }) => `Check the name, or bring it yourself: docker pull ${image}`,
  }),
  CONTAINER_IMAGE_TRANSPORT: entry<{ node: string; image: string }>({
    exitCode: 2,
    message: ({ node, image }) => `${node}: a container engine takes no image from ${image}.`,
    remedy: () =>
      "Name an image of a registry or of the engine itself, or a docker-archive:; or leave out engine: container.",
  }),
  CONTAINER_ENDED: entry<{ node: string; how: string; lastLines: readonly string[] }>({
    exitCode: 1,
    message: ({ node, how, lastLines }) => `The container of ${node} ended at once: ${how}.${lastWords(lastLines)}`,
    remedy: () => "A container lives as long as its program: give the node a command that stays, or command: none.",
  }),
} as const;

function refusalRemedy(reason: string): string | undefined {
  if (/executable file not found|no such file or directory/i.test(reason))
    return "The image has not this program: check command, entrypoint and working-directory.";
  if (/unable to find user|no matching entries in passwd/i.test(reason)) return "The image has not this user.";
  if (/no space left/i.test(reason)) return "Free some space: docker system prune";
  return undefined;
}
