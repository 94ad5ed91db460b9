import { type ContainerIdentity, containerName, engineImageName, labelsOf } from "../../containers/index.ts";
import { type ContainerNeeds, labError, type ProgramNode } from "../../topology/index.ts";
import { idlePath } from "./idle.ts";

/**
 * What a node of a lab may do beyond what engines give every container: set up its own network, and look
 * at what is on it. Never more than is asked for: `--privileged` would be all there is.
 */
export const usualCapabilities = ["NET_ADMIN", "NET_RAW"] as const;

export type Surroundings = {
  readonly identity: ContainerIdentity;
  /** Files that every node has of its own, as the host sees them. */
  readonly files: { readonly hosts: string; readonly hostname: string; readonly resolv: string };
  /** For the node's kind. */
  readonly needs: ContainerNeeds;
};

/**
 * A node's container, as the engine's API wants it (Docker Engine API, "Create a container").
 *
 * @throws CONTAINER_IMAGE_TRANSPORT
 */
export function specificationOf(node: ProgramNode, { identity, files, needs }: Surroundings): unknown {
  const image = engineImageName(node.image?.reference ?? "");
  if (image === undefined)
    throw labError("CONTAINER_IMAGE_TRANSPORT", { node: node.name, image: node.image?.reference ?? "" });
  const isIdle = node.image?.command === "none";
  const bind = (source: string, target: string, readOnly: boolean) => ({
    Type: "bind",
    Source: source,
    Target: target,
    ReadOnly: readOnly,
  });
  const user = node.image?.user;
  const directory = node.image?.workingDirectory;
  return {
    Image: image,
    ...(isIdle ? { Entrypoint: [idlePath], Cmd: [], StopSignal: "SIGKILL" } : programOf(node)),
    ...(user === undefined ? {} : { User: user }),
    ...(directory === undefined ? {} : { WorkingDir: directory }),
    Env: Object.entries({ NETWRIGHT_LAB: identity.lab, NETWRIGHT_NODE: node.name, ...node.environment }).map(
      ([name, value]) => `${name}=${value}`,
    ),
    // A shell, which is what many images run, waits for input that may come instead of ending.
    OpenStdin: true,
    Labels: labelsOf(identity, "node", node.name),
    HostConfig: {
      NetworkMode: `container:${containerName(identity, "keeper")}`,
      CapAdd: [
        ...new Set([
          ...usualCapabilities,
          ...(needs.capabilities ?? []),
          ...(node.role?.container?.capabilities ?? []),
          ...(node.capabilities ?? []),
        ]),
      ],
      ...limitsOf(node),
      Devices: (needs.devices ?? []).map((path) => ({
        PathOnHost: path,
        PathInContainer: path,
        CgroupPermissions: "rwm",
      })),
      Mounts: [
        bind(files.hosts, "/etc/hosts", true),
        bind(files.hostname, "/etc/hostname", true),
        bind(files.resolv, "/etc/resolv.conf", false),
        ...node.mounts.map(({ source, target, readOnly }) => bind(source, target, readOnly)),
      ],
    },
  };
}

/** Swap is within the memory that a node may use, and not beside it. */
function limitsOf({ resources = {} }: ProgramNode): Readonly<Record<string, unknown>> {
  const { cpus, memoryBytes, processes, programMemoryBytes, openFiles } = resources;
  const each = (name: string, most: number | undefined) =>
    most === undefined ? [] : [{ Name: name, Soft: most, Hard: most }];
  const ulimits = [...each("data", programMemoryBytes), ...each("nofile", openFiles)];
  return {
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
    ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
    ...(processes === undefined ? {} : { PidsLimit: processes }),
    ...(ulimits.length === 0 ? {} : { Ulimits: ulimits }),
  };
}

/** What the node says in place of the image's own; an entry point of the node's leaves out the image's command, as the engine does. */
function programOf({ image }: ProgramNode): Readonly<Record<string, unknown>> {
  const { entrypoint, command } = image ?? {};
  return {
    // An empty list would be the image's own.
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint.length === 0 ? [""] : entrypoint }),
    ...(command === undefined || command === "none"
      ? {}
      : { Cmd: "shell" in command ? ["sh", "-c", command.shell] : command.argv }),
  };
}
