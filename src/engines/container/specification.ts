import {
  type ContainerIdentity,
  containerName,
  engineImageName,
  labelsOf,
  requireNoGroupLimits,
} from "../../containers/index.ts";
import { type ContainerNeeds, labError, type ProgramNode } from "../../topology/index.ts";
import { idlePath } from "./idle.ts";
import type { YardSettings } from "./yard.ts";

/**
 * What a node of a lab may do beyond what engines give every container: set up its own network, and look
 * at what is on it. Never more than is asked for: `--privileged` would be all there is.
 */
export const usualCapabilities = ["NET_ADMIN", "NET_RAW"] as const;

export type Surroundings = {
  readonly identity: ContainerIdentity;
  /** Files that every node has of its own, as the host sees them. */
  readonly files: { readonly hosts: string; readonly hostname: string; readonly resolv: string };
  readonly own?: YardSettings["own"];
  /** For the node's kind. */
  readonly needs: ContainerNeeds;
};

/**
 * A node's container, as the engine's API wants it (Docker Engine API, "Create a container").
 *
 * @throws CONTAINER_IMAGE_TRANSPORT, LIMIT_NOT_ENFORCEABLE
 */
export function specificationOf(node: ProgramNode, { identity, files, needs, own }: Surroundings): unknown {
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
      NetworkMode: own === undefined ? `container:${containerName(identity, "keeper")}` : `ns:${own.network}`,
      CapAdd: [
        ...new Set([
          ...usualCapabilities,
          ...(needs.capabilities ?? []),
          ...(node.role?.container?.capabilities ?? []),
          ...(node.capabilities ?? []),
        ]),
      ],
      ...limitsOf(node, own),
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
function limitsOf(node: ProgramNode, own: YardSettings["own"]): Readonly<Record<string, unknown>> {
  const { resources = {} } = node;
  const { programMemoryBytes, openFiles } = resources;
  const { cpus, memoryBytes, processes } = own === undefined ? resources : {};
  // A change of a running lab may ask for them.
  if (own?.limits === "refused") requireNoGroupLimits([node]);
  const each = (name: string, most: number | undefined) =>
    most === undefined ? [] : [{ Name: name, Soft: most, Hard: most }];
  const ofNode = [...each("data", programMemoryBytes), ...each("nofile", openFiles)];
  const others = (own?.ulimits ?? []).filter(({ name }) => !ofNode.some(({ Name }) => Name === name));
  const ulimits = [...ofNode, ...others.flatMap(({ name, most }) => each(name, most))];
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
